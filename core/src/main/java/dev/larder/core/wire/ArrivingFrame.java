package dev.larder.core.wire;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One frame that arrives in parts. The value of a PUT is put into its own array as it comes, which
 * is the array it is read as: it exists once. Not for several threads.
 */
public final class ArrivingFrame {
  /** Everything but the value, or everything. */
  private final ByteBuffer head;

  private final Optional<byte[]> value;
  private int arrived;

  /**
   * A frame of which this has arrived.
   *
   * @param first its beginning, from position to limit
   * @param size the bytes it has, its length field included
   */
  public ArrivingFrame(ByteBuffer first, int size) {
    int valueAt = FrameReader.valueAt(first, size);
    head = ByteBuffer.allocate(valueAt);
    value = valueAt < size ? Optional.of(new byte[size - valueAt]) : Optional.empty();
    add(first);
  }

  /** The bytes that have not arrived. */
  public int missing() {
    return head.capacity() + value.map(bytes -> bytes.length).orElse(0) - arrived;
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
    int before = Math.min(left.remaining(), head.remaining());
    head.put(left.slice(0, before));
    left.position(before);
    arrived += before;
    value.ifPresent(bytes -> {
      int length = left.remaining();
      left.get(bytes, arrived - head.capacity(), length);
      arrived += length;
    });
  }

  /**
   * What arrived as a message of this one frame; its value is not copied.
   *
   * @param limit the most bytes a frame may have
   */
  public FrameReader reader(int limit) {
    return new FrameReader(head.flip(), missing() == 0 ? value : Optional.empty(), limit);
  }
}
