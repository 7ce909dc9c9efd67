package dev.larder.server.http;

import dev.larder.core.wire.ArrivingFrame;
import dev.larder.core.wire.FrameReader;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * One client's messages, put together of the WebSocket frames they come in. One that comes in
 * several waits for the turnstile before more than the first of them is read; the value in it is
 * put where it stays as it comes. Used by one thread.
 */
final class Incoming {
  /** The most bytes a WebSocket frame may have. */
  static final int FRAME_BYTES = 2 << 20;

  /** A message that cannot be received at all: RFC 6455, section 7.4.1. */
  private static final short TOO_BIG = 1009;

  private static final int LENGTH_BYTES = 4;

  private final ServerWebSocket socket;
  private final Turnstile turnstile;
  private final Executor home;
  private final int limit;
  private final Receiver receiver;

  /** Frames that were on their way here when the client was told to wait. */
  private final Deque<WebSocketFrame> early = new ArrayDeque<>();

  /** The first fragment of a message, until the rest may come. */
  private Buffer first = Buffer.buffer();

  private Optional<ArrivingFrame> arriving = Optional.empty();
  private Optional<Turnstile.Pass> pass = Optional.empty();
  private long expected;
  private boolean text;
  private boolean waiting;
  private boolean closed;

  /**
   * The messages of a client that has sent nothing yet.
   *
   * @param home where everything here runs
   * @param limit the most bytes a protocol frame may have, its length field included
   */
  Incoming(
      ServerWebSocket socket, Turnstile turnstile, Executor home, int limit, Receiver receiver) {
    this.socket = socket;
    this.turnstile = turnstile;
    this.home = home;
    this.limit = limit;
    this.receiver = receiver;
  }

  /** Who takes the messages. */
  interface Receiver {
    /**
     * A whole binary message.
     *
     * @param handled to be run once its bytes are not needed any more
     */
    void message(FrameReader message, Runnable handled);

    /** A text message, which nobody expects. */
    void text();

    /** The client may go on: it was let in. */
    void proceed();
  }

  /** True while the client must not send, and is therefore not heard. */
  boolean waiting() {
    return waiting;
  }

  /** Takes the next WebSocket frame. */
  void take(WebSocketFrame frame) {
    if (closed) {
      return;
    }
    if (waiting) {
      early.add(frame);
      return;
    }
    switch (frame.type()) {
      case TEXT -> text = true;
      case BINARY -> text = false;
      case CONTINUATION -> {}
      case PING, PONG, CLOSE -> {
        return;
      }
    }
    if (text) {
      if (frame.isFinal()) {
        receiver.text();
      }
      return;
    }
    if (frame.isFinal() && expected == 0) {
      receiver.message(reader(frame.binaryData()), () -> {});
      return;
    }
    gather(frame.binaryData());
    if (frame.isFinal() && !closed) {
      complete();
    }
  }

  /** Lets go of everything: the client is gone. */
  void close() {
    closed = true;
    early.clear();
    first = Buffer.buffer();
    arriving = Optional.empty();
    pass.ifPresent(Turnstile.Pass::leave);
  }

  private void gather(Buffer part) {
    if (expected == 0) {
      if (part.length() < LENGTH_BYTES) {
        refuse("the first fragment of a message must hold the length of its frame");
        return;
      }
      expected = part.getUnsignedInt(0) + LENGTH_BYTES;
      first = part;
      if (expected <= limit) {
        enter();
      }
    } else if (expected <= limit) {
      add(part);
    }
  }

  private void add(Buffer part) {
    ArrivingFrame frame = arriving.orElseThrow();
    if (part.length() > frame.missing()) {
      refuse("a message in fragments must be one frame");
    } else {
      frame.add(bytes(part));
    }
  }

  private void enter() {
    waiting = true;
    socket.pause();
    var _ = turnstile.enter(expected).thenAcceptAsync(this::entered, home);
  }

  private void entered(Turnstile.Pass entered) {
    if (closed) {
      entered.leave();
      return;
    }
    waiting = false;
    pass = Optional.of(entered);
    begin();
    while (!early.isEmpty() && !waiting) {
      take(early.remove());
    }
    if (!waiting) {
      receiver.proceed();
    }
  }

  private void begin() {
    Buffer beginning = first;
    first = Buffer.buffer();
    if (beginning.length() > expected) {
      refuse("a message in fragments must be one frame");
    } else {
      arriving = Optional.of(new ArrivingFrame(bytes(beginning), (int) expected));
    }
  }

  private void complete() {
    FrameReader message = arriving.map(frame -> frame.reader(limit)).orElse(reader(first));
    Optional<Turnstile.Pass> held = pass;
    first = Buffer.buffer();
    arriving = Optional.empty();
    pass = Optional.empty();
    expected = 0;
    receiver.message(message, () -> held.ifPresent(Turnstile.Pass::leave));
  }

  private FrameReader reader(Buffer message) {
    return new FrameReader(bytes(message), limit);
  }

  private static ByteBuffer bytes(Buffer buffer) {
    return ((BufferInternal) buffer).getByteBuf().nioBuffer();
  }

  private void refuse(String why) {
    closed = true;
    socket.close(TOO_BIG, why);
  }
}
