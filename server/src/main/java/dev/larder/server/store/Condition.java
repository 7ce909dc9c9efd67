package dev.larder.server.store;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Something that succeeds or fails again and again: a line in the log when it begins to fail, one
 * for each other reason, and one when it is over.
 */
final class Condition {
  private static final Logger LOG = System.getLogger(Condition.class.getName());

  /** How many reasons are logged. */
  private static final int MOST_REASONS = 16;

  private final String what;
  private final Duration calm;

  /** Why it fails; none while it succeeds. Guarded by this. */
  private final Set<String> reasons = new HashSet<>();

  private volatile boolean good = true;
  private long failedAt;

  /**
   * Something that succeeds, as far as is known.
   *
   * @param what what it is called in the log, in the plural
   * @param calm how long it must not have failed until it counts as succeeding again
   */
  Condition(String what, Duration calm) {
    this.what = what;
    this.calm = calm;
  }

  /** Notes that it failed. */
  synchronized void fails(String reason) {
    good = false;
    failedAt = System.nanoTime();
    if (reasons.size() < MOST_REASONS && reasons.add(reason)) {
      LOG.log(Level.ERROR, "{0} fail: {1}", what, reason);
    }
  }

  /** Notes that it succeeded. */
  void succeeds() {
    if (!good) {
      recover();
    }
  }

  private synchronized void recover() {
    if (!good && System.nanoTime() - failedAt >= calm.toNanos()) {
      good = true;
      reasons.clear();
      LOG.log(Level.INFO, "{0} succeed again", what);
    }
  }

  /** True if it succeeds, as far as is known. */
  boolean good() {
    return good;
  }
}
