package dev.larder.client.protocol;

import dev.larder.core.wire.FrameReader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/** What came: parts, put together to messages. */
final class Inbox {
  /** The most bytes of a message. No server sends more: 2^28, above the largest value by far. */
  static final int MESSAGE_BYTES = 256 << 20;

  private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

  /**
   * Takes a part of a message. A message in one part is not copied.
   *
   * @return the frames of the message, if it is whole now
   * @throws TooLarge if it has more than {@link #MESSAGE_BYTES}
   */
  Optional<FrameReader> add(ByteBuffer part, boolean last) throws TooLarge {
    if (partial.size() + (long) part.remaining() > MESSAGE_BYTES) {
      throw new TooLarge();
    }
    if (last && partial.size() == 0) {
      return Optional.of(new FrameReader(part, MESSAGE_BYTES));
    }
    byte[] bytes = new byte[part.remaining()];
    part.slice().get(bytes);
    partial.writeBytes(bytes);
    if (!last) {
      return Optional.empty();
    }
    ByteBuffer whole = ByteBuffer.wrap(partial.toByteArray());
    partial.reset();
    return Optional.of(new FrameReader(whole, MESSAGE_BYTES));
  }

  /** A message larger than any. */
  static final class TooLarge extends Exception {}
}
