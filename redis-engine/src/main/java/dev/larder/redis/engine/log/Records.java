package dev.larder.redis.engine.log;

import dev.larder.redis.engine.resp.Bytes;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/* A file begins with MAGIC. A record is: the length of what it holds, the checksum of that, the checksum of those two
 * numbers, and the commands of one unit, each as its number of parts and the parts with their lengths. All numbers are
 * of 32 bits, the highest byte first.
 *
 * A process that dies leaves a prefix of what it wrote. So a record whose head is whole and whose rest is missing was
 * being written; so was a head of which the rest is missing. A machine that dies may leave zeros there, or the length
 * without the bytes: a last record that is wrong was being written too. Anything wrong that is followed by something is
 * damage.
 */
/**
 * How units lie in a file.
 *
 * <p>Checksums are CRC-32C. The one of the head says whether the length can be believed; the one of
 * the content says whether all of it was written. See the description of the format above.
 */
final class Records {
  /** The first eight bytes of every file; the last of them is the version of the format. */
  static final byte[] MAGIC = {'L', 'A', 'R', 'D', 'E', 'R', 'R', '1'};

  /** Bytes of a record before its content. */
  static final int HEAD = 12;

  private Records() {}

  /**
   * A unit as it is written.
   *
   * @throws IllegalArgumentException if it has 2 GB or more
   */
  static byte[] encode(List<Bytes[]> unit) {
    long length = HEAD;
    for (Bytes[] command : unit) {
      length += 4;
      for (Bytes part : command) {
        length += 4L + part.length();
      }
    }
    if (length > Integer.MAX_VALUE - 16) {
      throw new IllegalArgumentException(
          "one unit of %d B; expected less than 2 GB".formatted(length));
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) length).position(HEAD);
    for (Bytes[] command : unit) {
      buffer.putInt(command.length);
      for (Bytes part : command) {
        buffer.putInt(part.length()).put(part.array());
      }
    }
    byte[] record = buffer.array();
    buffer.putInt(0, record.length - HEAD).putInt(4, checksum(record, HEAD, record.length));
    buffer.putInt(8, checksum(record, 0, 8));
    return record;
  }

  /** The checksum of some bytes. */
  private static int checksum(byte[] bytes, int from, int to) {
    var crc = new CRC32C();
    crc.update(bytes, from, to - from);
    return (int) crc.getValue();
  }

  /**
   * Reads a file.
   *
   * @param mayBeTorn whether its last record may be incomplete
   * @param command given each command of each record that is whole
   * @return how long the part is that is whole
   * @throws IOException if it cannot be read; {@link DamagedJournalException} if it holds something
   *     else
   */
  static long read(Path file, boolean mayBeTorn, Consumer<Bytes[]> command) throws IOException {
    long size = Files.size(file);
    try (var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      byte[] magic = in.readNBytes(MAGIC.length);
      if (!Arrays.equals(magic, MAGIC)) {
        boolean torn = mayBeTorn && size <= MAGIC.length && isPrefixOrZeros(magic);
        if (torn) {
          return 0;
        }
        throw new DamagedJournalException(file, 0, "no journal of this version begins like that");
      }
      long offset = MAGIC.length;
      while (offset < size) {
        byte[] head = in.readNBytes(HEAD);
        String wrong = readRecord(head, in, size - offset, command);
        if (!wrong.isEmpty()) {
          if (mayBeTorn && isLast(head, in, size - offset)) {
            return offset;
          }
          throw new DamagedJournalException(file, offset, wrong);
        }
        offset += HEAD + ByteBuffer.wrap(head).getInt(0);
      }
      return offset;
    }
  }

  /** Reads a record whose head was read; returns what is wrong, or nothing. */
  private static String readRecord(
      byte[] head, InputStream in, long left, Consumer<Bytes[]> command) throws IOException {
    if (head.length < HEAD) {
      return "the head of a record is incomplete";
    }
    ByteBuffer numbers = ByteBuffer.wrap(head);
    int length = numbers.getInt(0);
    if (numbers.getInt(8) != checksum(head, 0, 8) || length < 0) {
      return "the head of a record has another checksum";
    }
    if (HEAD + (long) length > left) {
      return "a record is incomplete";
    }
    byte[] payload = in.readNBytes(length);
    if (payload.length < length || numbers.getInt(4) != checksum(payload, 0, length)) {
      return "a record has another checksum";
    }
    ByteBuffer commands = ByteBuffer.wrap(payload);
    while (commands.hasRemaining()) {
      var parts = new Bytes[commands.getInt()];
      for (int i = 0; i < parts.length; i++) {
        byte[] part = new byte[commands.getInt()];
        commands.get(part);
        parts[i] = Bytes.wrap(part);
      }
      command.accept(parts);
    }
    return "";
  }

  /** True if a record that is wrong is the last one: nothing but zeros comes after it. */
  private static boolean isLast(byte[] head, InputStream in, long left) throws IOException {
    boolean whole = head.length == HEAD && ByteBuffer.wrap(head).getInt(8) == checksum(head, 0, 8);
    if (head.length < HEAD || (whole && HEAD + (long) ByteBuffer.wrap(head).getInt(0) >= left)) {
      return true;
    }
    return isPrefixOrZeros(head) && onlyZeros(in);
  }

  /** Whether nothing but zeros comes until the end. */
  private static boolean onlyZeros(InputStream in) throws IOException {
    byte[] buffer = new byte[1 << 16];
    int read = in.read(buffer);
    while (read >= 0) {
      for (int i = 0; i < read; i++) {
        if (buffer[i] != 0) {
          return false;
        }
      }
      read = in.read(buffer);
    }
    return true;
  }

  /** Whether these are the beginning of a file that was being written when the machine died. */
  private static boolean isPrefixOrZeros(byte[] bytes) {
    boolean zeros = true;
    boolean prefix = bytes.length <= MAGIC.length;
    for (int i = 0; i < bytes.length; i++) {
      zeros &= bytes[i] == 0;
      prefix = prefix && bytes[i] == MAGIC[i];
    }
    return zeros || prefix;
  }
}
