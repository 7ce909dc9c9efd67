package dev.larder.core.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * One frame that arrives in parts. The value of a PUT is put into its own array as it comes, which
 * is the array it is read as: it exists once. Room is made for what has arrived, not for what was
 * announced. Not for several threads.
 */
public final class ArrivingFrame {
  /** How many times as much as has arrived there may be room for. */
  private static final int GROWTH = 4;

  /** What there is room for at first, in bytes. */
  private static final int INITIAL = 16 << 10;

  /** The bytes of everything but the value, or of everything. */
  private final int headSize;

  private final int valueSize;
  private byte[] head = new byte[0];
  private byte[] value = new byte[0];
  private int arrived;

  /**
   * A frame of which this has arrived.
   *
   * @param first its beginning, from position to limit
   * @param size the bytes it has, its length field included
   */
  public ArrivingFrame(ByteBuffer first, int size) {
    headSize = FrameReader.valueAt(first, size);
    valueSize = size - headSize;
    add(first);
  }

  /** The bytes that have not arrived. */
  public int missing() {
    return headSize + valueSize - arrived;
  }

  /** The bytes of memory this takes now: at most four times those that have arrived, and 32 KiB. */
  public int allocated() {
    return head.length + value.length;
  }

  /**
   * Takes the next part.
   *
   * @param part what arrived, from position to limit: at most what is {@link #missing}
   */
  public void add(ByteBuffer part) {
    if (part.remaining() > missing()) {
      throw new IllegalArgumentException(
          "a part of %d bytes; at most %d are missing".formatted(part.remaining(), missing()));
    }
    ByteBuffer left = part.slice();
    int before = Math.min(left.remaining(), Math.max(0, headSize - arrived));
    if (before > 0) {
      head = withRoom(head, arrived + before, headSize);
      left.get(head, arrived, before);
      arrived += before;
    }
    int length = left.remaining();
    if (length > 0) {
      value = withRoom(value, arrived - headSize + length, valueSize);
      left.get(value, arrived - headSize, length);
      arrived += length;
    }
  }

  /**
   * What arrived as a message of this one frame; its value is not copied.
   *
   * @param limit the most bytes a frame may have
   */
  public FrameReader reader(int limit) {
    boolean whole = missing() == 0 && valueSize > 0;
    ByteBuffer message = ByteBuffer.wrap(head, 0, Math.min(arrived, headSize));
    return new FrameReader(message, whole ? Optional.of(value) : Optional.empty(), limit);
  }

  private static byte[] withRoom(byte[] bytes, int needed, int most) {
    if (bytes.length >= needed) {
      return bytes;
    }
    long room = Math.max(INITIAL, (long) needed * GROWTH);
    return Arrays.copyOf(bytes, (int) Math.min(room, most));
  }
}
