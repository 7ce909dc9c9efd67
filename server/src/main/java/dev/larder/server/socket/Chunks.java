package dev.larder.server.socket;

import dev.larder.core.wire.FrameWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.ByteBuffer;

/**
 * Messages as they are sent: the values in them are copied once, to where the socket takes them.
 */
public final class Chunks {
  private Chunks() {}

  /** What was written, not a copy. */
  public static Buffer buffer(FrameWriter written) {
    ByteBuffer[] pieces = written.pieces().toArray(ByteBuffer[]::new);
    return BufferInternal.buffer(Unpooled.wrappedBuffer(pieces.length, pieces));
  }

  /**
   * A copy of what was written, in memory a socket takes it from. Whoever sends it releases it once
   * that is done or has failed: Vert.x does not.
   */
  static ByteBuf direct(FrameWriter written) {
    ByteBuf message = ByteBufAllocator.DEFAULT.directBuffer(written.length());
    written.copyTo(message.internalNioBuffer(0, written.length()));
    message.writerIndex(written.length());
    // What Vert.x knows to be of a pool it copies once more, to the heap.
    return Unpooled.compositeBuffer(1).addComponent(true, message);
  }
}
