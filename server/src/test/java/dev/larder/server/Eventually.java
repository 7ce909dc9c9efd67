package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;

/** Waits for what a server does in its own time, and tells nobody about. */
final class Eventually {
  private Eventually() {}

  /** What is to be so. */
  @FunctionalInterface
  interface Condition {
    /** Whether it is so now. */
    boolean holds() throws Exception;
  }

  /** Asks again until it is so, which it must be in that time. */
  static void eventually(Duration within, Condition condition) throws Exception {
    long deadline = System.nanoTime() + within.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("reached in time").isLessThan(deadline);
      Thread.sleep(50);
    }
  }
}
