package dev.larder.server.http;

import dev.larder.core.Invalidation;
import dev.larder.core.engine.Cache;
import dev.larder.core.wire.Answer;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameWriter;
import dev.larder.server.LastResort;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * One client's WebSocket: frames in, frames out, invalidations pushed. Everything runs on the
 * connection's event loop; answers that become known in one turn of it leave as one message.
 */
final class SocketEndpoint implements Incoming.Receiver {
  /** A message is sent once it has grown to this many bytes. */
  private static final int MESSAGE_BYTES = 512 << 10;

  /** How many requests may be under way, those not counted that wait for somebody else's entry. */
  private static final int UNDER_WAY = 1024;

  /** How many requests are answered before others have their turn of the event loop. */
  private static final int TURN = 1000;

  /** How many heartbeats a client may be silent. */
  private static final int PATIENCE = 3;

  private final ServerWebSocket socket;
  private final Connection connection;
  private final Context context;
  private final Shared shared;
  private final Session session;
  private final Incoming incoming;
  private final Outgoing departures;
  private final Pushes pushes;
  private final List<Runnable> left = new ArrayList<>();
  private final List<Runnable> unsubscribe;
  private FrameWriter outgoing = new FrameWriter();

  /** What to run once {@link #outgoing} has left. */
  private List<Runnable> departing = new ArrayList<>();

  /** What came and was not answered yet. */
  private final Deque<Parcel> inbox = new ArrayDeque<>();

  private boolean flushing;
  private boolean working;
  private boolean stopped;
  private boolean closed;
  private boolean heard = true;

  /** Whether the client is to be told that the server stops. */
  private boolean telling;

  private boolean leaving;
  private int silent;
  private int unanswered;

  private SocketEndpoint(
      Vertx vertx,
      ServerWebSocket socket,
      Connection connection,
      Cache cache,
      Session.Terms terms,
      Shared shared) {
    this.socket = socket;
    this.connection = connection;
    this.context = vertx.getOrCreateContext();
    this.shared = shared;
    Executor home = task -> context.runOnContext(now -> task.run());
    this.session = new Session(cache, terms, shared, home, this::work);
    this.incoming = new Incoming(socket, connection, shared.intake(), terms.frameLimit(), this);
    this.departures = new Outgoing(socket, connection, shared.outflow(), this::relieved);
    this.pushes = new Pushes(shared.outflow(), cache::now);
    this.unsubscribe =
        List.of(
            cache.subscribe(happened -> context.runOnContext(now -> push(happened))),
            cache.onClose(() -> context.runOnContext(now -> over())));
  }

  /** What all conversations of a server share. */
  record Shared(Intake intake, Outflow outflow, Turnstile turnstile, LookupRoom lookups) {
    static Shared of(Bounds bounds) {
      return new Shared(
          new Intake(bounds.incoming()),
          new Outflow(bounds.outgoing()),
          new Turnstile(bounds.values()),
          new LookupRoom(bounds.lookups()));
    }
  }

  /** A message that came, whose bytes are counted until nothing in it is needed any more. */
  private final class Parcel {
    private final FrameReader message;
    private final long counted;
    private int needed = 1;

    Parcel(FrameReader message, long counted) {
      this.message = message;
      this.counted = counted;
    }

    void release() {
      if (--needed == 0) {
        shared.intake().done(connection, counted);
      }
    }
  }

  /**
   * Serves a client until it goes away. Called on the event loop of its socket.
   *
   * @param left run when it has gone
   */
  static SocketEndpoint serve(
      Vertx vertx,
      ServerWebSocket socket,
      Connection connection,
      Cache cache,
      Session.Terms terms,
      Shared shared,
      Runnable left) {
    var endpoint = new SocketEndpoint(vertx, socket, connection, cache, terms, shared);
    endpoint.left.add(left);
    endpoint.connection.enter(Connection.Phase.SOCKET);
    socket.frameHandler(endpoint::received);
    long timer = vertx.setPeriodic(terms.heartbeat(), tick -> endpoint.listen());
    socket.exceptionHandler(LastResort::ifOutOfMemory);
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
    if (telling && pushes.begun()) {
      telling = false;
      write(new Frame(0, new Answer.Leaving()));
    }
  }

  /** Closes the connection as it is. */
  void dismiss() {
    context.runOnContext(now -> end());
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
    if (leaving && unanswered == 0 && inbox.isEmpty() && !departures.waits()) {
      end();
    }
  }

  private void end() {
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
  public void message(FrameReader message, long counted) {
    inbox.add(new Parcel(message, counted));
    work();
  }

  /** Answers what came, as long as the client takes the answers and there is room to work. */
  private void work() {
    if (working || closed) {
      return;
    }
    working = true;
    int turn = TURN;
    while (!inbox.isEmpty() && !busy() && turn > 0) {
      turn--;
      Parcel parcel = inbox.peek();
      if (parcel.message.hasNext()) {
        answer(parcel, parcel.message.next());
      }
      if (!parcel.message.hasNext()) {
        inbox.remove();
        parcel.release();
      }
    }
    working = false;
    if (turn == 0) {
      context.runOnContext(now -> work());
    }
    flush();
    if (inbox.isEmpty()) {
      goOn();
    } else {
      stop();
    }
    closeIfAnswered();
  }

  /** True while the client must take what it asked for, or the store do it, before it is heard. */
  private boolean busy() {
    return departures.full()
        || outgoing.length() > shared.outflow().allowance()
        || unanswered - session.patient() >= UNDER_WAY;
  }

  private void answer(Parcel parcel, FrameReader.Read read) {
    Optional<Frame> known = session.atHand(read);
    if (known.isPresent()) {
      write(known.orElseThrow());
      return;
    }
    boolean lookup = Session.isLookup(read);
    session
        .answer(read)
        .ifPresent(answer -> {
          unanswered++;
          if (!lookup) {
            parcel.needed++;
          }
          answer.thenAccept(reply -> {
            if (!lookup) {
              parcel.release();
            }
            send(reply);
          });
        });
  }

  private void stop() {
    if (!stopped) {
      stopped = true;
      socket.pause();
      connection.stop();
    }
  }

  private void goOn() {
    if (stopped && !departures.full()) {
      stopped = false;
      connection.resume();
      socket.resume();
    }
  }

  @Override
  public void text() {
    write(
        new Frame(
            0, new Answer.Failed(ErrorCode.MALFORMED, "a text message; expected a binary one")));
  }

  private void relieved() {
    if (!closed) {
      tellPushes();
      work();
    }
  }

  private void send(Reply reply) {
    if (closed) {
      reply.sent().run();
      return;
    }
    if (reply.frame().message() instanceof Answer.Welcome welcome) {
      pushes.begin(welcome.asOf());
    }
    if (reply.bytes() > Outgoing.FRAGMENT_BYTES) {
      flush();
      departures.sendInFragments(new FrameWriter().write(reply.frame()), reply.sent());
    } else {
      departing.add(reply.sent());
      write(reply.frame());
    }
    tell();
    unanswered--;
    if (!working && (!inbox.isEmpty() || leaving)) {
      // After the rest of what came in one message.
      context.runOnContext(now -> work());
    }
  }

  private void push(Invalidation invalidation) {
    if (!closed) {
      pushes.add(invalidation);
      tellPushes();
    }
  }

  private void tellPushes() {
    while (pushes.waits() && !departures.full()) {
      if (pushes.large()) {
        flush();
        departures.send(pushes.next(new FrameWriter()), () -> {});
      } else {
        pushes.next(outgoing);
        written();
      }
    }
  }

  private void write(Frame frame) {
    if (!closed) {
      outgoing.write(frame);
      written();
    }
  }

  private void written() {
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
    FrameWriter written = outgoing;
    List<Runnable> gone = departing;
    outgoing = new FrameWriter();
    departing = new ArrayList<>();
    departures.send(written, () -> gone.forEach(Runnable::run));
  }

  private void listen() {
    // Whoever is not read from cannot be heard. That it takes what it asked for is a sign of life:
    // how long it may take nothing is the connections' to say.
    silent = heard || stopped || connection.held() ? 0 : silent + 1;
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
      inbox.clear();
      incoming.close();
      session.close();
      departing.forEach(Runnable::run);
      departures.close();
      left.forEach(Runnable::run);
    }
  }
}
