package dev.larder.redis.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.OriginBytes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * How an entry is written in the store. All integers big-endian.
 *
 * <pre>
 * u8 format, u64 revision, u64 nonce          the seal: no two puts have the same
 * u32 crc of seal and head, u32 length of head
 * head: i64 generated at, u32 stale, u32 revalidate, u32 expire, u32 crc of value, u32 length of value,
 *       tags, origin
 *   tags: u16 count, each u16 length and UTF-8
 *   origin: nothing if it is not known, else u8 kind, u32 generation in ms, label, build and instance,
 *           each u8 length and UTF-8
 * value                                       as it is in format 1, by zstd in format 2
 * </pre>
 *
 * <p>Every later format has its number and the revision where these have them, so that servers of
 * two versions agree which entry is newer. An entry of another format is a miss, as is one that is
 * damaged.
 */
final class Values {
  /** The bytes of a seal, which an entry begins with. */
  static final int SEAL = 17;

  /** The format of an entry whose value is written as it is. */
  private static final byte PLAIN = 1;

  /** The format of an entry whose value is compressed by zstd. */
  private static final byte COMPRESSED = 2;

  /** Where the head begins, in bytes. */
  private static final int HEAD = SEAL + 8;

  private Values() {}

  /**
   * The bytes of an entry.
   *
   * @param nonce makes its seal unique
   */
  static byte[] written(CacheEntry entry, long nonce) {
    byte[] tags = tags(entry.tags());
    byte[] origin = OriginBytes.of(entry.origin());
    int headLength = 28 + tags.length + origin.length;
    Optional<byte[]> smaller = Compression.compressed(entry.value());
    byte[] value = smaller.orElse(entry.value());
    ByteBuffer out = ByteBuffer.allocate(HEAD + headLength + value.length);
    out.put(smaller.isPresent() ? COMPRESSED : PLAIN)
        .putLong(entry.revision().number())
        .putLong(nonce);
    out.putInt(0).putInt(headLength);
    out.putLong(entry.generatedAt());
    out.putInt((int) entry.life().stale());
    out.putInt((int) entry.life().revalidate());
    out.putInt((int) entry.life().expire());
    out.putInt(entry.checksum()).putInt(entry.value().length).put(tags);
    out.put(origin).put(value);
    out.putInt(SEAL, checksum(out.array(), headLength));
    return out.array();
  }

  /** The seal of a written entry. */
  static byte[] seal(byte[] written) {
    return Arrays.copyOf(written, SEAL);
  }

  /** The entry in these bytes; empty if they are damaged, or of another format. */
  static Optional<CacheEntry> entry(byte[] bytes) {
    return head(CacheKey.of(new byte[1]), bytes)
        .flatMap(head ->
            value(bytes, headEnd(bytes), head.size())
                .map(value ->
                    new CacheEntry(
                        head.revision(),
                        head.tags(),
                        head.life(),
                        head.generatedAt(),
                        ByteBuffer.wrap(bytes).getInt(HEAD + 20),
                        value,
                        head.origin())))
        .filter(CacheEntry::intact);
  }

  /** The value that begins at {@code start}; empty if it is damaged. */
  private static Optional<byte[]> value(byte[] bytes, int start, int size) {
    if (bytes[0] == COMPRESSED) {
      return Compression.decompressed(bytes, start, size);
    }
    return bytes.length - start == size
        ? Optional.of(Arrays.copyOfRange(bytes, start, bytes.length))
        : Optional.empty();
  }

  /**
   * How many bytes the seal and the head of an entry take.
   *
   * @param start the first {@link #SEAL} + 8 bytes of the entry, or more
   * @return 0 if they are damaged, or of another format
   */
  static int headEnd(byte[] start) {
    if (start.length < HEAD || (start[0] != PLAIN && start[0] != COMPRESSED)) {
      return 0;
    }
    int length = ByteBuffer.wrap(start).getInt(SEAL + 4);
    return length < 0 || length > 1 << 23 ? 0 : HEAD + length;
  }

  /**
   * The head of an entry.
   *
   * @param key its key
   * @param bytes the entry, at least up to {@link #headEnd}
   * @return empty if it is damaged, or of another format
   */
  static Optional<EntryHead> head(CacheKey key, byte[] bytes) {
    int end = headEnd(bytes);
    if (end == 0 || bytes.length < end) {
      return Optional.empty();
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 0, end);
    if (in.getInt(SEAL) != checksum(bytes, end - HEAD)) {
      return Optional.empty();
    }
    try {
      var revision = new Revision(in.getLong(1));
      in.position(HEAD);
      long generatedAt = in.getLong();
      var life = new CacheLife(unsigned(in), unsigned(in), unsigned(in));
      in.getInt();
      int size = in.getInt();
      TagSet tags = readTags(in);
      return Optional.of(
          new EntryHead(
              key, revision, tags, life, generatedAt, size, OriginBytes.read(in, in.limit())));
    } catch (BufferUnderflowException | IndexOutOfBoundsException | InvalidValueException e) {
      return Optional.empty();
    }
  }

  /** The bytes of tags. */
  static byte[] tags(TagSet tags) {
    List<byte[]> names = tags.names().stream().map(tag -> tag.getBytes(UTF_8)).toList();
    int length = 2 + names.stream().mapToInt(name -> 2 + name.length).sum();
    ByteBuffer out = ByteBuffer.allocate(length).putShort((short) names.size());
    names.forEach(name -> out.putShort((short) name.length).put(name));
    return out.array();
  }

  /**
   * The tags at the position of {@code in}, which moves behind them.
   *
   * @throws BufferUnderflowException if they are not whole
   * @throws InvalidValueException if they are not tags
   */
  static TagSet readTags(ByteBuffer in) {
    int count = Short.toUnsignedInt(in.getShort());
    var tags = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      int length = Short.toUnsignedInt(in.getShort());
      if (length > in.remaining()) {
        throw new BufferUnderflowException();
      }
      byte[] name = new byte[length];
      in.get(name);
      tags.add(new String(name, UTF_8));
    }
    return TagSet.of(tags);
  }

  private static long unsigned(ByteBuffer in) {
    return Integer.toUnsignedLong(in.getInt());
  }

  /** The CRC-32 of the seal and the head. */
  private static int checksum(byte[] bytes, int headLength) {
    var crc = new CRC32();
    crc.update(bytes, 0, SEAL);
    crc.update(bytes, HEAD, headLength);
    return (int) crc.getValue();
  }
}
