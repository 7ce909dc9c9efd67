package dev.larder.server.socket;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * What has come from all clients and is not dealt with: bodies and messages that are incomplete,
 * and those that are being answered. When there is no room for more, whoever sends is not read from
 * until there is; then they take turns, those first who have least here. One of them goes on all
 * the same, so that what has begun can end; so there is never more than the room, one message, and
 * what a socket is read at once from each.
 *
 * <p>A part of the room is kept for those who have proved that they end what they begin: whoever
 * has had half as much here before, and ended it. So many who stall keep out who is at work no
 * longer than it takes to answer.
 *
 * <p>Safe for use by many threads: each method takes the lock of this, and changes the numbers that
 * a {@link Connection} holds for it.
 */
public final class IncomingMemory {
  /** What a connection that may go on is expected to send until the next look, in bytes. */
  private static final long STRIDE = 64 << 10;

  /** Less than that is no movement, in bytes. */
  private static final long MOVING = 1 << 20;

  /** Three quarters of all, for everybody. */
  private final Pool room;

  /** A quarter of all, for those who have proved themselves. */
  private final Pool reserve;

  /** Who is not read from, the one that waits longest first. */
  private final SequencedSet<Connection> held = new LinkedHashSet<>();

  /** The one that goes on although there is no room. */
  private @Nullable Connection first;

  /** A part of the room, what is in it, and what has come or was dealt with lately, in bytes. */
  private static final class Pool {
    private final long size;
    private long taken;
    private long moved;

    Pool(long size) {
      this.size = size;
    }
  }

  /**
   * An intake with nothing in it.
   *
   * @param room how many bytes may be there before clients have to wait
   */
  public IncomingMemory(long room) {
    this.reserve = new Pool(room / 4);
    this.room = new Pool(room - reserve.size);
  }

  /** So many bytes have come. True if the connection has to wait before more is read from it. */
  public synchronized boolean took(Connection connection, long bytes) {
    if (connection.gone) {
      return false;
    }
    add(connection, bytes);
    Pool pool = pool(connection);
    pool.moved += bytes;
    boolean nobodyIsBefore = pool.equals(reserve) || held.isEmpty();
    if (connection.equals(first) || (nobodyIsBefore && pool.taken <= pool.size)) {
      return false;
    }
    if (first == null) {
      first = connection;
      return false;
    }
    held.add(connection);
    letIn();
    return held.contains(connection);
  }

  /**
   * So many bytes more are there than came, or, if it is less than none, fewer.
   *
   * @param bytes that may be fewer than none
   */
  synchronized void count(Connection connection, long bytes) {
    if (connection.gone) {
      return;
    }
    add(connection, bytes);
    letIn();
  }

  /** A message or a body of so many bytes is dealt with. */
  public synchronized void done(Connection connection, long bytes) {
    if (connection.gone) {
      return;
    }
    if (connection.equals(first)) {
      first = null;
    }
    pool(connection).moved += bytes;
    pool(connection).taken -= connection.taken;
    connection.proven = Math.max(connection.proven, connection.peak);
    connection.taken -= bytes;
    connection.peak = connection.taken;
    pool(connection).taken += connection.taken;
    letIn();
  }

  /** Whatever came from this connection is let go of, and whatever will. */
  public synchronized void gone(Connection connection) {
    held.remove(connection);
    done(connection, connection.taken);
    connection.gone = true;
  }

  /**
   * Who has to make room for those who wait: of those who stand still, the ones that began longest
   * ago, so many that half of each part of the room were free without them. If nothing has come
   * there or was dealt with since this was asked before, all wait for each other; then they are
   * also of those who wait, the ones that have most here first.
   *
   * @param still those who are read from and send too little
   * @param before the time in ns before which they have begun
   */
  synchronized List<Connection> outstaying(List<Connection> still, long before) {
    var outstaying = new ArrayList<Connection>();
    for (Pool pool : List.of(reserve, room)) {
      var candidates = new ArrayList<Connection>();
      still.stream()
          .sorted(Comparator.comparingLong(each -> each.begun() - before))
          .forEach(candidates::add);
      if (pool.moved < MOVING) {
        held.stream()
            .sorted(Comparator.<Connection>comparingLong(each -> each.taken).reversed())
            .forEach(candidates::add);
      }
      pool.moved = 0;
      long left = pool.taken;
      for (Connection each : candidates) {
        boolean began = each.taken > 0 && each.begun() - before <= 0;
        if (began && pool(each).equals(pool) && left > pool.size / 2) {
          left -= each.taken;
          outstaying.add(each);
        }
      }
    }
    return outstaying;
  }

  /** True while somebody waits to be read from. */
  synchronized boolean crowded() {
    return !held.isEmpty();
  }

  /** The bytes that are there. */
  synchronized long taken() {
    return room.taken + reserve.taken;
  }

  /** Lets those go on there is room for, one of them in any case. */
  private void letIn() {
    if (!held.isEmpty() && first == null) {
      first = held.removeFirst();
      first.roomAgain();
    }
    letIn(reserve);
    letIn(room);
  }

  /** Whoever has least goes first: many who stall with much do not keep out who sends little. */
  private void letIn(Pool pool) {
    for (long promised = pool.taken; promised < pool.size; promised += STRIDE) {
      Optional<Connection> next =
          held.stream()
              .filter(each -> pool(each).equals(pool))
              .min(Comparator.comparingLong(each -> each.taken));
      if (next.isEmpty()) {
        return;
      }
      held.remove(next.get());
      next.get().roomAgain();
    }
  }

  /** Counts bytes for a connection, which may belong to the other part of the room then. */
  private void add(Connection connection, long bytes) {
    pool(connection).taken -= connection.taken;
    connection.taken += bytes;
    connection.peak = Math.max(connection.peak, connection.taken);
    pool(connection).taken += connection.taken;
  }

  /** The reserve, for who has at most twice as much here as it ended before. */
  private Pool pool(Connection connection) {
    return connection.taken <= 2 * connection.proven ? reserve : room;
  }
}
