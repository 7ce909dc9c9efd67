package dev.larder.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.InvalidValueException;
import dev.larder.core.TagSet;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.zip.CRC32;

/**
 * What all rows of the database have in common: a version, a checksum, and how tags are written.
 *
 * <p>{@link Records.Damaged} is the only failure of reading: whatever bytes a disk gives back, they
 * are a row, or that.
 */
final class Rows {
  /** Of rows; one of another version counts as damaged. */
  private static final byte VERSION = 2;

  /** Where the checksum ends and what it covers begins. */
  static final int BODY = 5;

  private Rows() {}

  /** A row with room for that many bytes after its checksum. */
  static ByteBuffer row(int bytes) {
    return ByteBuffer.allocate(BODY + bytes).put(VERSION).putInt(0);
  }

  /** A row with its checksum, over its key and all of it. */
  static byte[] sealed(byte[] key, ByteBuffer row) {
    return sealed(key, row, row.capacity() - BODY);
  }

  /** The bytes of a row whose checksum covers its key and the first {@code covered} after it. */
  @SuppressWarnings("ByteBufferBackingArray") // allocated by row()
  static byte[] sealed(byte[] key, ByteBuffer row, int covered) {
    return row.putInt(1, crc(key, row.slice(BODY, covered))).array();
  }

  /** What is in a row after its checksum, if that matches. */
  static ByteBuffer opened(String what, byte[] key, byte[] row) {
    return read(
        what,
        () -> {
          ByteBuffer in = ByteBuffer.wrap(row);
          checkVersion(in.get());
          if (in.getInt() != crc(key, in.slice())) {
            throw new Records.Damaged(what + " whose checksum does not match");
          }
          return in;
        });
  }

  /** Reads what may end too early, or hold what nobody would have written. */
  static <T> T read(String what, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (BufferUnderflowException | IndexOutOfBoundsException | InvalidValueException e) {
      throw new Records.Damaged("%s that does not decode: %s".formatted(what, e.getMessage()));
    }
  }

  /** The bytes that were not read. */
  static byte[] rest(ByteBuffer in) {
    byte[] bytes = new byte[in.remaining()];
    in.get(bytes);
    return bytes;
  }

  static void checkVersion(byte version) {
    if (version != VERSION) {
      throw new Records.Damaged("a row of version %d; expected %d".formatted(version, VERSION));
    }
  }

  /** The tags' names as bytes, to be measured before there is room for them. */
  static List<byte[]> utf8(TagSet tags) {
    return tags.names().stream().map(tag -> tag.getBytes(UTF_8)).toList();
  }

  /** How many bytes {@link #put} writes. */
  static int bytes(List<byte[]> tags) {
    return 2 + tags.stream().mapToInt(tag -> 2 + tag.length).sum();
  }

  /** A u16 count, and for each tag a u16 length and its bytes. */
  static void put(ByteBuffer out, List<byte[]> tags) {
    out.putShort((short) tags.size());
    tags.forEach(tag -> out.putShort((short) tag.length).put(tag));
  }

  /**
   * What {@link #put} wrote. A length beyond the end of the row is not believed: no room is made
   * for it.
   */
  static TagSet tags(ByteBuffer in) {
    int count = in.getShort() & 0xffff;
    var names = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      byte[] name = new byte[Math.min(in.getShort() & 0xffff, in.remaining() + 1)];
      in.get(name);
      names.add(new String(name, UTF_8));
    }
    return TagSet.of(names);
  }

  /** As it was meant: never negative. */
  static long u32(ByteBuffer in) {
    return in.getInt() & 0xffffffffL;
  }

  /** The CRC-32 (as of zlib) of a key and what follows. */
  static int crc(byte[] key, ByteBuffer bytes) {
    var crc = new CRC32();
    crc.update(key);
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
