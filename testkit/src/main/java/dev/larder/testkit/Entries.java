package dev.larder.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;

/** Entries and keys for tests, made of texts. Their checksums are right. */
public final class Entries {
  /** Never stale, never expired; 300 s for a browser. */
  public static final CacheLife FOREVER = new CacheLife(300, CacheLife.NEVER, CacheLife.NEVER);

  private Entries() {}

  /** The key of that name: its bytes in UTF-8. */
  public static CacheKey key(String name) {
    return CacheKey.of(name.getBytes(UTF_8));
  }

  /** The name of a key made by {@link #key}. */
  public static String name(CacheKey key) {
    return new String(key.bytes(), UTF_8);
  }

  /**
   * An intact entry that lives forever, generated at the beginning of 1970.
   *
   * @param revision as of which it was generated
   */
  public static CacheEntry entry(String value, long revision, String... tags) {
    return entry(value.getBytes(UTF_8), revision, FOREVER, 0, tags);
  }

  /**
   * An intact entry.
   *
   * @param revision as of which it was generated
   * @param generatedAt when its generation began, in ms since the epoch, on the store's clock
   */
  public static CacheEntry entry(
      byte[] value, long revision, CacheLife life, long generatedAt, String... tags) {
    return new CacheEntry(
        new Revision(revision),
        TagSet.of(tags),
        life,
        generatedAt,
        CacheEntry.checksum(value),
        value);
  }

  /** What an entry says, for one that was made of a text. */
  public static String text(CacheEntry entry) {
    return new String(entry.value(), UTF_8);
  }
}
