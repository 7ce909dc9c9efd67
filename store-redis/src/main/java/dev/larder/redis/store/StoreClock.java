package dev.larder.redis.store;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * The clock of the store, estimated from its replies. Between two replies it advances with this
 * machine's monotonic clock. It is off by at most half of the fastest of the last round trips.
 *
 * <p>It goes back by no more than its uncertainty: a store whose clock is behind that of the one it
 * replaced lets deadlines pass early, and none late.
 *
 * <p>Safe for use by many threads.
 */
final class StoreClock implements InstantSource {
  /** How fast the uncertainty grows: 1 ns in so many, a drift of a hundredth of a percent. */
  private static final long DRIFT = 10_000;

  // Guarded by this. The store's time is now() + offset, give or take the uncertainty; all in ns.
  private long offset = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - now();
  private long uncertainty = Long.MAX_VALUE / 4;
  private long heardAt = now();

  /**
   * Adjusts the clock to a reply.
   *
   * @param micros the store's time in the reply, in µs
   * @param sent when the command was sent, in ns of {@link #now}
   */
  synchronized void heard(long micros, long sent) {
    long received = now();
    long newUncertainty = (received - sent) / 2;
    long newOffset = TimeUnit.MICROSECONDS.toNanos(micros) - (sent + newUncertainty);
    long aged = uncertainty + (received - heardAt) / DRIFT;
    boolean contradicts = Math.abs(newOffset - offset) > aged + newUncertainty;
    if (contradicts ? newOffset > offset : newUncertainty <= aged) {
      offset = newOffset;
      uncertainty = newUncertainty;
      heardAt = received;
    }
  }

  /** This machine's monotonic clock, in ns. */
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
