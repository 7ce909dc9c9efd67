package dev.larder.redis.client;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fails replies that do not come in time. All of them have the same timeout, so the first command
 * is the first that is due, and one scheduled check is enough for any number of commands.
 *
 * <p>Safe for use by many threads.
 */
final class Deadlines {
  private static final Logger LOG = System.getLogger(Deadlines.class.getName());

  private final ScheduledExecutorService timer;

  /** The timeout, in ns. */
  private final long nanos;

  // Guarded by this.
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private boolean scheduled;

  /**
   * Deadlines of no command yet.
   *
   * @param timer runs the check
   * @param millis how long a reply may take, in ms
   */
  Deadlines(ScheduledExecutorService timer, long millis) {
    this.timer = timer;
    this.nanos = TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /**
   * A command without a reply.
   *
   * @param reply completes with its reply
   * @param due when it fails, in ns of the system's clock
   */
  private record Pending(CompletableFuture<?> reply, long due) {}

  /** Fails {@code reply} with a {@link TimeoutException} if it does not come in time. */
  synchronized void watch(CompletableFuture<?> reply) {
    dropCompleted();
    pending.add(new Pending(reply, System.nanoTime() + nanos));
    if (!scheduled) {
      schedule(nanos);
    }
  }

  private void dropCompleted() {
    while (!pending.isEmpty() && pending.getFirst().reply().isDone()) {
      pending.removeFirst();
    }
  }

  private void schedule(long delay) {
    scheduled = true;
    var _ = timer.schedule(this::check, delay, TimeUnit.NANOSECONDS);
  }

  private void check() {
    // Outside of the lock: what waits for a reply runs here.
    try {
      takeOverdue().forEach(Deadlines::fail);
    } finally {
      scheduleNext();
    }
  }

  /** Fails one; whatever those do who wait for it, the others are due as well. */
  private static void fail(Pending late) {
    try {
      late.reply().completeExceptionally(new TimeoutException());
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a command could not be failed after its timeout", e);
    }
  }

  private synchronized List<Pending> takeOverdue() {
    List<Pending> late = new ArrayList<>();
    long now = System.nanoTime();
    dropCompleted();
    while (!pending.isEmpty() && pending.getFirst().due() - now <= 0) {
      late.add(pending.removeFirst());
      dropCompleted();
    }
    return late;
  }

  private synchronized void scheduleNext() {
    dropCompleted();
    scheduled = false;
    if (!pending.isEmpty()) {
      schedule(pending.getFirst().due() - System.nanoTime());
    }
  }
}
