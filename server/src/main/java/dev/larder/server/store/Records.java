package dev.larder.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The keys and rows of the database, format 1. All integers big-endian; every row ends or begins
 * with a version and is protected by a CRC-32, so that a row that is torn, or of a later version,
 * is told apart from one that is not.
 *
 * <pre>
 * META     "n" name                  u64 identity
 *          "s" identity              u8 version, u64 revision, u32 crc, ledger snapshot
 *          "b"                       how the store was last used: text, "unsynced closed bootId"
 * HEADERS  identity key              u8 version, u32 crc, u64 revision, u64 generated at, u32 stale,
 *                                    u32 revalidate, u32 expire, u32 size, tags
 * ENTRIES  identity key              u8 version, u32 length of head, u32 crc of head, head, value
 *            head: u64 revision, u64 generated at, u32 stale, u32 revalidate, u32 expire, u32 crc of value, tags
 * LOG      identity u64 revision     u8 version, u32 crc, u64 expires at, tags
 *   tags: u16 count, each u16 length and UTF-8
 * </pre>
 */
final class Records {
  private static final byte VERSION = 1;
  private static final int ENTRY_HEAD = 9;
  private static final int HEADER_BYTES = 37;

  private Records() {}

  static byte[] namespaceKey(Namespace namespace) {
    return ("n" + namespace.name()).getBytes(UTF_8);
  }

  static byte[] identity(StoreIdentity identity) {
    return ByteBuffer.allocate(8).putLong(identity.number()).array();
  }

  static StoreIdentity identity(byte[] row) {
    return new StoreIdentity(ByteBuffer.wrap(row).getLong());
  }

  /** The least key after all keys that begin with that identity. */
  static byte[] after(StoreIdentity identity) {
    long next = identity.number() + 1;
    return next == 0
        ? new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1}
        : ByteBuffer.allocate(8).putLong(next).array();
  }

  static byte[] snapshotKey(StoreIdentity identity) {
    return ByteBuffer.allocate(9).put((byte) 's').putLong(identity.number()).array();
  }

  /** The key of the one record about how the store was last used. */
  static byte[] useKey() {
    return "b".getBytes(UTF_8);
  }

  static byte[] use(Use use) {
    return "%b %b %s".formatted(use.unsynced(), use.closed(), use.bootId()).getBytes(UTF_8);
  }

  static Use use(byte[] row) {
    String[] fields = new String(row, UTF_8).split(" ", -1);
    if (fields.length != 3) {
      throw new Damaged("a record of use that does not decode");
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

  static byte[] entryKey(StoreIdentity identity, CacheKey key) {
    return ByteBuffer.allocate(8 + key.bytes().length)
        .putLong(identity.number())
        .put(key.bytes())
        .array();
  }

  static byte[] logKey(StoreIdentity identity, long revision) {
    return ByteBuffer.allocate(16).putLong(identity.number()).putLong(revision).array();
  }

  static long revisionOf(byte[] logKey) {
    return ByteBuffer.wrap(logKey).getLong(8);
  }

  static byte[] snapshot(Revision revision, byte[] snapshot) {
    return ByteBuffer.allocate(13 + snapshot.length)
        .put(VERSION)
        .putLong(revision.number())
        .putInt(crc(ByteBuffer.wrap(snapshot)))
        .put(snapshot)
        .array();
  }

  /** A snapshot as it was kept, and the revision it covers. */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Snapshot(Revision revision, byte[] bytes) {}

  static Snapshot snapshot(byte[] row) {
    ByteBuffer in = ByteBuffer.wrap(row);
    checkVersion(in.get());
    var revision = new Revision(in.getLong());
    int crc = in.getInt();
    if (crc(in.slice()) != crc) {
      throw new Damaged("a ledger snapshot whose checksum does not match");
    }
    byte[] bytes = new byte[in.remaining()];
    in.get(bytes);
    return new Snapshot(revision, bytes);
  }

  static byte[] header(EntryHead head) {
    List<byte[]> tags = utf8(head.tags());
    ByteBuffer out =
        ByteBuffer.allocate(HEADER_BYTES + bytes(tags))
            .put(VERSION)
            .putInt(0)
            .putLong(head.revision().number())
            .putLong(head.generatedAt())
            .putInt((int) head.life().stale())
            .putInt((int) head.life().revalidate())
            .putInt((int) head.life().expire())
            .putInt(head.size());
    put(out, tags);
    return out.putInt(1, crc(out.slice(5, out.capacity() - 5))).array();
  }

  /**
   * The head in a row of headers.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static EntryHead header(CacheKey key, byte[] row) {
    try {
      ByteBuffer in = ByteBuffer.wrap(row);
      checkVersion(in.get());
      if (in.getInt() != crc(in.slice())) {
        throw new Damaged("a header whose checksum does not match");
      }
      var revision = new Revision(in.getLong());
      long generatedAt = in.getLong();
      var life = new CacheLife(u32(in), u32(in), u32(in));
      int size = in.getInt();
      return new EntryHead(key, revision, tags(in), life, generatedAt, size);
    } catch (BufferUnderflowException | InvalidValueException e) {
      throw new Damaged("a header that does not decode: " + e.getMessage());
    }
  }

  /** The key of the entry that a row of headers or entries belongs to. */
  static CacheKey keyOf(byte[] row) {
    return CacheKey.of(Arrays.copyOfRange(row, 8, row.length));
  }

  static byte[] entry(CacheEntry entry) {
    List<byte[]> tags = utf8(entry.tags());
    int head = 32 + bytes(tags);
    ByteBuffer out =
        ByteBuffer.allocate(ENTRY_HEAD + head + entry.value().length)
            .put(VERSION)
            .putInt(head)
            .putInt(0)
            .putLong(entry.revision().number())
            .putLong(entry.generatedAt())
            .putInt((int) entry.life().stale())
            .putInt((int) entry.life().revalidate())
            .putInt((int) entry.life().expire())
            .putInt(entry.checksum());
    put(out, tags);
    out.putInt(5, crc(out.slice(ENTRY_HEAD, head)));
    return out.put(entry.value()).array();
  }

  /**
   * The entry in a row.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static CacheEntry entry(byte[] row) {
    try {
      ByteBuffer in = ByteBuffer.wrap(row);
      checkVersion(in.get());
      int head = in.getInt();
      int crc = in.getInt();
      if (head < 0 || head > in.remaining() || crc(in.slice(ENTRY_HEAD, head)) != crc) {
        throw new Damaged("an entry whose head does not match its checksum");
      }
      var revision = new Revision(in.getLong());
      long generatedAt = in.getLong();
      var life = new CacheLife(u32(in), u32(in), u32(in));
      int checksum = in.getInt();
      TagSet tags = tags(in);
      byte[] value = new byte[in.remaining()];
      in.get(value);
      var entry = new CacheEntry(revision, tags, life, generatedAt, checksum, value);
      if (!entry.intact()) {
        throw new Damaged("an entry whose value does not match its checksum");
      }
      return entry;
    } catch (BufferUnderflowException | InvalidValueException e) {
      throw new Damaged("an entry that does not decode: " + e.getMessage());
    }
  }

  static byte[] invalidation(Invalidation invalidation) {
    List<byte[]> tags = utf8(invalidation.tags());
    ByteBuffer out =
        ByteBuffer.allocate(13 + bytes(tags))
            .put(VERSION)
            .putInt(0)
            .putLong(invalidation.expiresAt());
    put(out, tags);
    return out.putInt(1, crc(out.slice(5, out.capacity() - 5))).array();
  }

  /**
   * The invalidation in a row of the log.
   *
   * @throws Damaged if it is not whole, or not of this version
   */
  static Invalidation invalidation(byte[] key, byte[] row) {
    try {
      ByteBuffer in = ByteBuffer.wrap(row);
      checkVersion(in.get());
      if (in.getInt() != crc(in.slice())) {
        throw new Damaged("an invalidation whose checksum does not match");
      }
      long expiresAt = in.getLong();
      return new Invalidation(new Revision(revisionOf(key)), tags(in), expiresAt);
    } catch (BufferUnderflowException | InvalidValueException e) {
      throw new Damaged("an invalidation that does not decode: " + e.getMessage());
    }
  }

  /** A row that is not what was written. */
  static final class Damaged extends RuntimeException {
    Damaged(String message) {
      super(message);
    }
  }

  private static void checkVersion(byte version) {
    if (version != VERSION) {
      throw new Damaged("a row of version %d; expected %d".formatted(version, VERSION));
    }
  }

  private static List<byte[]> utf8(TagSet tags) {
    return tags.names().stream().map(tag -> tag.getBytes(UTF_8)).toList();
  }

  private static int bytes(List<byte[]> tags) {
    return 2 + tags.stream().mapToInt(tag -> 2 + tag.length).sum();
  }

  private static void put(ByteBuffer out, List<byte[]> tags) {
    out.putShort((short) tags.size());
    tags.forEach(tag -> out.putShort((short) tag.length).put(tag));
  }

  private static TagSet tags(ByteBuffer in) {
    int count = in.getShort() & 0xffff;
    var names = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      byte[] name = new byte[Math.min(in.getShort() & 0xffff, in.remaining() + 1)];
      in.get(name);
      names.add(new String(name, UTF_8));
    }
    return TagSet.of(names);
  }

  private static long u32(ByteBuffer in) {
    return in.getInt() & 0xffffffffL;
  }

  private static int crc(ByteBuffer bytes) {
    var crc = new CRC32();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
