package dev.larder.redis.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What tests of a store that fails wait for and measure. */
final class Outages {
  private Outages() {}

  /** Waits until something is so. */
  static void until(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  /** Whether an operation succeeds. */
  static boolean succeeds(CompletionStage<?> operation) {
    return operation.handle((done, failure) -> failure == null).toCompletableFuture().join();
  }

  /** How long something takes, in ms. */
  static long millis(Runnable work) {
    long began = System.nanoTime();
    work.run();
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
  }
}
