package dev.larder.server.socket;

import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Every connection of a server. Those that keep others waiting end: what has begun must come at a
 * least pace; while there is no room for what others send, or are to be sent, whoever does not move
 * makes room for them; and of those that are no WebSocket there may be so many, of which the one
 * that has been still for longest makes room for the next.
 *
 * <p>The rules, one for each way to keep others waiting:
 *
 * <ul>
 *   <li>nothing sent yet, or half of a request or message: {@link #PATIENCE}, and more by {@link
 *       #PACE}
 *   <li>nothing asked since the last answer: {@link #IDLE}
 *   <li>what was sent is not taken: {@link #WRITE_PATIENCE}
 *   <li>others wait for room, and nothing moved: {@link #CROWDED_PATIENCE}
 *   <li>one more than {@link #MAX_HTTP}: the one that has been still for longest, but for those at
 *       work
 * </ul>
 *
 * <p>A WebSocket that is silent is for the heartbeat of its endpoint to notice. {@link #check} is
 * called by one thread, the rest by any.
 */
public final class Connections {
  /** How many connections that are no WebSocket may be open. */
  static final int MAX_HTTP = 2048;

  /** How often connections are checked at, in ms. */
  public static final long CHECK_INTERVAL = 250;

  /** How long a connection may be without a request once it has had one, in ms. */
  static final long IDLE = 75_000;

  /**
   * How long what has begun, or a connection's first byte, may take, in ms, and a second more for
   * each {@link #PACE} bytes.
   */
  static final long PATIENCE = 10_000;

  /** The bytes a second that must come of what has begun. */
  public static final long PACE = 4096;

  /** How long who takes nothing of what was sent to it is waited for, in ms. */
  static final long WRITE_PATIENCE = 30_000;

  /** How long who does not move is waited for while others wait for room, in ms. */
  static final long CROWDED_PATIENCE = 1_500;

  /** The bytes that must come in that time while others wait for room. */
  private static final long CROWDED_PACE = 64 << 10;

  /** How long what has begun may stand still once the server is to stop, in ms. */
  private static final long LEAVING_PATIENCE = 500;

  /** How many addresses an event names. */
  private static final int SHOWN = 8;

  private static final Logger LOG = System.getLogger(Connections.class.getName());

  private final Set<Connection> present = ConcurrentHashMap.newKeySet();

  /** Where connections were when they were last checked at under pressure. */
  private final Map<Connection, Seen> seen = new HashMap<>();

  private final IncomingMemory incomingMemory;

  /** Whether clients wait until others have taken what is to be sent to them. */
  private final BooleanSupplier outgoingFull;

  private final EventLog events;

  private volatile boolean leaving;

  /** When connections were last checked at under pressure, or there was none, in ns. */
  private long checked = System.nanoTime();

  /**
   * No connections.
   *
   * @param outgoingFull whether somebody waits for room to be sent something
   * @param events is told whose connections were ended for the memory they held
   */
  public Connections(IncomingMemory incomingMemory, BooleanSupplier outgoingFull, EventLog events) {
    this.events = events;
    this.incomingMemory = incomingMemory;
    this.outgoingFull = outgoingFull;
  }

  /**
   * How far somebody had come.
   *
   * <p>All bytes that came and left until then.
   */
  private record Seen(long received, long sent) {}

  /** A connection was accepted. */
  public void add(Connection connection) {
    present.add(connection);
    List<Connection> open = present.stream().filter(is(Connection.Phase.SOCKET).negate()).toList();
    if (open.size() > MAX_HTTP) {
      open.stream()
          .filter(is(Connection.Phase.WORK).negate())
          .min(Comparator.comparingLong(Connection::moved))
          .ifPresent(Connection::close);
    }
  }

  /** A connection has ended. */
  public void remove(Connection connection) {
    present.remove(connection);
  }

  /** Ends what nobody waits for: connections without a request, and with half of one. */
  public void leave() {
    leaving = true;
    present.stream()
        .filter(is(Connection.Phase.IDLE).or(is(Connection.Phase.HEAD)))
        .forEach(Connection::close);
  }

  /** A request was answered. */
  public void answered(Connection connection) {
    connection.enter(Connection.Phase.IDLE);
    if (leaving) {
      connection.close();
    }
  }

  /** Ends connections that keep others waiting. Called every {@link #CHECK_INTERVAL} ms. */
  public void check() {
    long now = System.nanoTime();
    for (Connection connection : present) {
      if (overdue(connection, now)) {
        LOG.log(Level.DEBUG, "a connection ended: what had begun on it did not come, or go");
        connection.expire();
      }
    }
    boolean in = incomingMemory.crowded();
    boolean out = outgoingFull.getAsBoolean();
    if (!in && !out) {
      seen.clear();
      checked = now;
    } else if (seen.isEmpty()) {
      makeRoom(false, false, now);
      checked = now;
    } else if (millis(now - checked) >= CROWDED_PATIENCE) {
      makeRoom(in, out, checked);
      checked = now;
    }
  }

  /**
   * Makes room for those who wait.
   *
   * <p>Ends those who did not move since they were seen last.
   *
   * @param in whether somebody waits to be read from
   * @param out whether somebody waits to be sent something
   * @param before when they were seen last, in ns
   */
  private void makeRoom(boolean in, boolean out, long before) {
    seen.keySet().retainAll(present);
    var notSending = new ArrayList<Connection>();
    var notTaking = new ArrayList<Connection>();
    for (Connection connection : present) {
      var here = new Seen(connection.received(), connection.sent());
      Seen then = seen.put(connection, here);
      if (then == null) {
        continue;
      }
      if (connection.awaitsOutput() && here.sent() == then.sent()) {
        notTaking.add(connection);
      } else if (connection.awaitsInput()
          && connection.since() - before <= 0
          && here.received() - then.received() < CROWDED_PACE) {
        // Whoever was not read from in all of that time could not send.
        notSending.add(connection);
      }
    }
    if (out) {
      end(notTaking);
    } else {
      // Whoever takes nothing is not read from, and keeps what it has sent.
      notSending.addAll(notTaking);
    }
    if (in) {
      end(incomingMemory.outstaying(notSending, before));
    }
  }

  private void end(Collection<Connection> held) {
    if (held.isEmpty()) {
      return;
    }
    held.forEach(Connection::expire);
    List<String> addresses = held.stream().limit(SHOWN).map(Connection::address).toList();
    events.add(
        Event.Kind.CONNECTIONS_ENDED,
        "%d connection%s ended: others waited for the memory, and nothing moved on %s (%s%s)"
            .formatted(
                held.size(),
                held.size() == 1 ? "" : "s",
                held.size() == 1 ? "it" : "them",
                String.join(", ", addresses),
                held.size() > SHOWN ? ", …" : ""),
        Map.of("count", held.size(), "addresses", addresses));
  }

  /** Whether it has taken more time than it has. */
  private boolean overdue(Connection connection, long now) {
    if (connection.awaitsOutput() && millis(now - connection.moved()) > WRITE_PATIENCE) {
      return true;
    }
    if (connection.phase() == Connection.Phase.IDLE) {
      long patience = connection.received() == 0 ? PATIENCE : IDLE;
      return millis(now - connection.since()) > patience;
    }
    if (!connection.awaitsInput()) {
      return false;
    }
    long allowed = PATIENCE + TimeUnit.SECONDS.toMillis(connection.came() / PACE);
    return millis(now - connection.since()) > allowed
        || (leaving && millis(now - connection.moved()) > LEAVING_PATIENCE);
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  private static Predicate<Connection> is(Connection.Phase phase) {
    return connection -> connection.phase() == phase;
  }
}
