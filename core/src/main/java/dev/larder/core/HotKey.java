package dev.larder.core;

/**
 * A key that is read much.
 *
 * @param key the key
 * @param size the bytes of the value stored under it
 */
public record HotKey(CacheKey key, int size) {
  /** The most hot keys that are listed at once. */
  public static final int MAX_COUNT = 4096;
}
