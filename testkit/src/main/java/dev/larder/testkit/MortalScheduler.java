package dev.larder.testkit;

import dev.larder.core.spi.Scheduler;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * A process' share of time: while it is paused, what falls due waits; once it is killed, nothing
 * runs any more.
 */
public final class MortalScheduler implements Scheduler {
  private final Scheduler scheduler;
  private final Queue<Runnable> held = new ArrayDeque<>();
  private boolean alive = true;
  private boolean paused;

  /** A process that runs what falls due on another scheduler. */
  public MortalScheduler(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** True until it is killed. */
  public boolean alive() {
    return alive;
  }

  /** Lets nothing run any more. */
  public void kill() {
    alive = false;
  }

  /**
   * Lets nothing run for so many ms; what falls due meanwhile runs afterwards, in order.
   *
   * @return false if it is paused already, or dead
   */
  public boolean pause(long millis) {
    if (paused || !alive) {
      return false;
    }
    paused = true;
    scheduler.after(millis, this::resume);
    return true;
  }

  /** Runs something in this process: now, after its pause, or never. */
  public void enter(Runnable task) {
    if (paused) {
      held.add(task);
    } else if (alive) {
      task.run();
    }
  }

  @Override
  public Scheduled after(long delay, Runnable task) {
    return scheduler.after(delay, () -> enter(task));
  }

  private void resume() {
    paused = false;
    while (alive && !paused && !held.isEmpty()) {
      held.remove().run();
    }
  }
}
