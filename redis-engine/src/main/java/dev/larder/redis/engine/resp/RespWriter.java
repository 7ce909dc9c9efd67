package dev.larder.redis.engine.resp;

import java.io.ByteArrayOutputStream;

/**
 * Writes replies as the protocol's second version has them on the wire.
 *
 * <p>A status and an error are one line: whoever makes them sees to it that no line end is in them.
 * A writer is used by one thread and keeps everything in memory.
 */
public final class RespWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** The bytes of one reply. */
  public static byte[] bytesOf(Reply reply) {
    var writer = new RespWriter();
    writer.write(reply);
    return writer.toByteArray();
  }

  /** Appends a reply. */
  public void write(Reply reply) {
    switch (reply) {
      case Reply.SimpleString(Bytes text) -> line('+', text);
      case Reply.SimpleError(Bytes text) -> line('-', text);
      case Reply.Int(long value) -> line(':', Bytes.of(value));
      case Reply.Nil() -> line('$', Bytes.of(-1));
      case Reply.NilArray() -> line('*', Bytes.of(-1));
      case Reply.BulkString(Bytes value) -> {
        line('$', Bytes.of(value.length()));
        out.writeBytes(value.array());
        end();
      }
      case Reply.Array(var items) -> {
        line('*', Bytes.of(items.size()));
        items.forEach(this::write);
      }
    }
  }

  /** What was written. */
  public byte[] toByteArray() {
    return out.toByteArray();
  }

  /** A type, a text, and the end of the line. */
  private void line(char type, Bytes text) {
    out.write(type);
    out.writeBytes(text.array());
    end();
  }

  /** CR and LF. */
  private void end() {
    out.write('\r');
    out.write('\n');
  }
}
