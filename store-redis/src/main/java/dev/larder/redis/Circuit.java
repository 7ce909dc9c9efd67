package dev.larder.redis;

import java.util.function.LongSupplier;

/**
 * Whether a node is worth asking. After a few failures in a row it is not, but for one attempt now
 * and then; the first that succeeds closes the circuit.
 */
final class Circuit {
  private static final int FAILURES = 3;
  private static final long TRY_EVERY = 500_000_000;

  private final LongSupplier nanos;
  private int failures;
  private long tried;

  /**
   * A closed circuit.
   *
   * @param nanos a clock in ns that never goes back
   */
  Circuit(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** True if the node may be asked now. */
  synchronized boolean lets() {
    long now = nanos.getAsLong();
    if (failures >= FAILURES && now - tried < TRY_EVERY) {
      return false;
    }
    tried = now;
    return true;
  }

  /** Notes that the node answered, or did not. */
  synchronized void heard(boolean answered) {
    failures = answered ? 0 : failures + 1;
  }

  synchronized boolean open() {
    return failures >= FAILURES;
  }
}
