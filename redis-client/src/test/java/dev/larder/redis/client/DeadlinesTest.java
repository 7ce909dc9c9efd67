package dev.larder.redis.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is waited for no longer than so long. */
class DeadlinesTest {
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void close() {
    timer.shutdownNow();
  }

  @Test
  void whatIsNotAnsweredFails() {
    var deadlines = new Deadlines(timer, 20);
    List<CompletableFuture<Void>> answers =
        Stream.generate(() -> new CompletableFuture<Void>()).limit(3).toList();
    answers.forEach(deadlines::watch);
    for (CompletableFuture<Void> answer : answers) {
      assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TimeoutException.class);
    }
  }

  @Test
  void whatFailsWhenItIsToldKeepsNoOtherFromBeingTold() {
    var deadlines = new Deadlines(timer, 20);
    deadlines.watch(new Unkind(new IllegalStateException("injected")));
    deadlines.watch(new Unkind(new InternalError("injected")));
    for (int i = 0; i < 2; i++) {
      var answer = new CompletableFuture<Void>();
      deadlines.watch(answer);
      assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TimeoutException.class);
    }
  }

  /** An answer that throws when it is completed as one that does not come. */
  private static final class Unkind extends CompletableFuture<Void> {
    private final Throwable fault;

    Unkind(Throwable fault) {
      this.fault = fault;
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
      if (fault instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) fault;
    }
  }

  @Test
  void oneThatComesAfterTheOthersHaveFailedFailsToo() {
    var deadlines = new Deadlines(timer, 20);
    for (int i = 0; i < 3; i++) {
      var answer = new CompletableFuture<Void>();
      deadlines.watch(answer);
      assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TimeoutException.class);
    }
  }

  @Test
  void oneThatIsNotAnsweredFailsThoughThoseAroundItAre() {
    var deadlines = new Deadlines(timer, 20);
    var before = new CompletableFuture<Void>();
    var answer = new CompletableFuture<Void>();
    var after = new CompletableFuture<Void>();
    Stream.of(before, answer, after).forEach(deadlines::watch);
    before.complete(null);
    after.complete(null);
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TimeoutException.class);
    assertThat(before).isCompleted();
    assertThat(after).isCompleted();
  }

  @Test
  void noneFailsBeforeItsTime() {
    var deadlines = new Deadlines(timer, 100);
    long began = System.nanoTime();
    var answer = new CompletableFuture<Void>();
    deadlines.watch(answer);
    assertThatThrownBy(answer::join).hasCauseInstanceOf(TimeoutException.class);
    assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(100_000_000);
  }
}
