package dev.larder.server.http;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
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
 */
final class Connections {
  /** How many connections that are no WebSocket may be open. */
  static final int VISITORS = 2048;

  /** How often connections are looked at, in ms. */
  static final long LOOK_EVERY = 250;

  /** How long a connection may be without a request once it has had one, in ms. */
  static final long IDLE = 75_000;

  /**
   * How long what has begun, or a connection's first byte, may take, in ms, and a second more for
   * each {@link #PACE} bytes.
   */
  static final long PATIENCE = 10_000;

  /** The bytes a second that must come of what has begun. */
  static final long PACE = 4096;

  /** How long who takes nothing of what was sent to it is waited for, in ms. */
  static final long WRITE_PATIENCE = 30_000;

  /** How long who does not move is waited for while others wait for room, in ms. */
  static final long PRESSED_PATIENCE = 1_500;

  /** The bytes that must come in that time while others wait for room. */
  private static final long PRESSED_PACE = 64 << 10;

  /** How long what has begun may stand still once the server is to stop, in ms. */
  private static final long LEAVING_PATIENCE = 500;

  private static final Logger LOG = System.getLogger(Connections.class.getName());

  private final Set<Connection> present = ConcurrentHashMap.newKeySet();

  /** Where connections were when they were last looked at under pressure. */
  private final Map<Connection, Seen> seen = new HashMap<>();

  private final Intake intake;
  private final BooleanSupplier outgoingFull;
  private volatile boolean leaving;

  /** When connections were last looked at under pressure, or there was none, in ns. */
  private long looked = System.nanoTime();

  /**
   * No connections.
   *
   * @param outgoingFull whether somebody waits for room to be sent something
   */
  Connections(Intake intake, BooleanSupplier outgoingFull) {
    this.intake = intake;
    this.outgoingFull = outgoingFull;
  }

  /** How far somebody had come. */
  private record Seen(long received, long sent) {}

  /** A connection was accepted. */
  void add(Connection connection) {
    present.add(connection);
    List<Connection> visitors =
        present.stream().filter(is(Connection.Phase.SOCKET).negate()).toList();
    if (visitors.size() > VISITORS) {
      visitors.stream()
          .filter(is(Connection.Phase.WORK).negate())
          .min(Comparator.comparingLong(Connection::moved))
          .ifPresent(Connection::close);
    }
  }

  /** A connection has ended. */
  void remove(Connection connection) {
    present.remove(connection);
  }

  /** Ends what nobody waits for: connections without a request, and with half of one. */
  void leave() {
    leaving = true;
    present.stream()
        .filter(is(Connection.Phase.IDLE).or(is(Connection.Phase.HEAD)))
        .forEach(Connection::close);
  }

  /** A request was answered. */
  void answered(Connection connection) {
    connection.enter(Connection.Phase.IDLE);
    if (leaving) {
      connection.close();
    }
  }

  /** Ends connections that keep others waiting. Called every {@link #LOOK_EVERY} ms. */
  void look() {
    long now = System.nanoTime();
    for (Connection connection : present) {
      if (overdue(connection, now)) {
        LOG.log(Level.DEBUG, "a connection ended: what had begun on it did not come, or go");
        connection.tooLate();
      }
    }
    boolean in = intake.crowded();
    boolean out = outgoingFull.getAsBoolean();
    if (!in && !out) {
      seen.clear();
      looked = now;
    } else if (seen.isEmpty()) {
      press(false, false, now);
      looked = now;
    } else if (millis(now - looked) >= PRESSED_PATIENCE) {
      press(in, out, looked);
      looked = now;
    }
  }

  /** Makes room for those who wait. */
  private void press(boolean in, boolean out, long before) {
    seen.keySet().retainAll(present);
    var sendTooLittle = new ArrayList<Connection>();
    var takeNothing = new ArrayList<Connection>();
    for (Connection connection : present) {
      var here = new Seen(connection.received(), connection.sent());
      Seen then = seen.put(connection, here);
      if (then == null) {
        continue;
      }
      if (connection.owedTo() && here.sent() == then.sent()) {
        takeNothing.add(connection);
      } else if (connection.owes()
          && connection.since() - before <= 0
          && here.received() - then.received() < PRESSED_PACE) {
        // Whoever was not read from in all of that time could not send.
        sendTooLittle.add(connection);
      }
    }
    if (out) {
      takeNothing.forEach(Connection::tooLate);
    } else {
      // Whoever takes nothing is not read from, and keeps what it has sent.
      sendTooLittle.addAll(takeNothing);
    }
    if (in) {
      intake.outstaying(sendTooLittle, before).forEach(Connection::tooLate);
    }
  }

  private boolean overdue(Connection connection, long now) {
    if (connection.owedTo() && millis(now - connection.moved()) > WRITE_PATIENCE) {
      return true;
    }
    if (connection.phase() == Connection.Phase.IDLE) {
      long patience = connection.received() == 0 ? PATIENCE : IDLE;
      return millis(now - connection.since()) > patience;
    }
    if (!connection.owes()) {
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
