package dev.larder.core;

/**
 * A revision of one particular history: what a caller knew at some moment. An entry is stamped with
 * what its generator knew when generation began.
 *
 * @param store the history
 * @param revision the point in it
 */
public record AsOf(StoreIdentity store, Revision revision) {
  /** Knowing nothing. */
  public static final AsOf NONE = new AsOf(StoreIdentity.NONE, Revision.ZERO);

  @Override
  public String toString() {
    return store + "@" + revision;
  }
}
