package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Invalidation;
import dev.larder.core.Lookup;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a cache knows that opens what another left behind. */
class CacheReopeningTest extends CacheScenario {
  @Test
  void everyInvalidationIsThere() {
    put("x", 0, "a");
    invalidate(0, "a");
    assertThat(over(stored.log()).asOf()).isEqualTo(cache.asOf());
  }

  @Test
  void aSnapshotYoungerThanWhatItWasKeptForLosesNothing() {
    invalidate(0, "a");
    Ledger ledger = Ledger.empty(TagSet.MAX_TAGS);
    for (int i = 1; i <= 2; i++) {
      ledger.apply(
          new Invalidation(new Revision(i), TagSet.of("a"), Invalidation.NOW), time.millis());
    }
    invalidate(0, "a");
    invalidate(0, "b");
    stored.log().compact(new Revision(1), ledger.snapshot());

    assertThat(over(stored.log()).asOf()).isEqualTo(cache.asOf());
  }

  @Test
  void manyInvalidationsAreCompacted() {
    put("x", 0, "t1");
    for (int i = 0; i < 3_000; i++) {
      invalidate(0, "t" + i % 5);
      time.advance(1);
    }
    InvalidationLog.History history = stored.log().follow(invalidation -> {});
    assertThat(history.snapshot()).isPresent();
    assertThat(history.after()).hasSizeLessThan(2_000);
    Cache reopened = over(stored.log());
    assertThat(reopened.asOf()).isEqualTo(cache.asOf());
    assertThat(
            outcome(reopened.lookup(new Lookup(KEY, TagSet.EMPTY, false, 0), caller()).outcome()))
        .isEqualTo("miss");
  }

  @Test
  void aLogIsCompactedEachTimeItHasGathered1024() {
    var compactions = new CountedLog(stored.log());
    Cache counted = over(compactions);
    for (int i = 0; i < 1_024; i++) {
      counted.invalidate(TagSet.of("a"), 0);
    }
    time.advance(0);
    assertThat(compactions.count().get()).isZero();
    counted.invalidate(TagSet.of("a"), 0);
    time.advance(0);
    assertThat(compactions.count().get()).isEqualTo(1);
    for (int i = 0; i < 1_024; i++) {
      counted.invalidate(TagSet.of("a"), 0);
    }
    time.advance(0);
    assertThat(compactions.count().get()).isEqualTo(1);
  }

  @Test
  void whatWasGatheredBeforeCounts() {
    for (int i = 0; i < 1_024; i++) {
      invalidate(0, "a");
    }
    var compactions = new CountedLog(stored.log());
    Cache reopened = over(compactions);
    reopened.invalidate(TagSet.of("a"), 0);
    time.advance(0);
    assertThat(compactions.count().get()).isEqualTo(1);
  }

  /** A log that counts how often it is compacted. */
  private record CountedLog(InvalidationLog log, AtomicInteger count) implements LogOver {
    CountedLog(InvalidationLog log) {
      this(log, new AtomicInteger());
    }

    @Override
    public CompletionStage<Void> compact(Revision upTo, byte[] snapshot) {
      count.incrementAndGet();
      return log.compact(upTo, snapshot);
    }
  }
}
