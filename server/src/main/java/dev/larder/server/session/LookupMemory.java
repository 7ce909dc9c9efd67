package dev.larder.server.session;

import dev.larder.core.Lookup;
import dev.larder.core.engine.OverloadedException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory of lookups under way or waiting, of all clients together.
 *
 * <p>A lookup is counted by its soft tags, which are the only part of it that has no small bound.
 * Safe for use by many threads.
 */
public final class LookupMemory {
  /** The share of the room one client may take. */
  private static final int SHARE = 16;

  /** What a lookup takes beside its tags, about, in bytes. */
  private static final int BESIDE_TAGS = 512;

  /** What a tag takes beside its characters, about, in bytes. */
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

  /**
   * What one client's lookups take. Used by one thread.
   *
   * <p>One lookup is always let in as far as its own client's share goes, however many tags it has.
   */
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
