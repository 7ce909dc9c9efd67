package dev.larder.server.socket;

import dev.larder.server.process.OutOfMemory;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One TCP connection, as its socket sees it: what has come, what has left, what is awaited. It is
 * the first to see what arrives, before HTTP and WebSocket make messages of it, and stops reading
 * when there is no room for more.
 *
 * <p>Changed on the connection's event loop; checked at by all threads.
 *
 * <p>Three kinds of numbers are kept for {@link Connections}, which decides who has to go: since
 * when the rest of something is awaited, when a byte moved last, and how many bytes came and left.
 * Times are of {@link System#nanoTime}. Time in which the server itself did not read does not count
 * against a client: {@link #since} begins again when it reads again, {@link #begun} does not.
 *
 * <p>Two reasons keep it from reading, each by itself: {@code crowded}, no room in {@link
 * IncomingMemory}; {@code stopped}, the client does not take its answers. It reads again once there
 * is neither.
 */
public final class Connection extends ChannelDuplexHandler {
  private static final AttributeKey<Connection> KEY = AttributeKey.valueOf("larder.connection");

  /** What goes on on a connection. */
  public enum Phase {
    /** Nothing was begun. */
    IDLE,
    /** A request has begun to come. */
    HEAD,
    /** The body of a request is coming. */
    BODY,
    /** The server has what it needs to answer. */
    WORK,
    /** It is a WebSocket. */
    SOCKET
  }

  private final Channel channel;
  private final IncomingMemory incomingMemory;

  private volatile Phase phase = Phase.IDLE;

  /** Since when what is awaited is awaited, in ns: a request, the rest of one, or of a message. */
  private volatile long since = System.nanoTime();

  /** When what is awaited had begun, in ns, however long it was not read from. */
  private volatile long begun = System.nanoTime();

  /** The bytes that have come since then. */
  private final AtomicLong came = new AtomicLong();

  /** When a byte came or left last, in ns. */
  private volatile long moved = System.nanoTime();

  /** All bytes that came, for as long as the connection lasts. */
  private final AtomicLong received = new AtomicLong();

  /** All bytes that left, for as long as the connection lasts. */
  private final AtomicLong sent = new AtomicLong();

  /** The bytes handed over for sending that have not left. */
  private final AtomicLong unsent = new AtomicLong();

  /** The bytes that came over a WebSocket and were not handed on as frames. */
  private long unread;

  /** True while fragments of a message have come, and not the last. */
  private boolean gathering;

  /** True while a message over a WebSocket is incomplete. */
  private volatile boolean partial;

  /** Why nothing is read: there is no room for more, the client does not take its answers. */
  private volatile boolean crowded;

  /** By {@link #stop}, until {@link #resume}. */
  private volatile boolean stopped;

  /** Whether HTTP would read if this did not keep it from it. */
  private boolean wanted;

  /** What to do if the body that is awaited does not come. */
  private volatile Runnable late = this::close;

  /** The bytes the incomingMemory counts for it; guarded by the incomingMemory. */
  long taken;

  /**
   * The most that was counted for it since a message or body ended; guarded by the incomingMemory.
   */
  long peak;

  /** The highest peak that a message or body ended, in bytes; guarded by the incomingMemory. */
  long proven;

  /** True once it has ended; guarded by the incomingMemory. */
  boolean gone;

  private Connection(Channel channel, IncomingMemory incomingMemory) {
    this.channel = channel;
    this.incomingMemory = incomingMemory;
  }

  /** Watches a connection that was accepted. Called on its event loop. */
  public static Connection watch(HttpConnection accepted, IncomingMemory incomingMemory) {
    Channel channel = ((ConnectionBase) accepted).channel();
    var connection = new Connection(channel, incomingMemory);
    channel.attr(KEY).set(connection);
    channel.pipeline().addFirst("larder", connection);
    return connection;
  }

  /**
   * The connection a request or a WebSocket came over.
   *
   * <p>Only for a connection that is watched, as each is from when it is accepted.
   */
  public static Connection of(HttpConnection connection) {
    return ((ConnectionBase) connection).channel().attr(KEY).get();
  }

  /** Counts what came before it is passed on, and reads no more if there is no room left. */
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    int bytes = message instanceof ByteBuf buffer ? buffer.readableBytes() : 0;
    moved = System.nanoTime();
    received.addAndGet(bytes);
    came.addAndGet(bytes);
    boolean full = false;
    if (phase == Phase.SOCKET) {
      unread += bytes;
      expect();
      full = incomingMemory.took(this, bytes);
    } else if (phase == Phase.IDLE) {
      enter(Phase.HEAD);
    }
    context.fireChannelRead(message);
    if (full) {
      crowded = true;
    }
    if (crowded || stopped) {
      hold();
    }
  }

  /** Keeps back the wish of HTTP to read while there is a reason not to. */
  @Override
  public void read(ChannelHandlerContext context) {
    if (crowded || stopped) {
      wanted = true;
      context.channel().config().setAutoRead(false);
    } else {
      context.read();
    }
  }

  /** A process that has no memory left ends, and does not only lose this connection. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    OutOfMemory.exitIfCause(cause);
    context.fireExceptionCaught(cause);
  }

  /** Ends reading, and remembers that it was wanted. */
  private void hold() {
    wanted |= channel.config().isAutoRead();
    channel.config().setAutoRead(false);
  }

  /** Reads again, if nothing is against it, and begins the time anew. */
  private void goOn() {
    if (!crowded && !stopped && wanted) {
      wanted = false;
      since = System.nanoTime();
      came.set(0);
      channel.config().setAutoRead(true);
    }
  }

  /** Reads no more until {@link #resume}. Called on the event loop. */
  void stop() {
    if (!stopped) {
      stopped = true;
      hold();
    }
  }

  /** Reads again. Called on the event loop. */
  void resume() {
    if (stopped) {
      stopped = false;
      goOn();
    }
  }

  /** There is no room for what else it sends. Called on the event loop. */
  public void crowd() {
    crowded = true;
    hold();
  }

  /** There is room again. */
  void roomAgain() {
    channel
        .eventLoop()
        .execute(() -> {
          crowded = false;
          goOn();
        });
  }

  /** Something else goes on from now on. */
  public void enter(Phase next) {
    phase = next;
    since = System.nanoTime();
    begun = since;
    came.set(0);
  }

  /**
   * The body of a request is to come.
   *
   * @param tooLate run if it does not
   */
  public void awaitBody(Runnable tooLate) {
    late = tooLate;
    enter(Phase.BODY);
  }

  /** A WebSocket frame with so many bytes of payload was handed on. */
  void read(int payload) {
    unread = Math.max(0, unread - payload - headerBytes(payload));
    expect();
  }

  /** The bytes before the payload of a client's WebSocket frame: RFC 6455, section 5.2. */
  static int headerBytes(int payload) {
    return payload < 126 ? 6 : payload < 1 << 16 ? 8 : 14;
  }

  /** The first bytes of a message came, or its last. */
  void message(boolean incomplete) {
    gathering = incomplete;
    since = System.nanoTime();
    came.set(0);
    if (!incomplete) {
      partial = false;
    }
    expect();
  }

  /** A message has begun once bytes of it came, even if they are not yet a frame. */
  private void expect() {
    boolean now = gathering || unread > 0;
    if (now && !partial) {
      begun = System.nanoTime();
      since = begun;
      came.set(0);
    }
    partial = now;
  }

  /** So many bytes are to be sent. */
  public void sending(long bytes) {
    unsent.addAndGet(bytes);
  }

  /** So many bytes have left, or never will. */
  public void sent(long bytes) {
    unsent.addAndGet(-bytes);
    sent.addAndGet(bytes);
    moved = System.nanoTime();
  }

  /** What goes on now; may be another at once, unless asked on the event loop. */
  public Phase phase() {
    return phase;
  }

  /** True while a request or a message has begun, and the client is to send the rest of it. */
  boolean awaitsInput() {
    return switch (phase) {
      case HEAD, BODY -> !crowded;
      case SOCKET -> partial && !crowded && !stopped;
      case IDLE, WORK -> false;
    };
  }

  /** True while nothing is read from it because there is no room for what would come. */
  boolean held() {
    return crowded;
  }

  /** True while the client is to take what was sent to it. */
  boolean awaitsOutput() {
    return unsent.get() > 0;
  }

  /** In ns: since when what is awaited is awaited, times not counted in which nothing was read. */
  long since() {
    return since;
  }

  /** In ns: when what is awaited began, times counted in which nothing was read. */
  long begun() {
    return begun;
  }

  /** The bytes of what is awaited that have come. */
  long came() {
    return came.get();
  }

  /** In ns: when a byte came or left last. */
  long moved() {
    return moved;
  }

  /** All bytes that have come so far. */
  long received() {
    return received.get();
  }

  /** All bytes that have left so far. */
  long sent() {
    return sent.get();
  }

  /** Ends it: the rest of what has begun did not come. */
  void expire() {
    channel.eventLoop().execute(phase == Phase.BODY ? late : this::close);
  }

  /** Where its client is, for people. */
  String address() {
    return String.valueOf(channel.remoteAddress());
  }

  /** Runs {@code gone} once it has ended. */
  public void onClose(Runnable gone) {
    channel.closeFuture().addListener(closed -> gone.run());
  }

  /** Ends it at once: what waits to be sent is not waited for, as HTTP and WebSocket would. */
  public void close() {
    ChannelHandlerContext context = channel.pipeline().context(this);
    if (context != null) {
      var _ = context.close();
    }
  }
}
