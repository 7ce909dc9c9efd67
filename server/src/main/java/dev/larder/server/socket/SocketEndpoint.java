package dev.larder.server.socket;

import dev.larder.core.Invalidation;
import dev.larder.core.engine.Cache;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Response;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.session.Fleet;
import dev.larder.server.session.Grants;
import dev.larder.server.session.Liveness;
import dev.larder.server.session.Pushes;
import dev.larder.server.session.Reply;
import dev.larder.server.session.Session;
import dev.larder.server.session.SessionMemory;
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
 *
 * <p>How the parts work together. {@link IncomingMessages} makes messages of WebSocket frames and
 * puts them into the inbox. {@link #work} takes requests out of it, as long as the client is not
 * {@link #busy}, and asks the {@link Session} for each; a request whose answer is at hand is
 * answered in the same turn. Answers come back to {@link #send} in any order, since each has the id
 * of its request. Small frames are gathered in one message, which {@link #flush} sends at the end
 * of the turn of the event loop, or once it is large; a large answer is a message of its own, in
 * fragments. {@link OutgoingMessages} hands the socket a few at a time. {@link Pushes} keeps the
 * invalidations that the client is to hear; they leave before more requests are answered, as soon
 * as there is room.
 *
 * <p>Backpressure: while the client does not take its answers, or too many requests are under way,
 * nothing is read from its socket, and the message it is in stays in the inbox. Who is not read
 * from is excused from the heartbeat. What a message holds in memory is released once nothing in it
 * is needed: a put needs its value until it is stored.
 *
 * <p>The end: the client closes, is silent for too long, loses its right, the namespace is deleted,
 * or the server stops. Whichever comes first, {@link #closed} runs once: leases pass on, memory is
 * given back, whoever registered with {@link #onClose} is notified. Statuses of closing are those
 * of RFC 6455, section 7.4.1: 1001 for going away, 1008 for a right that is lost, 1009 for a
 * message that cannot be received.
 */
public final class SocketEndpoint implements IncomingMessages.Receiver {
  /** A message is sent once it has grown to this many bytes. */
  private static final int MESSAGE_BYTES = 512 << 10;

  /** How many requests may be under way, those not counted that wait for somebody else's entry. */
  private static final int UNDER_WAY = 1024;

  /** How many requests are answered before others have their turn of the event loop. */
  private static final int TURN = 1000;

  private static final String STOPPING = "the server is stopping";

  private final ServerWebSocket socket;
  private final Connection connection;
  private final Context context;
  private final IncomingMemory incomingMemory;
  private final SessionMemory memory;
  private final Session session;
  private final IncomingMessages incoming;
  private final OutgoingMessages outgoingMessages;
  private final Pushes pushes;
  private final Liveness liveness = new Liveness();

  /** What to run when the client has gone. */
  private final List<Runnable> left = new ArrayList<>();

  /** Ends the subscriptions to the cache. */
  private final List<Runnable> unsubscribe;

  /** Frames that leave together. */
  private FrameWriter outgoing = new FrameWriter();

  /** What to run once {@link #outgoing} has left. */
  private List<Runnable> onSent = new ArrayList<>();

  /** What came and was not answered yet. */
  private final Deque<PendingMessage> inbox = new ArrayDeque<>();

  /** True once a flush is to come at the end of the turn. */
  private boolean flushing;

  /** Keeps {@link #work} from being entered a second time. */
  private boolean working;

  /** True while nothing is read from the client. */
  private boolean stopped;

  private boolean closed;

  /** Whether the client must be asked to go to another server. */
  private boolean asking;

  /** True once the connection is to be closed when everything is answered. */
  private boolean leaving;

  /** Requests under way, those included that wait for somebody else's entry. */
  private int unanswered;

  private SocketEndpoint(
      Vertx vertx,
      ServerWebSocket socket,
      Connection connection,
      Cache cache,
      Session.Terms terms,
      Grants grants,
      IncomingMemory incomingMemory,
      SessionMemory memory,
      Fleet.Member client) {
    this.socket = socket;
    this.connection = connection;
    this.context = vertx.getOrCreateContext();
    this.incomingMemory = incomingMemory;
    this.memory = memory;
    Executor eventLoop = task -> context.runOnContext(now -> task.run());
    this.session = new Session(cache, terms, grants, memory, eventLoop, client, this::work);
    this.incoming =
        new IncomingMessages(socket, connection, incomingMemory, terms.frameLimit(), this);
    this.outgoingMessages =
        new OutgoingMessages(socket, connection, memory.outgoing(), this::relieved);
    this.pushes = new Pushes(memory.outgoing(), cache::now);
    this.unsubscribe =
        List.of(
            cache.subscribe(happened -> context.runOnContext(now -> push(happened))),
            cache.onClose(() -> context.runOnContext(now -> over())));
  }

  /** A message that came, whose bytes are counted until nothing in it is needed any more. */
  private final class PendingMessage {
    private final FrameReader message;
    private final long counted;

    /** By whom it is needed: the inbox, and each request under way that uses its bytes. */
    private int needed = 1;

    PendingMessage(FrameReader message, long counted) {
      this.message = message;
      this.counted = counted;
    }

    void release() {
      if (--needed == 0) {
        incomingMemory.done(connection, counted);
      }
    }
  }

  /**
   * Serves a client until it goes away. Called on the event loop of its socket.
   *
   * @param grants what it may ask
   * @param client the process it is
   * @param left run when it has gone
   */
  public static SocketEndpoint serve(
      Vertx vertx,
      ServerWebSocket socket,
      Connection connection,
      Cache cache,
      Session.Terms terms,
      Grants grants,
      IncomingMemory incomingMemory,
      SessionMemory memory,
      Fleet.Member client,
      Runnable left) {
    var endpoint =
        new SocketEndpoint(
            vertx, socket, connection, cache, terms, grants, incomingMemory, memory, client);
    endpoint.left.add(left);
    endpoint.connection.enter(Connection.Phase.SOCKET);
    socket.frameHandler(endpoint::received);
    long timer = vertx.setPeriodic(terms.heartbeat(), tick -> endpoint.checkLiveness());
    socket.exceptionHandler(OutOfMemory::exitIfCause);
    socket.closeHandler(gone -> {
      vertx.cancelTimer(timer);
      endpoint.closed();
    });
    return endpoint;
  }

  /**
   * Lets the client go: who waits is answered, and nobody waits any more.
   *
   * @param others whether there are other servers: the client is notified, and served until it has
   *     connected to one of them and closes this connection. If not, the connection is closed once
   *     what was asked is finished
   */
  public void leave(boolean others) {
    context.runOnContext(now -> {
      session.drain();
      if (others) {
        askToLeave();
      } else {
        leaving = true;
        closeIfAnswered();
      }
    });
  }

  /**
   * Asks the client to go to another server, which carries less. It is served as before until it
   * closes this connection, however long that takes.
   */
  public void sendElsewhere() {
    context.runOnContext(now -> askToLeave());
  }

  private void askToLeave() {
    asking = true;
    sayLeaving();
  }

  /** Says LEAVING, once the client can be told. */
  private void sayLeaving() {
    if (asking && pushes.begun()) {
      asking = false;
      write(new Frame(0, new Response.Leaving()));
    }
  }

  /** Closes the connection as it is. */
  public void dismiss() {
    context.runOnContext(now -> end((short) 1001, STOPPING));
  }

  /** Closes the connection: the token it was opened with is of no use any more. */
  public void revoke() {
    // 1008 of RFC 6455, section 7.4.1: a policy is violated.
    context.runOnContext(now -> end((short) 1008, "the token was revoked, or has changed"));
  }

  /** Runs {@code task} when the client has gone. */
  public void onClose(Runnable task) {
    context.runOnContext(now -> {
      if (closed) {
        task.run();
      } else {
        left.add(task);
      }
    });
  }

  /** Only where the client was not given another server to go to. */
  private void closeIfAnswered() {
    if (leaving && unanswered == 0 && inbox.isEmpty() && !outgoingMessages.waits()) {
      end((short) 1001, STOPPING);
    }
  }

  /** Sends what is written, then closes. */
  private void end(short status, String why) {
    if (!closed) {
      flush();
      socket.close(status, why);
      closed();
    }
  }

  /** Whatever comes is a sign of life, a pong and a fragment, too. */
  private void received(WebSocketFrame frame) {
    liveness.heard();
    incoming.take(frame);
  }

  /** Answered when its turn comes: after all messages before it were begun. */
  @Override
  public void message(FrameReader message, long counted) {
    inbox.add(new PendingMessage(message, counted));
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
      PendingMessage pending = inbox.peek();
      if (pending.message.hasNext()) {
        answer(pending, pending.message.next());
      }
      if (!pending.message.hasNext()) {
        inbox.remove();
        pending.release();
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

  /**
   * True while the client must take what it asked for, or the store do it, before more is read from
   * it.
   */
  private boolean busy() {
    return outgoingMessages.full()
        || outgoing.length() > memory.outgoing().allowance()
        || unanswered - session.patient() >= UNDER_WAY;
  }

  /**
   * Asks the session. A lookup keeps nothing of its message; other requests keep it until answered.
   */
  private void answer(PendingMessage pending, FrameReader.Read read) {
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
            pending.needed++;
          }
          answer.thenAccept(reply -> {
            if (!lookup) {
              pending.release();
            }
            send(reply);
          });
        });
  }

  /** Reads no more: neither frames from Vert.x, nor bytes from the socket. */
  private void stop() {
    if (!stopped) {
      stopped = true;
      socket.pause();
      connection.stop();
    }
  }

  private void goOn() {
    if (stopped && !outgoingMessages.full()) {
      stopped = false;
      connection.resume();
      socket.resume();
    }
  }

  /** Answered with {@code MALFORMED}; the connection stays. */
  @Override
  public void text() {
    write(
        new Frame(
            0, new Response.Failed(ErrorCode.MALFORMED, "a text message; expected a binary one")));
  }

  /** There is room to send again. */
  private void relieved() {
    if (!closed) {
      sendPushes();
      work();
    }
  }

  /** Sends an answer. The one to HELLO says from where on invalidations are pushed. */
  private void send(Reply reply) {
    if (closed) {
      reply.sent().run();
      return;
    }
    if (reply.frame().message() instanceof Response.Welcome welcome) {
      pushes.begin(welcome.asOf());
    }
    if (reply.bytes() > OutgoingMessages.FRAGMENT_BYTES) {
      flush();
      outgoingMessages.sendInFragments(new FrameWriter().write(reply.frame()), reply.sent());
    } else {
      onSent.add(reply.sent());
      write(reply.frame());
    }
    sayLeaving();
    unanswered--;
    if (!working && (!inbox.isEmpty() || leaving)) {
      // After the rest of what came in one message.
      context.runOnContext(now -> work());
    }
  }

  private void push(Invalidation invalidation) {
    if (!closed) {
      pushes.add(invalidation);
      sendPushes();
    }
  }

  /** Sends what is to be pushed, as long as the client takes it. */
  private void sendPushes() {
    while (pushes.waits() && !outgoingMessages.full()) {
      if (pushes.large()) {
        flush();
        outgoingMessages.send(pushes.next(new FrameWriter()), () -> {});
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

  /** Lets a message leave: now if it is large, else at the end of the turn. */
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
    List<Runnable> gone = onSent;
    outgoing = new FrameWriter();
    onSent = new ArrayList<>();
    outgoingMessages.send(written, () -> gone.forEach(Runnable::run));
  }

  /** Called once a heartbeat. */
  private void checkLiveness() {
    // That a client takes what it asked for is a sign of life, too: how long it may take nothing is
    // the connections' to say.
    if (liveness.isSilent(stopped || connection.held())) {
      socket.close((short) 1001, "nothing heard for %d heartbeats".formatted(Liveness.PATIENCE));
      session.unheard();
      // A client that is frozen never answers the close: its leases pass on now.
      closed();
    }
  }

  /** The client connects again, and finds the history that has begun anew. */
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
      onSent.forEach(Runnable::run);
      outgoingMessages.close();
      left.forEach(Runnable::run);
    }
  }
}
