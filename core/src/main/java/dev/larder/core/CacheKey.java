package dev.larder.core;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * The name of an entry within its namespace: 1 to 512 opaque bytes, in practice a hash. Their order
 * is that of their bytes, unsigned.
 */
public final class CacheKey implements Comparable<CacheKey> {
  /** What every {@link #purgeTag} begins with. */
  private static final String PURGE = "larder:purge:";

  /** What every {@link #copyTag} begins with. */
  private static final String COPY = "larder:key:";

  /** The most bytes a key may have. */
  public static final int MAX_BYTES = 512;

  private final byte[] bytes;
  private final int hash;

  private CacheKey(byte[] bytes) {
    this.bytes = bytes;
    this.hash = Arrays.hashCode(bytes);
  }

  /**
   * The key with these bytes, which the caller must not change afterwards.
   *
   * @throws InvalidValueException if there are none, or more than {@link #MAX_BYTES}
   */
  public static CacheKey of(byte[] bytes) {
    if (bytes.length == 0 || bytes.length > MAX_BYTES) {
      throw new InvalidValueException(
          "a key of %d bytes; expected 1 to %d".formatted(bytes.length, MAX_BYTES));
    }
    return new CacheKey(bytes);
  }

  /** The bytes themselves, not a copy; they must not be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** The tag every entry of this key carries without naming it; a purge of the key expires it. */
  public String purgeTag() {
    return PURGE + this;
  }

  /**
   * The tag of every copy outside the server of what was stored under this key. Its invalidation
   * says that something else is stored now, or nothing.
   */
  public String copyTag() {
    return COPY + this;
  }

  /** True for a {@link #purgeTag}. */
  public static boolean isPurgeTag(String tag) {
    return tag.startsWith(PURGE);
  }

  /** True for the tags of single keys: a {@link #purgeTag} or a {@link #copyTag}. */
  public static boolean isTagOfKey(String tag) {
    return tag.startsWith(PURGE) || tag.startsWith(COPY);
  }

  @Override
  public int compareTo(CacheKey other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CacheKey key && Arrays.equals(bytes, key.bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
