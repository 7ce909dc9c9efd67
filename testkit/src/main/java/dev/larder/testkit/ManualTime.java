package dev.larder.testkit;

import dev.larder.core.spi.Scheduler;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Time that moves when a test moves it: a clock, and a scheduler whose tasks run while time is
 * advanced, in the order of their moments and, within one, of their scheduling.
 *
 * <p>Tasks run in the thread that advances time, without a lock held: they may schedule others, and
 * those run in the same {@link #advance} if they fall due in it. Threads may schedule and ask for
 * the time while another advances it.
 */
public final class ManualTime implements InstantSource, Scheduler {
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
  private long now;
  private long ordered;

  /** Time standing at {@code now} ms since the epoch. */
  public ManualTime(long now) {
    this.now = now;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(now);
  }

  @Override
  public synchronized long millis() {
    return now;
  }

  /**
   * Has a task run when time has advanced by {@code delay} ms; a delay below 0 is 0. Even that one
   * runs with the next {@link #advance}, never here.
   */
  @Override
  public synchronized Scheduled after(long delay, Runnable task) {
    var scheduled = new Task(now + Math.max(0, delay), ordered++, task);
    tasks.add(scheduled);
    return () -> remove(scheduled);
  }

  /**
   * Moves time forward by {@code millis}, running what falls due on the way, each task at its own
   * moment.
   */
  public void advance(long millis) {
    long target = millis() + millis;
    for (Task due = nextBefore(target); due != null; due = nextBefore(target)) {
      due.task().run();
    }
    set(target);
  }

  /** Sets the clock, as somebody does who corrects it: nothing runs because of it. */
  public synchronized void set(long millis) {
    now = millis;
  }

  /** How many tasks are waiting. */
  public synchronized int scheduled() {
    return tasks.size();
  }

  /**
   * The next task that is due at {@code target} or before, which is then not waiting any more, and
   * whose moment is now.
   */
  private synchronized @Nullable Task nextBefore(long target) {
    Task next = tasks.peek();
    if (next == null || next.at() > target) {
      return null;
    }
    tasks.poll();
    now = Math.max(now, next.at());
    return next;
  }

  private synchronized void remove(Task task) {
    tasks.remove(task);
  }

  private record Task(long at, long order, Runnable task) {}
}
