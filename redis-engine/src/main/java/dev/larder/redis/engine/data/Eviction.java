package dev.larder.redis.engine.data;

/**
 * What makes room when the memory is used up.
 *
 * <p>The use is compared among a sample of eight keys, as Redis does: nearly the oldest, in
 * constant time. The last use is known to the ms.
 */
public enum Eviction {
  /** Nothing: what needs memory is refused ({@code noeviction}). */
  NONE,
  /** Keys that expire, those unused for longest first ({@code volatile-lru}). */
  VOLATILE_KEYS,
  /** Any keys, those unused for longest first ({@code allkeys-lru}). */
  ALL_KEYS
}
