package dev.larder.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Namespace;
import dev.larder.core.Origin;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.OriginBytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The keys and rows of the database, format 3. All integers big-endian. Every row begins with a
 * version and a CRC-32 of its key and of the rest, so that a row that is torn, of another version,
 * or under another key than it was written under, is distinguished from one that is not; an entry
 * has two, of its key and head and of its value, and the head holds that of the value.
 *
 * <pre>
 * META     "n" name                  u8 version, u32 crc, u64 identity
 *          "s" identity              u8 version, u32 crc, u64 revision, ledger snapshot
 *          "b"                       u8 version, u32 crc, how the store was last used: text,
 *                                    "unsynced closed bootId"
 *          "c"                       u8 version, u32 crc, the last commit: u64 database, u64 number,
 *                                    u64 digest of all histories
 * HEADERS  identity key              u8 version, u32 crc, u64 revision, u64 generated at, u32 stale,
 *                                    u32 revalidate, u32 expire, u32 size, tags, origin
 * ENTRIES  identity key              u8 version, u32 crc of head, u32 length of head, head, value
 *            head: u64 revision, u64 generated at, u32 stale, u32 revalidate, u32 expire, u32 crc of value,
 *                  tags, origin
 * LOG      identity u64 revision     u8 version, u32 crc, u64 expires at, tags
 * AUDIT    identity u64 revision     u8 version, u32 crc, u64 at, u64 expires at, u16 more tags, tags, source as lines
 * OUTBOX   identity u64 revision     as AUDIT, with all tags
 *   tags: u16 count, each u16 length and UTF-8
 *   origin: nothing if it is not known, else u8 kind, u32 generation in ms, label, build and instance,
 *           each u8 length and UTF-8
 * </pre>
 */
final class Records {
  private static final int ENTRY_HEAD = Rows.BODY + 4;

  private Records() {}

  static byte[] namespaceKey(Namespace namespace) {
    return ("n" + namespace.name()).getBytes(UTF_8);
  }

  /**
   * The namespace whose identity is under this key.
   *
   * @throws Damaged if it is not such a key
   */
  static Namespace namespaceOf(byte[] key) {
    return Rows.read("a namespace", () -> new Namespace(new String(key, 1, key.length - 1, UTF_8)));
  }

  static byte[] namespace(byte[] key, StoreIdentity identity) {
    return Rows.sealed(key, Rows.row(8).putLong(identity.number()));
  }

  /**
   * The identity in a row about a namespace.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static StoreIdentity identityIn(byte[] key, byte[] row) {
    return Rows.read(
        "a namespace", () -> new StoreIdentity(Rows.opened("a namespace", key, row).getLong()));
  }

  /** What the keys of all rows of a namespace begin with, outside META. */
  static byte[] identity(StoreIdentity identity) {
    return ByteBuffer.allocate(8).putLong(identity.number()).array();
  }

  /**
   * The identity that a key begins with.
   *
   * @throws Damaged if the key is too short
   */
  static StoreIdentity identityOf(byte[] key) {
    return Rows.read("a key", () -> new StoreIdentity(ByteBuffer.wrap(key).getLong()));
  }

  /** The least key after all keys that begin with that identity. */
  static byte[] after(StoreIdentity identity) {
    long next = identity.number() + 1;
    if (next != 0) {
      return ByteBuffer.allocate(8).putLong(next).array();
    }
    byte[] last = new byte[8 + CacheKey.MAX_BYTES + 1];
    Arrays.fill(last, (byte) -1);
    return last;
  }

  static byte[] snapshotKey(StoreIdentity identity) {
    return ByteBuffer.allocate(9).put((byte) 's').putLong(identity.number()).array();
  }

  /** The key of the one record about how the store was last used. */
  static byte[] useKey() {
    return "b".getBytes(UTF_8);
  }

  static byte[] use(Use use) {
    byte[] text = "%b %b %s".formatted(use.unsynced(), use.closed(), use.bootId()).getBytes(UTF_8);
    return Rows.sealed(useKey(), Rows.row(text.length).put(text));
  }

  /**
   * The record of use in a row.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static Use use(byte[] row) {
    ByteBuffer in = Rows.opened("the record of use", useKey(), row);
    String[] fields = UTF_8.decode(in).toString().split(" ", 3);
    if (fields.length != 3) {
      throw new Damaged("the record of use does not decode");
    }
    return new Use(Boolean.parseBoolean(fields[0]), Boolean.parseBoolean(fields[1]), fields[2]);
  }

  /**
   * How the store was last used.
   *
   * @param unsynced true if invalidations were acknowledged before the disk had them
   * @param closed true if it was closed properly
   * @param bootId the start of the machine it was used on
   */
  record Use(boolean unsynced, boolean closed, String bootId) {
    /** True if acknowledged invalidations may have been lost since. */
    boolean mayHaveLost(String now) {
      return unsynced && !closed && (now.isEmpty() || !now.equals(bootId));
    }
  }

  /** The key of the one record of the last commit. */
  static byte[] commitKey() {
    return "c".getBytes(UTF_8);
  }

  static byte[] commit(Commit commit) {
    return Rows.sealed(
        commitKey(),
        Rows.row(24).putLong(commit.database()).putLong(commit.number()).putLong(commit.digest()));
  }

  /**
   * The commit in a row.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static Commit commit(byte[] row) {
    return Rows.read(
        "the last commit",
        () -> {
          ByteBuffer in = Rows.opened("the last commit", commitKey(), row);
          return new Commit(in.getLong(), in.getLong(), in.getLong());
        });
  }

  /** How many changes a database has seen, to be kept beside it. */
  static byte[] changes(long database, long changes) {
    return Rows.sealed(changesKey(), Rows.row(16).putLong(database).putLong(changes));
  }

  /**
   * How many changes that database had seen; 0 if the row is of another.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static long changesOf(long database, byte[] row) {
    return Rows.read(
        "the number of changes",
        () -> {
          ByteBuffer in = Rows.opened("the number of changes", changesKey(), row);
          return in.getLong() == database ? in.getLong() : 0L;
        });
  }

  private static byte[] changesKey() {
    return "changes".getBytes(UTF_8);
  }

  /**
   * A commit: what was changed together of the histories of a database.
   *
   * @param database the random number of the database
   * @param number how many commits there were, with this one
   * @param digest of all histories as they are since then
   */
  record Commit(long database, long number, long digest) {}

  static byte[] entryKey(StoreIdentity identity, CacheKey key) {
    return ByteBuffer.allocate(8 + key.bytes().length)
        .putLong(identity.number())
        .put(key.bytes())
        .array();
  }

  static byte[] logKey(StoreIdentity identity, long revision) {
    return ByteBuffer.allocate(16).putLong(identity.number()).putLong(revision).array();
  }

  /**
   * The revision of the invalidation under this key of the log.
   *
   * @throws Damaged if it is not such a key
   */
  static Revision revisionOf(byte[] logKey) {
    return Rows.read(
        "a key of the log", () -> new Revision(ByteBuffer.wrap(logKey, 8, 8).getLong()));
  }

  static byte[] snapshot(byte[] key, Snapshot snapshot) {
    return Rows.sealed(
        key,
        Rows.row(8 + snapshot.bytes().length)
            .putLong(snapshot.revision().number())
            .put(snapshot.bytes()));
  }

  /**
   * A ledger's snapshot.
   *
   * @param revision the revision it covers
   * @param bytes what the ledger made of itself
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Snapshot(Revision revision, byte[] bytes) {}

  /**
   * The snapshot in a row.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static Snapshot snapshotIn(byte[] key, byte[] row) {
    return Rows.read(
        "a ledger snapshot",
        () -> {
          ByteBuffer in = Rows.opened("a ledger snapshot", key, row);
          return new Snapshot(new Revision(in.getLong()), Rows.rest(in));
        });
  }

  static byte[] header(byte[] key, EntryHead head) {
    List<byte[]> tags = Rows.utf8(head.tags());
    byte[] origin = OriginBytes.of(head.origin());
    ByteBuffer out =
        Rows.row(32 + Rows.bytes(tags) + origin.length)
            .putLong(head.revision().number())
            .putLong(head.generatedAt())
            .putInt((int) head.life().stale())
            .putInt((int) head.life().revalidate())
            .putInt((int) head.life().expire())
            .putInt(head.size());
    Rows.put(out, tags);
    return Rows.sealed(key, out.put(origin));
  }

  /**
   * The head in a row of headers.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static EntryHead headerIn(byte[] key, byte[] row) {
    return headerIn(key, row, true);
  }

  /**
   * The head in a row of headers, without its tags and where it comes from, which take the longest.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static EntryHead headerWithoutTags(byte[] key, byte[] row) {
    return headerIn(key, row, false);
  }

  private static EntryHead headerIn(byte[] key, byte[] row, boolean whole) {
    return Rows.read(
        "a header",
        () -> {
          ByteBuffer in = Rows.opened("a header", key, row);
          var revision = new Revision(in.getLong());
          long generatedAt = in.getLong();
          var life = new CacheLife(Rows.u32(in), Rows.u32(in), Rows.u32(in));
          int size = in.getInt();
          if (size < 0) {
            throw new Damaged("a header of a value of %d bytes".formatted(size));
          }
          TagSet tags = whole ? Rows.tags(in) : TagSet.EMPTY;
          Origin origin = whole ? OriginBytes.read(in, in.limit()) : Origin.NONE;
          return new EntryHead(keyOf(key), revision, tags, life, generatedAt, size, origin);
        });
  }

  /**
   * The key of the entry that a row of headers or entries belongs to.
   *
   * @throws Damaged if it is not under such a key
   */
  static CacheKey keyOf(byte[] row) {
    return Rows.read(
        "a key", () -> CacheKey.of(Arrays.copyOfRange(row, Math.min(8, row.length), row.length)));
  }

  static byte[] entry(byte[] key, CacheEntry entry) {
    List<byte[]> tags = Rows.utf8(entry.tags());
    byte[] origin = OriginBytes.of(entry.origin());
    int head = 32 + Rows.bytes(tags) + origin.length;
    ByteBuffer out =
        Rows.row(4 + head + entry.value().length)
            .putInt(head)
            .putLong(entry.revision().number())
            .putLong(entry.generatedAt())
            .putInt((int) entry.life().stale())
            .putInt((int) entry.life().revalidate())
            .putInt((int) entry.life().expire())
            .putInt(entry.checksum());
    Rows.put(out, tags);
    return Rows.sealed(key, out.put(origin).put(entry.value()), 4 + head);
  }

  /**
   * The entry in a row.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static CacheEntry entryIn(byte[] key, byte[] row) {
    return Rows.read(
        "an entry",
        () -> {
          ByteBuffer in = ByteBuffer.wrap(row);
          Rows.checkVersion(in.get());
          int crc = in.getInt();
          int head = in.getInt();
          if (head < 0
              || head > in.remaining()
              || Rows.crc(key, in.slice(Rows.BODY, 4 + head)) != crc) {
            throw new Damaged("an entry whose head does not match its checksum");
          }
          var revision = new Revision(in.getLong());
          long generatedAt = in.getLong();
          var life = new CacheLife(Rows.u32(in), Rows.u32(in), Rows.u32(in));
          int checksum = in.getInt();
          TagSet tags = Rows.tags(in);
          Origin origin = OriginBytes.read(in, ENTRY_HEAD + head);
          if (in.position() != ENTRY_HEAD + head) {
            throw new Damaged("an entry whose head does not end where it should");
          }
          var entry =
              new CacheEntry(revision, tags, life, generatedAt, checksum, Rows.rest(in), origin);
          if (!entry.intact()) {
            throw new Damaged("an entry whose value does not match its checksum");
          }
          return entry;
        });
  }

  static byte[] invalidation(byte[] key, Invalidation invalidation) {
    List<byte[]> tags = Rows.utf8(invalidation.tags());
    ByteBuffer out = Rows.row(8 + Rows.bytes(tags)).putLong(invalidation.expiresAt());
    Rows.put(out, tags);
    return Rows.sealed(key, out);
  }

  /**
   * The invalidation in a row of the log.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static Invalidation invalidationIn(byte[] key, byte[] row) {
    return Rows.read(
        "an invalidation",
        () -> {
          ByteBuffer in = Rows.opened("an invalidation", key, row);
          long expiresAt = in.getLong();
          return new Invalidation(revisionOf(key), Rows.tags(in), expiresAt);
        });
  }

  static byte[] audit(byte[] key, AuditedInvalidation audited) {
    List<byte[]> tags = Rows.utf8(audited.invalidation().tags());
    byte[] source = audited.source().lines().getBytes(UTF_8);
    ByteBuffer out =
        Rows.row(18 + Rows.bytes(tags) + source.length)
            .putLong(audited.at())
            .putLong(audited.invalidation().expiresAt())
            .putShort((short) audited.moreTags());
    Rows.put(out, tags);
    return Rows.sealed(key, out.put(source));
  }

  /**
   * The invalidation in a row of the audit.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static AuditedInvalidation auditIn(byte[] key, byte[] row) {
    return Rows.read(
        "an audit record",
        () -> {
          ByteBuffer in = Rows.opened("an audit record", key, row);
          long at = in.getLong();
          long expiresAt = in.getLong();
          int moreTags = Short.toUnsignedInt(in.getShort());
          var invalidation = new Invalidation(revisionOf(key), Rows.tags(in), expiresAt);
          var source = InvalidationSource.ofLines(UTF_8.decode(in).toString());
          return new AuditedInvalidation(invalidation, moreTags, at, source);
        });
  }

  /** A row that is not what was written. */
  static final class Damaged extends RuntimeException {
    Damaged(String message) {
      super(message);
    }
  }
}
