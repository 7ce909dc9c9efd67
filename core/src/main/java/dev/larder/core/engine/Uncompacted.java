package dev.larder.core.engine;

import dev.larder.core.Invalidation;

/**
 * What a log has gathered since its last snapshot. A snapshot is worth it once that is more than
 * what a snapshot holds: so what is written and read of logs stays in proportion to ledgers.
 */
final class Uncompacted {
  /** How many invalidations a log gathers, at least, before it is compacted. */
  private static final int LEAST = 1024;

  /** What they take, at least, in bytes. */
  private static final long LEAST_BYTES = 8 << 20;

  private long invalidations;
  private long bytes;

  synchronized void add(Invalidation invalidation) {
    invalidations++;
    for (String tag : invalidation.tags()) {
      bytes += LedgerMemory.bytes(tag, 1);
    }
  }

  /** True, once, if there is more than that ledger holds. */
  synchronized boolean exceeds(Ledger ledger) {
    boolean worthIt =
        invalidations > Math.max(LEAST, ledger.size() + ledger.keys())
            || bytes > Math.max(LEAST_BYTES, ledger.bytes());
    if (worthIt) {
      invalidations = 0;
      bytes = 0;
    }
    return worthIt;
  }
}
