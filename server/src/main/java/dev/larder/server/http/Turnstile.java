package dev.larder.server.http;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Lets large values on their way, to clients and from them, a few at a time and in the order they
 * come, so that many at once cannot fill the heap. Shared by all conversations of a server.
 *
 * <p>Who has passed never waits for another pass before it has left.
 */
final class Turnstile {
  /** Values below this many bytes pass freely: the write queues of their connections bound them. */
  static final int LARGE = 64 << 10;

  /**
   * The share of the heap that is for values on their way; each is there three times for a while.
   */
  private static final int SHARE = 16;

  private final long room;
  private final Deque<Waiting> queue = new ArrayDeque<>();
  private long taken;

  /**
   * A turnstile nobody has passed.
   *
   * @param room the bytes that may be on their way at once; a value larger than that goes alone
   */
  Turnstile(long room) {
    this.room = room;
  }

  /** A turnstile with room for what the heap can bear. */
  static Turnstile ofHeap() {
    return new Turnstile(Runtime.getRuntime().maxMemory() / SHARE);
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

  /** Completes when there is room for so many bytes, perhaps on a thread that made it. */
  CompletionStage<Pass> enter(long bytes) {
    if (bytes < LARGE) {
      return CompletableFuture.completedStage(new Pass(0));
    }
    synchronized (this) {
      if (!queue.isEmpty() || !fits(bytes)) {
        var waiting = new Waiting(bytes, new CompletableFuture<>());
        queue.add(waiting);
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
      while (!queue.isEmpty() && fits(queue.peek().bytes())) {
        Waiting next = queue.remove();
        taken += next.bytes();
        entering.add(next);
      }
    }
    entering.forEach(next -> next.entered().complete(new Pass(next.bytes())));
  }
}
