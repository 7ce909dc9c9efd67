package dev.larder.server.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.larder.core.TagSet;
import dev.larder.core.wire.FrameWriter;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All that is to be sent to clients and has not left. A client that does not take what it asked for
 * is not read from until it has; the less room there is for all, the sooner.
 *
 * <p>It never refuses anything, it only shortens what one client may have waiting: from 2 MiB to 64
 * KiB while there is too much for all. Safe for use by many threads.
 */
public final class OutgoingMemory {
  /** What one client may have waiting, in bytes. */
  private static final long FULL = 2 << 20;

  /** What one client may have waiting while there is no room for more, in bytes. */
  private static final long FULL_WHEN_CROWDED = 64 << 10;

  /** The most bytes of tags that are kept as they are sent. */
  private static final long ENCODED = 8 << 20;

  private final long room;
  private final AtomicLong waiting = new AtomicLong();

  /** Tags of invalidations as all clients are sent them, by identity. */
  private final Cache<TagSet, byte[]> encoded =
      Caffeine.newBuilder()
          .weakKeys()
          .maximumWeight(ENCODED)
          .<TagSet, byte[]>weigher((tags, bytes) -> bytes.length)
          .build();

  /**
   * Nothing to send.
   *
   * @param room how many bytes may wait
   */
  OutgoingMemory(long room) {
    this.room = room;
  }

  /** So many bytes are to be sent; less than none if they have left. */
  public void add(long bytes) {
    waiting.addAndGet(bytes);
  }

  /** True while there is no room for more. */
  boolean crowded() {
    return waiting.get() > room;
  }

  /** The bytes that wait. */
  long waiting() {
    return waiting.get();
  }

  /** What one client may have waiting now before it is not read from any more, in bytes. */
  public long allowance() {
    return crowded() ? FULL_WHEN_CROWDED : FULL;
  }

  /**
   * The tags of an invalidation as they are sent, the same bytes for all clients.
   *
   * <p>Not to be changed. Kept for as long as the set is, within a bound of all.
   */
  public byte[] encoded(TagSet tags) {
    return encoded.get(tags, FrameWriter::encoded);
  }
}
