package dev.larder.core;

/**
 * A key that is read much.
 *
 * @param key the key
 * @param size the bytes of the value stored under it
 */
public record HotKey(CacheKey key, int size) {
  /** The most hot keys anybody is told at once. */
  public static final int MAX_TOLD = 4096;
}
