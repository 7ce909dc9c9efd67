package dev.larder.core;

/**
 * A question for one key.
 *
 * @param key what to look up
 * @param softTags tags of the reader: an invalidation of one of them counts for this reader
 * @param leaseWanted true if the caller would generate the key
 * @param waitBudget how long to wait for another caller's entry on a miss, in ms
 */
public record Lookup(CacheKey key, TagSet softTags, boolean leaseWanted, long waitBudget) {
  /** The longest wait in ms; a longer budget is shortened to it. */
  public static final long MAX_WAIT = 60_000;

  /** A lookup with a budget of at most {@link #MAX_WAIT}. */
  public Lookup {
    waitBudget = Math.clamp(waitBudget, 0, MAX_WAIT);
  }
}
