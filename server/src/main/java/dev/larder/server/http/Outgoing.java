package dev.larder.server.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One client's messages on their way out. A socket copies what it is handed, so of a large message
 * it has only a few fragments at a time; what follows keeps its order. Used by one thread.
 */
final class Outgoing {
  /** The most bytes of a message that is not large, and of a fragment of one that is. */
  static final int FRAGMENT_BYTES = 256 << 10;

  /** How many bytes that have not left are enough for fragments to wait. */
  private static final int AHEAD_BYTES = 2 * FRAGMENT_BYTES;

  /** How many bytes may wait before a client is not heard any more. */
  private static final int FULL_BYTES = 4 << 20;

  private final ServerWebSocket socket;
  private final Runnable room;
  private final Deque<Departure> waiting = new ArrayDeque<>();

  /** The bytes of what waits. */
  private long behind;

  /** The bytes the socket has, and has not sent. */
  private long ahead;

  private boolean full;
  private boolean handing;

  /** A WebSocket frame, and what to run once it has left, or never will. */
  private record Departure(WebSocketFrame frame, Runnable left) {
    int bytes() {
      return frame.binaryData().length();
    }
  }

  /**
   * Sends to this client, to whom nothing was sent.
   *
   * @param room run when it is not full any more, and when nothing waits any more
   */
  Outgoing(ServerWebSocket socket, Runnable room) {
    this.socket = socket;
    this.room = room;
  }

  /**
   * Sends a message in one piece.
   *
   * @param left run once it has left, or never will
   */
  void send(Buffer message, Runnable left) {
    depart(new Departure(WebSocketFrame.binaryFrame(message, true), left));
  }

  /**
   * Sends a message in fragments.
   *
   * @param left run once it has left, or never will
   */
  void sendInFragments(Buffer message, Runnable left) {
    for (int at = 0; at < message.length(); at += FRAGMENT_BYTES) {
      int end = Math.min(message.length(), at + FRAGMENT_BYTES);
      boolean last = end == message.length();
      Buffer part = message.slice(at, end);
      WebSocketFrame frame =
          at == 0
              ? WebSocketFrame.binaryFrame(part, last)
              : WebSocketFrame.continuationFrame(part, last);
      depart(new Departure(frame, last ? left : () -> {}));
    }
  }

  /** True while so much waits that the client should not ask for more. */
  boolean full() {
    full |= behind + ahead > FULL_BYTES;
    return full;
  }

  /** True while something waits for what was sent before it to leave. */
  boolean waits() {
    return !waiting.isEmpty();
  }

  /** Lets go of what waits: the client is gone. */
  void close() {
    behind = 0;
    while (!waiting.isEmpty()) {
      waiting.remove().left().run();
    }
  }

  private void depart(Departure departure) {
    boolean large = departure.frame().isContinuation() || !departure.frame().isFinal();
    if (waiting.isEmpty() && !(large && ahead >= AHEAD_BYTES)) {
      hand(departure);
    } else {
      waiting.add(departure);
      behind += departure.bytes();
    }
  }

  private void hand(Departure departure) {
    int bytes = departure.bytes();
    ahead += bytes;
    socket
        .writeFrame(departure.frame())
        .onComplete(written -> {
          ahead -= bytes;
          departure.left().run();
          goOn();
        });
  }

  private void goOn() {
    // What the system takes at once has left before it was handed on.
    if (handing) {
      return;
    }
    handing = true;
    boolean waited = waits();
    while (waits() && ahead < AHEAD_BYTES) {
      Departure next = waiting.remove();
      behind -= next.bytes();
      hand(next);
    }
    handing = false;
    boolean emptied = full && behind + ahead <= FULL_BYTES / 2;
    if (emptied) {
      full = false;
    }
    if (emptied || (waited && !waits())) {
      room.run();
    }
  }
}
