package dev.larder.redis.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the keys and values of several engines may take in memory together. Used by many threads.
 *
 * <p>Engines report the difference after each call; between two reports of one engine the others
 * see its last number. So the sum may be above the budget for a moment, by what the calls that run
 * together added.
 */
public final class MemoryBudget {
  private final long bytes;
  private final AtomicLong used = new AtomicLong();
  private final AtomicInteger engines = new AtomicInteger();

  /**
   * A budget of which nothing is used.
   *
   * @param bytes how many bytes keys and values may take, roughly
   * @throws IllegalArgumentException if that is less than 1
   */
  public MemoryBudget(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException(
          "memory %d B; expected a positive number of bytes".formatted(bytes));
    }
    this.bytes = bytes;
  }

  /** How many bytes are used. */
  public long used() {
    return used.get();
  }

  /** One engine more uses it. */
  void join() {
    engines.incrementAndGet();
  }

  /** One engine fewer uses it. */
  void leave() {
    engines.decrementAndGet();
  }

  /** So many bytes more are used by one engine; fewer, if it is less than none. */
  void changed(long by) {
    used.addAndGet(by);
  }

  /** True if an engine with {@code own} bytes uses more than an equal share. */
  boolean exceedsShare(long own) {
    return own > bytes / Math.max(1, engines.get());
  }

  /**
   * True if hardly more is used than there is: by no more than a sixteenth.
   *
   * <p>Who uses less than its share may go so far until others have made room.
   */
  boolean nearlyHolds() {
    return used.get() <= bytes + bytes / 16;
  }

  /**
   * How many bytes one engine may use that uses {@code own} of them.
   *
   * <p>It may be negative: others took more than there is.
   */
  long allowance(long own) {
    return bytes - (used.get() - own);
  }
}
