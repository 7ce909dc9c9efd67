package dev.larder.testkit;

import dev.larder.core.spi.Scheduler;

/** A process' share of time: once it is killed, nothing it scheduled runs any more. */
final class MortalScheduler implements Scheduler {
  private final Scheduler scheduler;
  private boolean alive = true;

  MortalScheduler(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** True until it is killed. */
  boolean alive() {
    return alive;
  }

  void kill() {
    alive = false;
  }

  @Override
  public Scheduled after(long delay, Runnable task) {
    return scheduler.after(
        delay,
        () -> {
          if (alive) {
            task.run();
          }
        });
  }
}
