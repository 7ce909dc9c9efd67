package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What an invalidation does to what is stored, and who is notified of it. */
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
    var notified = new ArrayList<Revision>();
    Runnable unsubscribe = cache.subscribe(invalidation -> notified.add(invalidation.revision()));
    invalidate(0, "a");
    invalidate(0, "b");
    unsubscribe.run();
    invalidate(0, "c");
    assertThat(notified).containsExactly(new Revision(1), new Revision(2));
  }

  @Test
  void isToldToTheOtherSubscribersIfOneFails() {
    var notified = new ArrayList<Revision>();
    cache.subscribe(invalidation -> {
      throw new IllegalStateException("injected");
    });
    cache.subscribe(invalidation -> notified.add(invalidation.revision()));
    lead(alice);
    Cache.Pending follower = ask(60_000, "soft");
    assertThatThrownBy(() -> invalidate(0, "soft")).hasMessage("injected");
    assertThat(notified).containsExactly(new Revision(1));
    time.advance(LeaseTable.OVERTAKE_AFTER);
    assertThat(outcome(follower)).isEqualTo("miss, lease");
  }

  @Test
  void softlyIsNothingToThoseWhoWait() {
    lead(alice);
    ask(60_000);
    int scheduled = time.scheduled();
    invalidate(60, "a");
    assertThat(time.scheduled()).isEqualTo(scheduled);
    invalidate(0, "a");
    assertThat(time.scheduled()).isEqualTo(scheduled + 1);
  }

  @Test
  void ofMoreNamesThanOneCanHaveIsSeveral() {
    List<String> tags = IntStream.range(0, 700).mapToObj(n -> "é" + n).toList();

    AsOf done = cache.invalidate(TagSet.of(tags), 0).toCompletableFuture().join();

    assertThat(done.revision()).isEqualTo(new Revision(2));
  }
}
