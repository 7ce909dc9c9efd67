package dev.larder.server.metrics;

import dev.larder.server.metrics.hot.Hottest;

/**
 * How much there was lately: in the ten minutes that are under way, and in those before. Used by
 * one thread at a time.
 */
final class RecentCount {
  /** How long a window is. What is told is of one to two of them. */
  static final long WINDOW = Hottest.WINDOW;

  private long began;
  private long current;
  private long before;

  /**
   * Nothing yet.
   *
   * @param now the time, as {@link System#nanoTime} has it
   */
  RecentCount(long now) {
    began = now;
  }

  void add(long now, long more) {
    turn(now);
    current += more;
  }

  /** How much there was in the last ten to twenty minutes. */
  long sum(long now) {
    turn(now);
    return current + before;
  }

  private void turn(long now) {
    long windows = (now - began) / WINDOW;
    if (windows > 0) {
      before = windows == 1 ? current : 0;
      current = 0;
      began += windows * WINDOW;
    }
  }
}
