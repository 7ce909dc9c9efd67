package dev.larder.core;

/**
 * A generated result on its way into the cache.
 *
 * @param key its key
 * @param asOf what the generator knew when generation began; older is safe, newer never
 * @param lease the lease it was generated under; 0 if none
 * @param tags its tags
 * @param life its cache life
 * @param age how long ago generation began, in ms
 * @param checksum CRC-32 of the value
 * @param value the bytes, which nobody may change
 * @param origin where it comes from
 */
@SuppressWarnings("ArrayRecordComponent") // values are megabytes: shared, never copied or compared
public record Put(
    CacheKey key,
    AsOf asOf,
    long lease,
    TagSet tags,
    CacheLife life,
    long age,
    int checksum,
    byte[] value,
    Origin origin) {

  /** The greatest age in ms; an older put counts as of this age. */
  public static final long MAX_AGE = CacheLife.NEVER * 1000;

  /** A put of an age between 0 and {@link #MAX_AGE}. */
  public Put {
    age = Math.clamp(age, 0, MAX_AGE);
  }

  /** A put that does not say where it comes from. */
  public Put(
      CacheKey key,
      AsOf asOf,
      long lease,
      TagSet tags,
      CacheLife life,
      long age,
      int checksum,
      byte[] value) {
    this(key, asOf, lease, tags, life, age, checksum, value, Origin.NONE);
  }
}
