package dev.larder.server.socket;

import dev.larder.core.wire.FrameWriter;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.session.OutgoingMemory;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One client's messages on their way out. A socket copies what it is handed, so it has only a few
 * at a time; what follows keeps its order. Used by one thread.
 *
 * <p>Everything that waits is counted three times: for this client, for the memory of all clients,
 * and for {@link Connections}, which ends a client that takes nothing.
 */
final class OutgoingMessages {
  /** The most bytes of a message that is not large, and of a fragment of one that is. */
  static final int FRAGMENT_BYTES = 256 << 10;

  /** How many bytes that have not left are enough for what follows to wait. */
  private static final int AHEAD_BYTES = 2 * FRAGMENT_BYTES;

  private final ServerWebSocket socket;
  private final Connection connection;
  private final OutgoingMemory outgoingMemory;
  private final Runnable room;
  private final Deque<Queued> waiting = new ArrayDeque<>();

  /** The bytes of what waits, and of what the socket has and has not sent. */
  private long unsent;

  /** The bytes the socket has, and has not sent. */
  private long ahead;

  /**
   * True from when there was too much until half of it has left: it does not change at every
   * message.
   */
  private boolean full;

  /** Keeps a message that leaves at once from being an inner call of the one before. */
  private boolean handing;

  /** What leaves in one piece, and what to run once it has left, or never will. */
  private sealed interface Queued {
    int bytes();

    Runnable left();
  }

  /** A message of many small answers: copied once, when it is handed to the socket. */
  private record Whole(FrameWriter written, int bytes, Runnable left) implements Queued {}

  /** A part of a message. */
  private record Fragment(WebSocketFrame frame, Runnable left) implements Queued {
    @Override
    public int bytes() {
      return frame.binaryData().length();
    }
  }

  /**
   * Sends to this client, to whom nothing was sent.
   *
   * @param room run when it is not full any more, and when nothing waits any more
   */
  OutgoingMessages(
      ServerWebSocket socket, Connection connection, OutgoingMemory outgoingMemory, Runnable room) {
    this.socket = socket;
    this.connection = connection;
    this.outgoingMemory = outgoingMemory;
    this.room = room;
  }

  /**
   * Sends a message, in one piece if it is not large.
   *
   * @param left run once it has left, or never will
   */
  void send(FrameWriter written, Runnable left) {
    if (written.length() <= AHEAD_BYTES) {
      enqueue(new Whole(written, written.length(), left));
      return;
    }
    sendInFragments(written, left);
  }

  /**
   * Sends a message in fragments.
   *
   * @param left run once it has left, or never will
   */
  void sendInFragments(FrameWriter written, Runnable left) {
    Buffer message = Chunks.buffer(written);
    for (int at = 0; at < message.length(); at += FRAGMENT_BYTES) {
      int end = Math.min(message.length(), at + FRAGMENT_BYTES);
      boolean last = end == message.length();
      Buffer part = message.slice(at, end);
      WebSocketFrame frame =
          at == 0
              ? WebSocketFrame.binaryFrame(part, last)
              : WebSocketFrame.continuationFrame(part, last);
      enqueue(new Fragment(frame, last ? left : () -> {}));
    }
  }

  /** True while so much waits that the client should not ask for more. */
  boolean full() {
    full |= unsent > outgoingMemory.allowance();
    return full;
  }

  /** True while something waits for what was sent before it to leave. */
  boolean waits() {
    return !waiting.isEmpty();
  }

  /** Lets go of what waits: the client is gone. */
  void close() {
    while (!waiting.isEmpty()) {
      Queued queued = waiting.remove();
      gone(queued.bytes());
      queued.left().run();
    }
  }

  private void enqueue(Queued queued) {
    unsent += queued.bytes();
    outgoingMemory.add(queued.bytes());
    connection.sending(queued.bytes());
    if (waiting.isEmpty() && ahead < AHEAD_BYTES) {
      hand(queued);
    } else {
      waiting.add(queued);
    }
  }

  /** They have left, or never will. */
  private void gone(int bytes) {
    unsent -= bytes;
    outgoingMemory.add(-bytes);
    connection.sent(bytes);
  }

  /** Gives it to the socket; {@code left} runs, too, if it cannot be written. */
  private void hand(Queued queued) {
    int bytes = queued.bytes();
    ahead += bytes;
    write(queued)
        .onComplete(written -> {
          if (written.failed()) {
            OutOfMemory.exitIfCause(written.cause());
          }
          ahead -= bytes;
          gone(bytes);
          queued.left().run();
          goOn();
        });
  }

  private Future<Void> write(Queued queued) {
    return switch (queued) {
      case Fragment(WebSocketFrame frame, Runnable left) -> socket.writeFrame(frame);
      case Whole(FrameWriter written, int bytes, Runnable left) -> {
        ByteBuf message = Chunks.direct(written);
        yield socket
            .writeFrame(WebSocketFrame.binaryFrame(BufferInternal.buffer(message), true))
            .onComplete(done -> message.release());
      }
    };
  }

  /** Hands on what waits, and says so when there is room again. */
  private void goOn() {
    // What the system takes at once has left before it was handed on.
    if (handing) {
      return;
    }
    handing = true;
    boolean waited = waits();
    while (waits() && ahead < AHEAD_BYTES) {
      hand(waiting.remove());
    }
    handing = false;
    boolean emptied = full && unsent <= outgoingMemory.allowance() / 2;
    if (emptied) {
      full = false;
    }
    if (emptied || (waited && !waits())) {
      room.run();
    }
  }
}
