package dev.larder.server.session;

import dev.larder.core.Lookup;
import dev.larder.core.engine.OverloadedException;
import java.util.concurrent.atomic.AtomicLong;

/** The memory of lookups under way or waiting, of all clients together. */
public final class LookupMemory {
  /** The share of the room one client may take. */
  private static final int SHARE = 16;

  private static final int BESIDE_TAGS = 512;
  private static final int BESIDE_TAG = 64;

  private final long room;
  private final AtomicLong taken = new AtomicLong();

  /**
   * Room for so many bytes.
   *
   * @param room for all clients
   */
  LookupMemory(long room) {
    this.room = room;
  }

  /** What one client's lookups take. Used by one thread. */
  final class Account {
    private long mine;

    /**
     * Makes room for a lookup.
     *
     * @return the bytes it takes, to be given {@linkplain #release back}
     * @throws OverloadedException if there is none
     */
    long acquire(Lookup lookup) {
      long bytes = BESIDE_TAGS;
      for (String tag : lookup.softTags()) {
        bytes += BESIDE_TAG + tag.length();
      }
      boolean tooMuch = mine > 0 && mine + bytes > room / SHARE;
      if (tooMuch || taken.addAndGet(bytes) > room) {
        if (!tooMuch) {
          taken.addAndGet(-bytes);
        }
        throw new OverloadedException(
            "the lookups under way take all the memory they may: %d KiB"
                .formatted((tooMuch ? room / SHARE : room) >> 10));
      }
      mine += bytes;
      return bytes;
    }

    /** A lookup was answered. */
    void release(long bytes) {
      mine -= bytes;
      taken.addAndGet(-bytes);
    }
  }
}
