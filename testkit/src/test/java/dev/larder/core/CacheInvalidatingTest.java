package dev.larder.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What an invalidation does to what is stored, and who is told of it. */
class CacheInvalidatingTest extends CacheScenario {
  @Test
  void nowMakesAMiss() {
    put("x", 0, "a");
    invalidate(0, "a");
    assertThat(read()).isEqualTo("miss");
  }

  @Test
  void softlyMakesStaleUntilTheDeadline() {
    put("x", 0, "a");
    invalidate(60, "a");
    assertThat(read()).isEqualTo("stale x");
    time.advance(59_999);
    assertThat(read()).isEqualTo("stale x");
    time.advance(1);
    assertThat(read()).isEqualTo("miss");
  }

  @Test
  void withNeverStaysStale() {
    put("x", 0, "a");
    invalidate(CacheLife.NEVER, "a");
    time.advance(TimeUnit.DAYS.toMillis(400));
    assertThat(read()).isEqualTo("stale x");
  }

  @Test
  void softlyAfterHardlyDoesNotReviveTheEntry() {
    put("x", 0, "a");
    invalidate(0, "a");
    invalidate(CacheLife.NEVER, "a");
    assertThat(read()).isEqualTo("miss");
  }

  @Test
  void anEntryMadeAfterwardsOutlivesTheDeadline() {
    invalidate(60, "a");
    put("x", 0, "a");
    time.advance(61_000);
    assertThat(read()).isEqualTo("fresh x");
  }

  @Test
  void countsRevisions() {
    assertThat(invalidate(0, "a").revision()).isEqualTo(new Revision(1));
    assertThat(invalidate(0, "a")).isEqualTo(cache.asOf());
  }

  @Test
  void withoutTagsIsRefused() {
    assertThat(cache.invalidate(TagSet.EMPTY, 0))
        .failsWithin(1, TimeUnit.SECONDS)
        .withThrowableThat()
        .withCauseInstanceOf(InvalidValueException.class);
    assertThat(cache.asOf().revision()).isEqualTo(Revision.ZERO);
  }

  @Test
  void isNotAcknowledgedWhenTheLogFails() {
    var failing = over(new FailingLog(stored.log()));
    assertThat(failing.invalidate(TagSet.of("a"), 0))
        .failsWithin(1, TimeUnit.SECONDS)
        .withThrowableThat()
        .withCauseInstanceOf(StoreException.class);
  }

  @Test
  void isToldToSubscribersInOrderUntilTheyLeave() {
    var told = new ArrayList<Revision>();
    Runnable unsubscribe = cache.subscribe(invalidation -> told.add(invalidation.revision()));
    invalidate(0, "a");
    invalidate(0, "b");
    unsubscribe.run();
    invalidate(0, "c");
    assertThat(told).containsExactly(new Revision(1), new Revision(2));
  }

  /** A log that cannot make anything durable. */
  private record FailingLog(InvalidationLog log) implements InvalidationLog {
    @Override
    public StoreIdentity identity() {
      return log.identity();
    }

    @Override
    public History follow(Consumer<Invalidation> subscriber) {
      return log.follow(subscriber);
    }

    @Override
    public CompletionStage<Invalidation> append(TagSet tags, long expire) {
      return CompletableFuture.failedStage(new StoreException("the disk is full"));
    }

    @Override
    public CompletionStage<Void> compact(Revision upTo, byte[] snapshot) {
      return log.compact(upTo, snapshot);
    }
  }
}
