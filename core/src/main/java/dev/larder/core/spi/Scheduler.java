package dev.larder.core.spi;

/** Runs something later. Injected, so that a simulation can own time. */
@FunctionalInterface
public interface Scheduler {
  /**
   * Runs {@code task} once, {@code delay} ms from now, unless cancelled before.
   *
   * @return what cancels it
   */
  Scheduled after(long delay, Runnable task);

  /** A task that has not run yet. */
  @FunctionalInterface
  interface Scheduled {
    /** Keeps the task from running, if it has not begun. */
    void cancel();
  }
}
