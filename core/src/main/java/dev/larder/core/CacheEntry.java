package dev.larder.core;

import java.util.zip.CRC32;

/**
 * One cached result.
 *
 * @param revision the revision its generator knew when generation began; invalidations after it
 *     apply to the entry, earlier ones do not
 * @param tags its tags
 * @param life its cache life
 * @param generatedAt when generation began, in ms of the store's clock
 * @param checksum CRC-32 of the value, made by whoever generated it
 * @param value the bytes, which nobody may change
 * @param origin where it comes from
 */
@SuppressWarnings("ArrayRecordComponent") // values are megabytes: shared, never copied or compared
public record CacheEntry(
    Revision revision,
    TagSet tags,
    CacheLife life,
    long generatedAt,
    int checksum,
    byte[] value,
    Origin origin) {

  /** What it takes beside value and tags, with what keeps it, in bytes. */
  private static final int OVERHEAD_BYTES = 400;

  /** An entry of which nobody said where it comes from. */
  public CacheEntry(
      Revision revision,
      TagSet tags,
      CacheLife life,
      long generatedAt,
      int checksum,
      byte[] value) {
    this(revision, tags, life, generatedAt, checksum, value, Origin.NONE);
  }

  /**
   * About how many bytes of memory keeping it takes: the value, the tags, which may be more, and
   * where it comes from.
   */
  public int memoryBytes() {
    return (int)
        Math.min(
            Integer.MAX_VALUE,
            OVERHEAD_BYTES + (long) value.length + tags.memoryBytes() + origin.memoryBytes());
  }

  /** How long before {@code now} generation began, in ms; never negative. */
  public long age(long now) {
    return Math.max(0, now - generatedAt);
  }

  /** True if the value is the one its generator sent. */
  public boolean intact() {
    return checksum(value) == checksum;
  }

  /** The CRC-32 of these bytes. */
  public static int checksum(byte[] value) {
    CRC32 crc = new CRC32();
    crc.update(value, 0, value.length);
    return (int) crc.getValue();
  }

  @Override
  public String toString() {
    return "entry as of %s, tags %s, %s, %d bytes".formatted(revision, tags, life, value.length);
  }
}
