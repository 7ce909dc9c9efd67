package dev.larder.server.http;

import dev.larder.core.AsOf;
import dev.larder.core.Invalidation;
import dev.larder.core.wire.FrameWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;

/**
 * The invalidations one client is to be told. They wait as they are, the same objects for all
 * clients, and are made bytes of when the client can take them. A client that is too far behind is
 * told the last one only: it sees a gap, distrusts what it holds, and asks. Used by one thread.
 */
final class Pushes {
  /** How many may wait for a client. */
  private static final int MOST = 1024;

  /** How many tags of those that wait there may be. */
  private static final int MOST_TAGS = 2048;

  /** From how many tags on an invalidation is a message of its own. */
  private static final int LARGE = 64;

  private final Outflow outflow;
  private final LongSupplier clock;
  private final Deque<Invalidation> waiting = new ArrayDeque<>();
  private int tags;
  private AsOf told = AsOf.NONE;

  /**
   * Tells nothing until {@link #begin}.
   *
   * @param clock the time in ms of the store's clock
   */
  Pushes(Outflow outflow, LongSupplier clock) {
    this.outflow = outflow;
    this.clock = clock;
  }

  /** The client was told where history stands: what comes after that is for it. */
  void begin(AsOf current) {
    told = current;
  }

  /** True once the client is told invalidations. */
  boolean begun() {
    return !told.equals(AsOf.NONE);
  }

  /** An invalidation happened. */
  void add(Invalidation happened) {
    if (!begun() || !happened.revision().isAfter(told.revision())) {
      return;
    }
    told = new AsOf(told.store(), happened.revision());
    waiting.add(happened);
    tags += happened.tags().size();
    if (waiting.size() > MOST || (tags > MOST_TAGS && waiting.size() > 1)) {
      waiting.clear();
      waiting.add(happened);
      tags = happened.tags().size();
    }
  }

  /** True while there is something to tell. */
  boolean waits() {
    return !waiting.isEmpty();
  }

  /** True if the next one is a message of its own. */
  boolean large() {
    return waiting.element().tags().size() >= LARGE;
  }

  /** Writes the next one. */
  FrameWriter next(FrameWriter to) {
    Invalidation next = waiting.remove();
    tags -= next.tags().size();
    return to.writePushed(
        told.store(),
        next.revision(),
        next.expiresIn(clock.getAsLong()),
        outflow.encoded(next.tags()));
  }
}
