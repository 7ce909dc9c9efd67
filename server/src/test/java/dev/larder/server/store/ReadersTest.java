package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.spi.StoreException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReadersTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @Test
  void whatWaitsIsBoundedAndWhatNobodyWaitsForIsNotBegun() throws InterruptedException {
    try (Readers readers = new Readers("test-read-", 1, 2)) {
      var began = new CountDownLatch(1);
      var disk = new CompletableFuture<String>();
      CompletableFuture<String> hangs =
          readers.ask(() -> {
            began.countDown();
            return disk.join();
          });
      began.await();
      var begun = new AtomicBoolean();
      CompletableFuture<Boolean> givenUp = readers.ask(() -> begun.getAndSet(true));
      CompletableFuture<String> waits = readers.ask(() -> "answered");
      assertThat(readers.ask(() -> "one too many"))
          .failsWithin(SOON)
          .withThrowableThat()
          .withCauseInstanceOf(StoreException.class)
          .withMessageContaining("2 reads wait");

      givenUp.cancel(false);
      disk.complete("late");
      assertThat(hangs).succeedsWithin(SOON).isEqualTo("late");
      assertThat(waits).succeedsWithin(SOON).isEqualTo("answered");
      assertThat(begun).isFalse();
    }
  }
}
