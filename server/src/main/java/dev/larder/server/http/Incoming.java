package dev.larder.server.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * One client's messages, put together of the WebSocket frames they come in. One that comes in
 * several waits for the turnstile before more than the first of them is read. Used by one thread.
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

  private Buffer gathered = Buffer.buffer();
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
    void message(Buffer message, Runnable handled);

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
      receiver.message(frame.binaryData(), () -> {});
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
    gathered = Buffer.buffer();
    pass.ifPresent(Turnstile.Pass::leave);
  }

  private void gather(Buffer part) {
    if (expected == 0) {
      if (part.length() < LENGTH_BYTES) {
        refuse("the first fragment of a message must hold the length of its frame");
        return;
      }
      expected = part.getUnsignedInt(0) + LENGTH_BYTES;
      gathered = part;
      if (expected <= limit) {
        enter();
      }
    } else if (expected <= limit) {
      if (gathered.length() + (long) part.length() > expected) {
        refuse("a message in fragments must be one frame");
      } else {
        gathered.appendBuffer(part);
      }
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
    gathered = Buffer.buffer((int) expected).appendBuffer(gathered);
    while (!early.isEmpty() && !waiting) {
      take(early.remove());
    }
    if (!waiting) {
      receiver.proceed();
    }
  }

  private void complete() {
    Buffer message = gathered;
    Optional<Turnstile.Pass> held = pass;
    gathered = Buffer.buffer();
    pass = Optional.empty();
    expected = 0;
    receiver.message(message, () -> held.ifPresent(Turnstile.Pass::leave));
  }

  private void refuse(String why) {
    closed = true;
    socket.close(TOO_BIG, why);
  }
}
