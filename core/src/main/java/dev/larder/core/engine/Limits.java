package dev.larder.core.engine;

import dev.larder.core.EarlyRefresh;

/**
 * The bounds of one namespace's engine, and what it does before an entry is stale.
 *
 * @param ledgerTags how many tags the ledger remembers
 * @param leaseMillis how long a lease lasts after its grant or renewal, in ms
 * @param maxWaiting how many lookups may wait for a leader at a time
 * @param maxListed how many tags of missed invalidations a refresh may list
 * @param ledgerMemory what the ledgers of all namespaces may take together
 * @param earlyRefresh when entries are regenerated that are still fresh
 */
public record Limits(
    int ledgerTags,
    long leaseMillis,
    int maxWaiting,
    int maxListed,
    LedgerMemory ledgerMemory,
    EarlyRefresh earlyRefresh) {
  /** How many tags of missed invalidations fit well into one answer. */
  public static final int MAX_LISTED = 16_384;

  /** Bounds that fit a server of 1 GiB. */
  public static final Limits DEFAULT =
      new Limits(200_000, 10_000, 20_000, MAX_LISTED).with(EarlyRefresh.DEFAULT);

  /**
   * Bounds without one of the memory of ledgers, but for the number of their tags; nothing is
   * regenerated early.
   */
  public Limits(int ledgerTags, long leaseMillis, int maxWaiting, int maxListed) {
    this(
        ledgerTags,
        leaseMillis,
        maxWaiting,
        maxListed,
        LedgerMemory.unbounded(),
        EarlyRefresh.NEVER);
  }

  /** The same, with ledgers that take so much together. */
  public Limits with(LedgerMemory memory) {
    return new Limits(ledgerTags, leaseMillis, maxWaiting, maxListed, memory, earlyRefresh);
  }

  /** The same, with entries that are regenerated then. */
  public Limits with(EarlyRefresh early) {
    return new Limits(ledgerTags, leaseMillis, maxWaiting, maxListed, ledgerMemory, early);
  }
}
