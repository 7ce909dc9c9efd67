package dev.larder.redis;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * The time of the store, as its answers tell it: between two answers it goes on as the time that
 * really passes. Off by at most half of the fastest of the last round trips.
 *
 * <p>It never goes back by more than its doubt: a store whose clock is behind that of the one it
 * replaced lets deadlines pass early, and none late.
 */
final class StoreClock implements InstantSource {
  /** By how much a clock may drift: a hundredth of a percent. */
  private static final long DRIFT = 10_000;

  private long offset = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - now();
  private long doubt = Long.MAX_VALUE / 4;
  private long heardAt = now();

  /**
   * Takes an answer into account.
   *
   * @param micros what the store said, in µs
   * @param sent when it was asked, in ns of {@link #now}
   */
  synchronized void heard(long micros, long sent) {
    long received = now();
    long newDoubt = (received - sent) / 2;
    long newOffset = TimeUnit.MICROSECONDS.toNanos(micros) - (sent + newDoubt);
    long aged = doubt + (received - heardAt) / DRIFT;
    boolean contradicts = Math.abs(newOffset - offset) > aged + newDoubt;
    if (contradicts ? newOffset > offset : newDoubt <= aged) {
      offset = newOffset;
      doubt = newDoubt;
      heardAt = received;
    }
  }

  /** The time that really passes, in ns. */
  static long now() {
    return System.nanoTime();
  }

  @Override
  public synchronized long millis() {
    return TimeUnit.NANOSECONDS.toMillis(offset + now());
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(millis());
  }
}
