package dev.larder.server.session;

import dev.larder.core.AsOf;
import dev.larder.core.Invalidation;
import dev.larder.core.wire.FrameWriter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;

/**
 * The invalidations that are pushed to one client. They wait as they are, the same objects for all
 * clients, and are made bytes of when the client can take them. A client that is too far behind is
 * pushed the last one only: it sees a gap, distrusts what it holds, and asks. Used by one thread.
 */
public final class Pushes {
  /** How many may wait for a client. */
  private static final int MOST = 1024;

  /** How many tags of those that wait there may be. */
  private static final int MOST_TAGS = 2048;

  /** From how many tags on an invalidation is a message of its own. */
  private static final int LARGE = 64;

  private final OutgoingMemory outgoingMemory;
  private final LongSupplier clock;
  private final Deque<Invalidation> waiting = new ArrayDeque<>();
  private int tags;
  private AsOf pushed = AsOf.NONE;

  /**
   * Pushes nothing until {@link #begin}.
   *
   * @param clock the time in ms of the store's clock
   */
  public Pushes(OutgoingMemory outgoingMemory, LongSupplier clock) {
    this.outgoingMemory = outgoingMemory;
    this.clock = clock;
  }

  /** The client knows where history stands: what comes after that is for it. */
  public void begin(AsOf current) {
    pushed = current;
  }

  /** True once invalidations are pushed to the client. */
  public boolean begun() {
    return !pushed.equals(AsOf.NONE);
  }

  /** An invalidation happened. */
  public void add(Invalidation happened) {
    if (!begun() || !happened.revision().isAfter(pushed.revision())) {
      return;
    }
    pushed = new AsOf(pushed.store(), happened.revision());
    waiting.add(happened);
    tags += happened.tags().size();
    if (waiting.size() > MOST || (tags > MOST_TAGS && waiting.size() > 1)) {
      waiting.clear();
      waiting.add(happened);
      tags = happened.tags().size();
    }
  }

  /** True while there is something to tell. */
  public boolean waits() {
    return !waiting.isEmpty();
  }

  /** True if the next one is a message of its own. */
  public boolean large() {
    return waiting.element().tags().size() >= LARGE;
  }

  /**
   * Writes the next one.
   *
   * <p>{@code expiresIn} is counted from when it is written, as the client's clock may be another.
   */
  public FrameWriter next(FrameWriter to) {
    Invalidation next = waiting.remove();
    tags -= next.tags().size();
    return to.writePushed(
        pushed.store(),
        next.revision(),
        next.expiresIn(clock.getAsLong()),
        outgoingMemory.encoded(next.tags()));
  }
}
