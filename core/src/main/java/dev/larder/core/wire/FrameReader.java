package dev.larder.core.wire;

import dev.larder.core.InvalidValueException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads the frames of one message. A frame that does not decode is returned as a {@link Read.Bad}
 * and the next one is read all the same; only where the end of a frame is unknown is the rest lost.
 * Not for several threads.
 */
public final class FrameReader {
  private final ByteBuffer message;
  private final Optional<byte[]> value;
  private final int limit;

  /**
   * A reader of this message.
   *
   * @param message its bytes, from position to limit
   * @param limit the most bytes a frame may have
   */
  public FrameReader(ByteBuffer message, int limit) {
    this(message, Optional.empty(), limit);
  }

  /**
   * A reader of this message.
   *
   * @param value what the message ends with, if that is the value of a PUT, and not in it
   */
  FrameReader(ByteBuffer message, Optional<byte[]> value, int limit) {
    this.message = message.slice();
    this.value = value;
    this.limit = limit;
  }

  /**
   * Where the value of a PUT begins that the frame ends with; its size if that cannot be known.
   *
   * @param beginning of the frame, from position to limit
   * @param size the bytes of the whole frame
   */
  static int valueAt(ByteBuffer beginning, int size) {
    ByteBuffer frame = beginning.slice();
    try {
      int operation = frame.position(4).get() & 0xff;
      if (operation != Protocol.PUT && operation != Protocol.PUT_FROM) {
        return size;
      }
      frame.getInt();
      int length = new Payload(frame, Optional.empty()).putValueLength(operation);
      return frame.position() + (long) length == size ? frame.position() : size;
    } catch (ProtocolException
        | InvalidValueException
        | BufferUnderflowException
        | IllegalArgumentException e) {
      return size;
    }
  }

  /** What was read. */
  public sealed interface Read {
    /** A frame. */
    record Good(Frame frame) implements Read {}

    /**
     * Bytes that are no frame.
     *
     * @param requestId the request they belong to; 0 if that is unknown
     */
    record Bad(int requestId, ErrorCode code, String why) implements Read {}
  }

  /** True if there is more to read. */
  public boolean hasNext() {
    return message.hasRemaining();
  }

  /** The next frame. */
  public Read next() {
    if (message.remaining() < Protocol.HEADER_BYTES) {
      return lost("a frame of %d bytes; expected at least 9".formatted(message.remaining()));
    }
    long length = message.getInt() & 0xffffffffL;
    if (length < Protocol.HEADER_BYTES - 4) {
      return lost("a frame length of %d; expected at least 5".formatted(length));
    }
    if (length + 4 > limit) {
      message.position(message.limit());
      return new Read.Bad(
          0, ErrorCode.TOO_LARGE, "a frame of %d bytes; at most %d".formatted(length + 4, limit));
    }
    int apart = value.map(bytes -> bytes.length).orElse(0);
    if (length - apart > message.remaining()) {
      return lost(
          "a frame length of %d with %d bytes left in its message"
              .formatted(length, message.remaining()));
    }
    ByteBuffer frame = message.slice(message.position(), (int) length - apart);
    message.position(message.position() + frame.remaining());
    int operation = frame.get() & 0xff;
    int requestId = frame.getInt();
    try {
      Message read = new Payload(frame, value).message(operation);
      if (frame.hasRemaining()) {
        return new Read.Bad(
            requestId,
            ErrorCode.MALFORMED,
            "operation 0x%02x with %d bytes too many".formatted(operation, frame.remaining()));
      }
      return new Read.Good(new Frame(requestId, read));
    } catch (ProtocolException e) {
      return new Read.Bad(requestId, e.code(), String.valueOf(e.getMessage()));
    } catch (InvalidValueException e) {
      return new Read.Bad(requestId, ErrorCode.INVALID_VALUE, String.valueOf(e.getMessage()));
    } catch (BufferUnderflowException e) {
      return new Read.Bad(
          requestId,
          ErrorCode.MALFORMED,
          "operation 0x%02x ends early after %d bytes".formatted(operation, length));
    }
  }

  private Read lost(String why) {
    message.position(message.limit());
    return new Read.Bad(0, ErrorCode.MALFORMED, why);
  }
}
