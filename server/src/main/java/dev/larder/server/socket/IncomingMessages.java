package dev.larder.server.socket;

import dev.larder.core.wire.ArrivingFrame;
import dev.larder.core.wire.FrameReader;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One client's messages, put together of the WebSocket frames they come in. The value in one that
 * comes in several is put where it stays as it comes. Used by one thread.
 *
 * <p>A message is a whole number of protocol frames, but one that comes in several WebSocket frames
 * (fragments, RFC 6455, section 5.4) must be one protocol frame, so that its length is known from
 * its first bytes. Its bytes are counted as they came on the wire, with the headers of WebSocket,
 * and then as the memory they take.
 *
 * <p>A breach of that closes the connection with 1009. A protocol frame that is too long does not:
 * its first bytes are kept, the rest is skipped, and {@link FrameReader} refuses it by its id.
 */
public final class IncomingMessages {
  /** The most bytes a WebSocket frame may have. */
  public static final int FRAME_BYTES = 2 << 20;

  /** A message that cannot be received at all: RFC 6455, section 7.4.1. */
  private static final short TOO_BIG = 1009;

  /** The length field every protocol frame begins with. */
  private static final int LENGTH_BYTES = 4;

  /** What a frame begins with: enough to refuse it. */
  private static final int HEADER_BYTES = 9;

  private final ServerWebSocket socket;
  private final Connection connection;
  private final IncomingMemory incomingMemory;
  private final int limit;
  private final Receiver receiver;

  /** The frame whose fragments come; empty between messages. */
  private Optional<ArrivingFrame> arriving = Optional.empty();

  /** How many bytes that frame has, its length field included; 0 between messages. */
  private long expected;

  /** What the incomingMemory counts for the message that arrives, in bytes. */
  private long counted;

  /** Whether the message that comes is of text. */
  private boolean text;

  private boolean closed;

  /**
   * The messages of a client that has sent nothing yet.
   *
   * @param limit the most bytes a protocol frame may have, its length field included
   */
  IncomingMessages(
      ServerWebSocket socket,
      Connection connection,
      IncomingMemory incomingMemory,
      int limit,
      Receiver receiver) {
    this.socket = socket;
    this.connection = connection;
    this.incomingMemory = incomingMemory;
    this.limit = limit;
    this.receiver = receiver;
  }

  /** Who takes the messages. */
  interface Receiver {
    /**
     * A whole binary message.
     *
     * @param counted the bytes the incomingMemory counts for it, until they are not needed any more
     */
    void message(FrameReader message, long counted);

    /** A text message, which nobody expects. */
    void text();
  }

  /**
   * Takes the next WebSocket frame.
   *
   * <p>Pings are answered by Vert.x; here they are only no longer counted.
   */
  void take(WebSocketFrame frame) {
    int bytes = frame.binaryData().length();
    connection.read(bytes);
    if (closed) {
      return;
    }
    switch (frame.type()) {
      case TEXT -> text = true;
      case BINARY -> text = false;
      case CONTINUATION -> {}
      case PING, PONG, CLOSE -> {
        incomingMemory.count(connection, -wire(bytes));
        return;
      }
    }
    if (text) {
      incomingMemory.count(connection, -wire(bytes));
      connection.message(!frame.isFinal());
      if (frame.isFinal()) {
        receiver.text();
      }
      return;
    }
    if (frame.isFinal() && expected == 0) {
      connection.message(false);
      receiver.message(reader(frame.binaryData()), wire(bytes));
      return;
    }
    if (expected == 0) {
      connection.message(true);
    }
    gather(frame.binaryData());
    if (frame.isFinal() && !closed) {
      connection.message(false);
      complete();
    }
  }

  /** Lets go of everything: the client is gone. */
  void close() {
    closed = true;
    arriving = Optional.empty();
    incomingMemory.gone(connection);
  }

  /** Adds a fragment to the frame that comes. */
  private void gather(Buffer part) {
    if (expected == 0) {
      if (part.length() < LENGTH_BYTES) {
        refuse("the first fragment of a message must hold the length of its frame");
        return;
      }
      expected = part.getUnsignedInt(0) + LENGTH_BYTES;
      if (expected <= limit) {
        if (part.length() > expected) {
          refuse("a message in fragments must be one frame");
          return;
        }
        arriving = Optional.of(new ArrivingFrame(bytes(part), (int) expected));
      } else {
        // Told once it is over: the frame is refused, and the connection stays.
        int kept = Math.min(part.length(), HEADER_BYTES);
        arriving = Optional.of(new ArrivingFrame(bytes(part.slice(0, kept)), kept));
      }
    } else if (expected <= limit) {
      ArrivingFrame frame = arriving.orElseThrow();
      if (part.length() > frame.missing()) {
        refuse("a message in fragments must be one frame");
        return;
      }
      frame.add(bytes(part));
    }
    // What there is room for is counted in place of what came.
    int allocated = arriving.orElseThrow().allocated();
    incomingMemory.count(connection, allocated - counted - wire(part.length()));
    counted = allocated;
  }

  /** Hands on what the fragments make. */
  private void complete() {
    FrameReader message =
        arriving.map(frame -> frame.reader(limit)).orElseGet(() -> reader(Buffer.buffer()));
    long held = counted;
    arriving = Optional.empty();
    expected = 0;
    counted = 0;
    receiver.message(message, held);
  }

  private FrameReader reader(Buffer message) {
    return new FrameReader(bytes(message), limit);
  }

  /** The bytes of a WebSocket frame with so many bytes of payload. */
  private static int wire(int payload) {
    return payload + Connection.headerBytes(payload);
  }

  private static ByteBuffer bytes(Buffer buffer) {
    return ((BufferInternal) buffer).getByteBuf().nioBuffer();
  }

  /** Closes the connection; what still comes is dropped. */
  private void refuse(String why) {
    closed = true;
    socket.close(TOO_BIG, why);
  }
}
