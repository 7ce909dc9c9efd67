package dev.larder.server.http;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * What has come from all clients and is not dealt with: bodies and messages that are incomplete,
 * and those that are being answered. When there is no room for more, whoever sends is not read from
 * until there is; then they take turns, those first who have least here. One of them goes on all
 * the same, so that what has begun can end; so there is never more than the room, one message, and
 * what a socket is read at once from each.
 */
final class Intake {
  /** What one who may go on is expected to send before he is asked again, in bytes. */
  private static final long STRIDE = 64 << 10;

  /** Less than that is no movement, in bytes. */
  private static final long MOVING = 1 << 20;

  private final long room;
  private final SequencedSet<Connection> held = new LinkedHashSet<>();
  private @Nullable Connection first;
  private long taken;

  /** All bytes that have come or were dealt with. */
  private long moved;

  private long movedBefore;

  /**
   * An intake with nothing in it.
   *
   * @param room how many bytes may be there before clients have to wait
   */
  Intake(long room) {
    this.room = room;
  }

  /** So many bytes have come. True if the connection has to wait before more is read from it. */
  synchronized boolean took(Connection connection, long bytes) {
    if (connection.gone) {
      return false;
    }
    taken += bytes;
    moved += bytes;
    connection.taken += bytes;
    if (connection.equals(first) || (taken <= room && held.isEmpty())) {
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

  /** So many bytes more are there than came, or, if it is less than none, fewer. */
  synchronized void count(Connection connection, long bytes) {
    if (connection.gone) {
      return;
    }
    taken += bytes;
    connection.taken += bytes;
    letIn();
  }

  /** A message or a body of so many bytes is dealt with. */
  synchronized void done(Connection connection, long bytes) {
    if (connection.equals(first)) {
      first = null;
    }
    moved += bytes;
    count(connection, -bytes);
  }

  /** Whatever came from this connection is let go of, and whatever will. */
  synchronized void gone(Connection connection) {
    held.remove(connection);
    done(connection, connection.taken);
    connection.gone = true;
  }

  /**
   * Who has to make room for those who wait: of those who stand still, the ones that began longest
   * ago, so many that half of the room were free without them. If nothing has come or was dealt
   * with since this was asked before, all wait for each other; then they are also of those who
   * wait, the ones that have most here first.
   *
   * @param still those who are read from and send too little
   * @param before the time in ns before which they have begun
   */
  synchronized List<Connection> outstaying(List<Connection> still, long before) {
    var candidates = new ArrayList<>(still);
    candidates.sort(Comparator.comparingLong(each -> each.begun() - before));
    if (moved - movedBefore < MOVING) {
      held.stream()
          .sorted(Comparator.<Connection>comparingLong(each -> each.taken).reversed())
          .forEach(candidates::add);
    }
    movedBefore = moved;
    candidates.removeIf(each -> each.taken == 0 || each.begun() - before > 0);
    var outstaying = new ArrayList<Connection>();
    long left = taken;
    for (Connection each : candidates) {
      if (left > room / 2) {
        left -= each.taken;
        outstaying.add(each);
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
    return taken;
  }

  private void letIn() {
    if (!held.isEmpty() && first == null) {
      first = held.removeFirst();
      first.roomAgain();
    }
    for (long free = room - taken; !held.isEmpty() && free > 0; free -= STRIDE) {
      // Whoever has least goes first: many who stall with much do not keep out who sends little.
      Connection next = Collections.min(held, Comparator.comparingLong(each -> each.taken));
      held.remove(next);
      next.roomAgain();
    }
  }
}
