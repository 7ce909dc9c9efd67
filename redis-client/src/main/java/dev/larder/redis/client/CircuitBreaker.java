package dev.larder.redis.client;

import java.util.function.LongSupplier;

/**
 * The circuit breaker of one node. It opens after {@value #FAILURES} failures in a row; then it
 * allows one attempt per half second. The first attempt that succeeds closes it.
 *
 * <p>Safe for use by many threads.
 */
final class CircuitBreaker {
  /** How many failures in a row open it. */
  private static final int FAILURES = 3;

  /** How long an open one refuses after each attempt, in ns. */
  private static final long TRY_EVERY = 500_000_000;

  private final LongSupplier nanos;

  // Guarded by this.
  private int failures;
  private long tried;

  /**
   * A closed one.
   *
   * @param nanos a clock in ns that never goes back
   */
  CircuitBreaker(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** True if the node may be asked now. An open one counts this as its attempt. */
  synchronized boolean allows() {
    long now = nanos.getAsLong();
    if (failures >= FAILURES && now - tried < TRY_EVERY) {
      return false;
    }
    tried = now;
    return true;
  }

  /**
   * Records the end of an attempt.
   *
   * @param success true if the node replied, be it with an error
   */
  synchronized void record(boolean success) {
    failures = success ? 0 : failures + 1;
  }

  /** True after {@value #FAILURES} failures in a row, until an attempt succeeds. */
  synchronized boolean isOpen() {
    return failures >= FAILURES;
  }
}
