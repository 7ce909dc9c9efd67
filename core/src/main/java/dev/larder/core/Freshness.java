package dev.larder.core;

/** What one lookup may do with an entry. */
public sealed interface Freshness {

  /** Serve it. */
  record Fresh() implements Freshness {}

  /**
   * Serve it, and have it regenerated.
   *
   * @param cause what made it stale
   */
  record Stale(Cause cause) implements Freshness {}

  /**
   * Never serve it: a miss.
   *
   * @param cause what expired it
   */
  record Expired(Cause cause) implements Freshness {}

  /** Why an entry is not fresh. */
  enum Cause {
    /** Its own cache life. */
    AGE,
    /** An invalidation of one of its tags or of the reader's soft tags. */
    TAG,
    /** It is older than what the ledger remembers. */
    FORGOTTEN,
    /** None: it is still fresh, and regenerated before it is not ({@link EarlyRefresh}). */
    EARLY
  }

  /** The one fresh outcome. */
  Freshness FRESH = new Fresh();
}
