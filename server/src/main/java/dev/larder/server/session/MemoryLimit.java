package dev.larder.server.session;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Lets large values on their way to clients a few at a time, so that many at once cannot fill the
 * heap. Those who wait take turns, whatever each of them asks for. Shared by all conversations of a
 * server.
 *
 * <p>Whoever holds a permit never waits for another one before it has released it.
 *
 * <p>Safe for use by many threads.
 */
public final class MemoryLimit {
  /** Values below this many bytes permit freely: what a connection may have waiting bounds them. */
  public static final int LARGE = 64 << 10;

  private final long room;

  /** Who waits, in order, and for what. */
  private final SequencedMap<Object, Deque<Waiting>> queue = new LinkedHashMap<>();

  /** The bytes that permits are held for. */
  private long taken;

  /**
   * A limit nobody has a permit of.
   *
   * @param room the bytes that may be on their way at once; a value larger than that goes alone
   */
  public MemoryLimit(long room) {
    this.room = room;
  }

  /** True while somebody waits for room. */
  synchronized boolean contended() {
    return !queue.isEmpty();
  }

  /** Somebody who waits for room. */
  private record Waiting(long bytes, CompletableFuture<Permit> granted) {}

  /** What somebody let through gives back: once when its value is sent, or not wanted any more. */
  public final class Permit {
    private long bytes;

    private Permit(long bytes) {
      this.bytes = bytes;
    }

    /** Makes room for others. Only the first call counts. */
    public void release() {
      released(this);
    }
  }

  /**
   * Completes when there is room for so many bytes, perhaps on a thread that made it.
   *
   * <p>Of one who asks several times, the requests are granted in their order; of several, one
   * request each in turns.
   *
   * @param who asks: one who asks often waits no less than one who asks once
   */
  public CompletionStage<Permit> acquire(Object who, long bytes) {
    if (bytes < LARGE) {
      return CompletableFuture.completedStage(new Permit(0));
    }
    synchronized (this) {
      if (!queue.isEmpty() || !fits(bytes)) {
        var waiting = new Waiting(bytes, new CompletableFuture<>());
        queue.computeIfAbsent(who, first -> new ArrayDeque<>()).add(waiting);
        return waiting.granted();
      }
      taken += bytes;
    }
    return CompletableFuture.completedStage(new Permit(bytes));
  }

  /** What is larger than all the room fits when nothing else is under way. */
  private boolean fits(long bytes) {
    return taken == 0 || taken + bytes <= room;
  }

  /** Stages complete outside of the lock: what runs then may ask for permits itself. */
  private void released(Permit permit) {
    var granting = new ArrayDeque<Waiting>();
    synchronized (this) {
      taken -= permit.bytes;
      permit.bytes = 0;
      while (!queue.isEmpty() && fits(queue.firstEntry().getValue().element().bytes())) {
        var turn = queue.pollFirstEntry();
        Waiting next = turn.getValue().remove();
        if (!turn.getValue().isEmpty()) {
          queue.putLast(turn.getKey(), turn.getValue());
        }
        taken += next.bytes();
        granting.add(next);
      }
    }
    granting.forEach(next -> next.granted().complete(new Permit(next.bytes())));
  }
}
