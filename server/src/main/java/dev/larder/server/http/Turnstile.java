package dev.larder.server.http;

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
 * <p>Who has passed never waits for another pass before it has left.
 */
final class Turnstile {
  /** Values below this many bytes pass freely: what a connection may have waiting bounds them. */
  static final int LARGE = 64 << 10;

  private final long room;

  /** Who waits, in order, and for what. */
  private final SequencedMap<Object, Deque<Waiting>> queue = new LinkedHashMap<>();

  private long taken;

  /**
   * A turnstile nobody has passed.
   *
   * @param room the bytes that may be on their way at once; a value larger than that goes alone
   */
  Turnstile(long room) {
    this.room = room;
  }

  /** True while somebody waits for room. */
  synchronized boolean crowded() {
    return !queue.isEmpty();
  }

  /** Somebody who waits for room. */
  private record Waiting(long bytes, CompletableFuture<Pass> entered) {}

  /** What somebody let through gives back: once when its value is sent, or not wanted any more. */
  final class Pass {
    private long bytes;

    private Pass(long bytes) {
      this.bytes = bytes;
    }

    /** Makes room for others. Only the first call counts. */
    void leave() {
      left(this);
    }
  }

  /**
   * Completes when there is room for so many bytes, perhaps on a thread that made it.
   *
   * @param who asks: one who asks often waits no less than one who asks once
   */
  CompletionStage<Pass> enter(Object who, long bytes) {
    if (bytes < LARGE) {
      return CompletableFuture.completedStage(new Pass(0));
    }
    synchronized (this) {
      if (!queue.isEmpty() || !fits(bytes)) {
        var waiting = new Waiting(bytes, new CompletableFuture<>());
        queue.computeIfAbsent(who, first -> new ArrayDeque<>()).add(waiting);
        return waiting.entered();
      }
      taken += bytes;
    }
    return CompletableFuture.completedStage(new Pass(bytes));
  }

  private boolean fits(long bytes) {
    return taken == 0 || taken + bytes <= room;
  }

  private void left(Pass pass) {
    var entering = new ArrayDeque<Waiting>();
    synchronized (this) {
      taken -= pass.bytes;
      pass.bytes = 0;
      while (!queue.isEmpty() && fits(queue.firstEntry().getValue().element().bytes())) {
        var turn = queue.pollFirstEntry();
        Waiting next = turn.getValue().remove();
        if (!turn.getValue().isEmpty()) {
          queue.putLast(turn.getKey(), turn.getValue());
        }
        taken += next.bytes();
        entering.add(next);
      }
    }
    entering.forEach(next -> next.entered().complete(new Pass(next.bytes())));
  }
}
