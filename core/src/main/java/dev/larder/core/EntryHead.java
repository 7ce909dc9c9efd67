package dev.larder.core;

/**
 * All of an entry but its value.
 *
 * @param key its key
 * @param revision the revision its generator knew when generation began
 * @param tags its tags
 * @param life its cache life
 * @param generatedAt when generation began, in ms of the store's clock
 * @param size the bytes of its value
 * @param origin where it comes from
 */
public record EntryHead(
    CacheKey key,
    Revision revision,
    TagSet tags,
    CacheLife life,
    long generatedAt,
    int size,
    Origin origin) {

  /** The head of an entry stored under {@code key}. */
  public static EntryHead of(CacheKey key, CacheEntry entry) {
    return new EntryHead(
        key,
        entry.revision(),
        entry.tags(),
        entry.life(),
        entry.generatedAt(),
        entry.value().length,
        entry.origin());
  }

  /** When it expires by its life, in ms of the store's clock; {@link Long#MAX_VALUE} if never. */
  public long expiresAt() {
    return life.expire() == CacheLife.NEVER ? Long.MAX_VALUE : generatedAt + life.expire() * 1000;
  }
}
