package dev.larder.server.http;

import dev.larder.core.wire.FrameWriter;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.ByteBuffer;

/**
 * Messages as they are sent: the values in them are copied once, to where the socket takes them.
 */
final class Pieces {
  private Pieces() {}

  /** What was written, not a copy. */
  static Buffer buffer(FrameWriter written) {
    ByteBuffer[] pieces = written.pieces().toArray(ByteBuffer[]::new);
    return BufferInternal.buffer(Unpooled.wrappedBuffer(pieces.length, pieces));
  }
}
