package dev.larder.core;

/**
 * One acknowledged invalidation. Entries of an earlier revision that carry one of its tags, or that
 * are read with one of them as soft tag, are stale from it on and expired from its deadline on;
 * entries of its own or a later revision are not touched.
 *
 * @param revision the revision it made
 * @param tags what it invalidated
 * @param expiresAt its deadline in ms of the store's clock, {@link #NOW} or {@link #NEVER}
 */
public record Invalidation(Revision revision, TagSet tags, long expiresAt) {
  /** The deadline that has always passed: expired at once. */
  public static final long NOW = Long.MIN_VALUE;

  /** The deadline that never passes: stale, and no more than that. */
  public static final long NEVER = Long.MAX_VALUE;

  /**
   * The deadline {@code seconds} after {@code now} (in ms): 0 is {@link #NOW}, {@link
   * CacheLife#NEVER} and above {@link #NEVER}.
   */
  public static long deadline(long seconds, long now) {
    if (seconds < 0) {
      throw new InvalidValueException("expire %d; expected 0 or more seconds".formatted(seconds));
    }
    if (seconds == 0) {
      return NOW;
    }
    return seconds >= CacheLife.NEVER ? NEVER : now + seconds * 1000;
  }

  /**
   * How long until entries expire from this, in ms of {@code now}: 0 if at once or already, {@link
   * #NEVER} if never.
   */
  public long expiresIn(long now) {
    if (expiresAt == NEVER) {
      return NEVER;
    }
    return expiresAt <= now ? 0 : expiresAt - now;
  }
}
