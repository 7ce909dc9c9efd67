package dev.larder.core;

/** What a {@link Lookup} found. */
public sealed interface LookupOutcome {
  /** The revision this outcome is true for: every invalidation up to it was taken into account. */
  AsOf asOf();

  /**
   * An entry to serve.
   *
   * @param entry the entry
   */
  record FreshHit(AsOf asOf, CacheEntry entry) implements LookupOutcome {}

  /**
   * An entry to serve and to regenerate: a stale one, or a fresh one whose holder of the lease
   * {@linkplain EarlyRefresh regenerates it early}.
   *
   * @param lease the caller's lease to regenerate it; 0 if somebody else has it or none was wanted
   * @param entry the entry
   */
  record StaleHit(AsOf asOf, long lease, CacheEntry entry) implements LookupOutcome {}

  /**
   * Nothing to serve.
   *
   * @param lease the caller's lease to generate it; 0 if none was wanted, or if somebody else has
   *     it and the caller's patience is at its end
   */
  record Miss(AsOf asOf, long lease) implements LookupOutcome {}
}
