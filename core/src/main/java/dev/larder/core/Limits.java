package dev.larder.core;

/**
 * The bounds of one namespace's engine.
 *
 * @param ledgerTags how many tags the ledger remembers
 * @param leaseMillis how long a lease lasts after its grant or renewal, in ms
 * @param maxWaiting how many lookups may wait for a leader at a time
 * @param maxListed how many tags of missed invalidations a refresh may list
 */
public record Limits(int ledgerTags, long leaseMillis, int maxWaiting, int maxListed) {
  /** How many tags of missed invalidations fit well into one answer. */
  public static final int MAX_LISTED = 16_384;

  /** Bounds that fit a server of 1 GiB. */
  public static final Limits DEFAULT = new Limits(200_000, 10_000, 20_000, MAX_LISTED);
}
