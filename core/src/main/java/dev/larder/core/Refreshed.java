package dev.larder.core;

/**
 * What happened since a caller last knew.
 *
 * @param store the history
 * @param missed what the caller missed of it. A caller that knew the same history up to {@link
 *     Missed#since} or later goes on with what it knew; any other must distrust everything stamped
 *     before
 */
public record Refreshed(StoreIdentity store, Missed missed) {
  /** Where history stands. */
  public AsOf asOf() {
    return new AsOf(store, missed.upTo());
  }
}
