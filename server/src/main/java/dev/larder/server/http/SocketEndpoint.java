package dev.larder.server.http;

import dev.larder.core.AsOf;
import dev.larder.core.Cache;
import dev.larder.core.Invalidation;
import dev.larder.core.wire.Answer;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameWriter;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * One client's WebSocket: frames in, frames out, invalidations pushed. Everything runs on the
 * connection's event loop; answers that become known in one turn of it leave as one message.
 */
final class SocketEndpoint implements Incoming.Receiver {
  /** A message is sent once it has grown to this many bytes. */
  private static final int MESSAGE_BYTES = 1 << 20;

  /** How many heartbeats a client may be silent. */
  private static final int PATIENCE = 3;

  private final ServerWebSocket socket;
  private final Context context;
  private final Session session;
  private final Incoming incoming;
  private final Outgoing departures;
  private final List<Runnable> left = new ArrayList<>();
  private final List<Runnable> unsubscribe;
  private FrameWriter outgoing = new FrameWriter();

  /** What to run once {@link #outgoing} has left. */
  private List<Runnable> departing = new ArrayList<>();

  private boolean flushing;
  private boolean closed;
  private boolean heard = true;

  /** Whether the client is to be told that the server stops. */
  private boolean telling;

  private boolean leaving;
  private int silent;
  private int unanswered;

  /** What WELCOME told the client, from where on it is told invalidations; none before. */
  private AsOf told = AsOf.NONE;

  private SocketEndpoint(
      Vertx vertx,
      ServerWebSocket socket,
      Cache cache,
      Session.Terms terms,
      Turnstile turnstile,
      Runnable left) {
    this.left.add(left);
    this.socket = socket;
    this.context = vertx.getOrCreateContext();
    Executor home = task -> context.runOnContext(now -> task.run());
    this.session = new Session(cache, terms, turnstile, home);
    this.incoming = new Incoming(socket, turnstile, home, terms.frameLimit(), this);
    this.departures = new Outgoing(socket, this::relieved);
    this.unsubscribe =
        List.of(
            cache.subscribe(happened -> context.runOnContext(now -> push(happened))),
            cache.onClose(() -> context.runOnContext(now -> over())));
  }

  /**
   * Serves a client until it goes away. Called on the event loop of its socket.
   *
   * @param left run when it has gone
   */
  static SocketEndpoint serve(
      Vertx vertx,
      ServerWebSocket socket,
      Cache cache,
      Session.Terms terms,
      Turnstile turnstile,
      Runnable left) {
    var endpoint = new SocketEndpoint(vertx, socket, cache, terms, turnstile, left);
    socket.frameHandler(endpoint::received);
    long timer = vertx.setPeriodic(terms.heartbeat(), tick -> endpoint.listen());
    socket.exceptionHandler(failure -> {});
    socket.closeHandler(gone -> {
      vertx.cancelTimer(timer);
      endpoint.closed();
    });
    return endpoint;
  }

  /**
   * Lets the client go: who waits is answered, and nobody waits any more.
   *
   * @param others whether there are other servers: the client is told, and served until it has
   *     connected to one of them and closes this connection. If not, the connection is closed once
   *     what was asked is finished
   */
  void leave(boolean others) {
    context.runOnContext(now -> {
      session.leave();
      if (others) {
        telling = true;
        tell();
      } else {
        leaving = true;
        closeIfAnswered();
      }
    });
  }

  /** Tells the client to go, once it can be told. */
  private void tell() {
    if (telling && !told.equals(AsOf.NONE)) {
      telling = false;
      write(new Frame(0, new Answer.Leaving()));
    }
  }

  /** Closes the connection as it is. */
  void dismiss() {
    context.runOnContext(now -> stop());
  }

  /** Runs {@code task} when the client has gone. */
  void onClose(Runnable task) {
    context.runOnContext(now -> {
      if (closed) {
        task.run();
      } else {
        left.add(task);
      }
    });
  }

  private void closeIfAnswered() {
    if (leaving && unanswered == 0 && !departures.waits()) {
      stop();
    }
  }

  private void stop() {
    if (!closed) {
      flush();
      socket.close((short) 1001, "the server is stopping");
      closed();
    }
  }

  private void received(WebSocketFrame frame) {
    heard = true;
    incoming.take(frame);
  }

  @Override
  public void message(FrameReader message, Runnable handled) {
    while (message.hasNext()) {
      FrameReader.Read read = message.next();
      Optional<Frame> known = session.atHand(read);
      if (known.isPresent()) {
        handled.run();
        write(known.orElseThrow());
        continue;
      }
      session
          .answer(read)
          .ifPresentOrElse(
              answer -> {
                unanswered++;
                answer.thenAccept(reply -> {
                  handled.run();
                  send(reply);
                });
              },
              handled);
    }
    flush();
    closeIfAnswered();
  }

  @Override
  public void text() {
    write(
        new Frame(
            0, new Answer.Failed(ErrorCode.MALFORMED, "a text message; expected a binary one")));
  }

  @Override
  public void proceed() {
    if (!incoming.waiting() && !departures.full()) {
      socket.resume();
    }
  }

  private void relieved() {
    if (!closed) {
      proceed();
      closeIfAnswered();
    }
  }

  private void send(Reply reply) {
    if (closed) {
      reply.sent().run();
      return;
    }
    if (reply.frame().message() instanceof Answer.Welcome welcome) {
      told = welcome.asOf();
    }
    if (reply.bytes() > Outgoing.FRAGMENT_BYTES) {
      flush();
      departures.sendInFragments(
          Pieces.buffer(new FrameWriter().write(reply.frame())), reply.sent());
      pauseIfFull();
    } else {
      departing.add(reply.sent());
      write(reply.frame());
    }
    tell();
    unanswered--;
    if (leaving) {
      // After the rest of what came in one message.
      context.runOnContext(now -> closeIfAnswered());
    }
  }

  private void push(Invalidation invalidation) {
    if (!told.equals(AsOf.NONE) && invalidation.revision().isAfter(told.revision())) {
      told = new AsOf(told.store(), invalidation.revision());
      write(new Frame(0, new Answer.Pushed(told.store(), session.told(invalidation))));
    }
  }

  private void write(Frame frame) {
    if (closed) {
      return;
    }
    outgoing.write(frame);
    if (outgoing.length() >= MESSAGE_BYTES) {
      flush();
    } else if (!flushing) {
      flushing = true;
      context.runOnContext(now -> flush());
    }
  }

  private void flush() {
    flushing = false;
    if (closed || outgoing.length() == 0) {
      return;
    }
    ByteBuf message = Pieces.direct(outgoing);
    List<Runnable> gone = departing;
    outgoing = new FrameWriter();
    departing = new ArrayList<>();
    departures.send(
        BufferInternal.buffer(message),
        () -> {
          message.release();
          gone.forEach(Runnable::run);
        });
    pauseIfFull();
  }

  private void pauseIfFull() {
    if (departures.full()) {
      socket.pause();
    }
  }

  private void listen() {
    silent = heard || incoming.waiting() ? 0 : silent + 1;
    heard = false;
    if (silent >= PATIENCE) {
      socket.close((short) 1001, "nothing heard for %d heartbeats".formatted(PATIENCE));
      // A client that is frozen never answers the close: its leases pass on now.
      closed();
    }
  }

  private void over() {
    socket.close((short) 1001, "the history of the namespace is over: deleted, or lost");
    closed();
  }

  private void closed() {
    if (!closed) {
      closed = true;
      unsubscribe.forEach(Runnable::run);
      incoming.close();
      session.close();
      departing.forEach(Runnable::run);
      departures.close();
      left.forEach(Runnable::run);
    }
  }
}
