package dev.larder.redis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Ends what is not answered in time. All have the same time, so that those who came first are due
 * first, and one look at the first of them is planned however many there are.
 */
final class Deadlines {
  private final ScheduledExecutorService timer;
  private final long nanos;

  // Guarded by this.
  private final ArrayDeque<Due> waiting = new ArrayDeque<>();
  private boolean watching;

  /**
   * Deadlines of nobody yet.
   *
   * @param millis how long an answer may take
   */
  Deadlines(ScheduledExecutorService timer, long millis) {
    this.timer = timer;
    this.nanos = TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** What is waited for, until when. */
  private record Due(CompletableFuture<?> answer, long at) {}

  /** Fails {@code answer} with a {@link TimeoutException} if it does not come in time. */
  synchronized void watch(CompletableFuture<?> answer) {
    dropAnswered();
    waiting.add(new Due(answer, StoreClock.now() + nanos));
    if (!watching) {
      look(nanos);
    }
  }

  private void dropAnswered() {
    while (!waiting.isEmpty() && waiting.getFirst().answer().isDone()) {
      waiting.removeFirst();
    }
  }

  private void look(long delay) {
    watching = true;
    var _ = timer.schedule(this::end, delay, TimeUnit.NANOSECONDS);
  }

  private void end() {
    late().forEach(due -> due.answer().completeExceptionally(new TimeoutException()));
    lookAgain();
  }

  private synchronized List<Due> late() {
    List<Due> late = new ArrayList<>();
    long now = StoreClock.now();
    dropAnswered();
    while (!waiting.isEmpty() && waiting.getFirst().at() - now <= 0) {
      late.add(waiting.removeFirst());
      dropAnswered();
    }
    return late;
  }

  private synchronized void lookAgain() {
    dropAnswered();
    watching = false;
    if (!waiting.isEmpty()) {
      look(waiting.getFirst().at() - StoreClock.now());
    }
  }
}
