package dev.larder.client.protocol;

import dev.larder.core.AsOf;
import dev.larder.core.Revision;
import dev.larder.core.wire.Response;

/**
 * How far a process knows the history of its namespace. Outlives conversations: the next one goes
 * on where the last one ended.
 */
public final class History {
  private AsOf known = AsOf.NONE;
  private AsOf latest = AsOf.NONE;

  /** The history of somebody who knows nothing. */
  public History() {}

  /**
   * The point up to which every invalidation is known here that can still matter; none before the
   * first refresh.
   */
  public AsOf known() {
    return known;
  }

  /**
   * The latest point heard of: what a HELLO names, and the stamp of an entry whose generation
   * begins now.
   */
  public AsOf latest() {
    return latest;
  }

  /**
   * A server is at that point.
   *
   * @param named what the HELLO named
   * @return false if what is known does not lead there; then nothing is known any more
   */
  boolean welcomed(AsOf named, AsOf current) {
    boolean another = !latest.equals(AsOf.NONE) && !latest.store().equals(current.store());
    boolean back =
        named.store().equals(current.store()) && named.revision().isAfter(current.revision());
    if (another || back) {
      known = AsOf.NONE;
      latest = current;
      return false;
    }
    heard(current);
    return true;
  }

  /** A point of history was mentioned. */
  void heard(AsOf point) {
    if (latest.equals(AsOf.NONE) || isLater(point, latest)) {
      latest = point;
    }
  }

  /** An invalidation was pushed; true if it is the next one. */
  boolean pushed(Response.Pushed pushed) {
    Revision revision = pushed.invalidation().revision();
    var point = new AsOf(pushed.store(), revision);
    boolean next = point.store().equals(known.store()) && revision.equals(known.revision().next());
    if (next) {
      known = point;
    }
    heard(point);
    return next;
  }

  /** What was missed was listed; true if the list begins where what is known ends, or before. */
  boolean refreshed(Response.Refreshed refreshed) {
    AsOf current = refreshed.asOf();
    boolean follows =
        current.store().equals(known.store()) && !refreshed.since().isAfter(known.revision());
    if (!follows || isLater(current, known)) {
      known = current;
    }
    heard(current);
    return follows;
  }

  private static boolean isLater(AsOf one, AsOf other) {
    return one.store().equals(other.store()) && one.revision().isAfter(other.revision());
  }
}
