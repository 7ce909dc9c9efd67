package dev.larder.core;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What operators remove, and what is removed in the background. */
class CachePurgingTest extends CacheScenario {
  private static final long SWEEP_EVERY = 60_000;
  private static final CacheLife SHORT = new CacheLife(0, 1, 2);

  private long stored() {
    return cache.stats().entries().entries();
  }

  private void putShort(String value) {
    putting(value, cache.asOf(), 0, SHORT, 0, "a");
  }

  @Test
  void aPurgedKeyIsGone() {
    put("x", 0);
    assertThat(cache.purge(KEY)).isCompleted();
    assertThat(read()).isEqualTo("miss");
    assertThat(stored()).isZero();
  }

  @Test
  void aPurgedTagIsGoneFromTheStoreAndNothingElseIs() {
    put("x", 0, "a");
    cache.put(new Put(key("other"), cache.asOf(), 0, TagSet.of("b"), FOREVER, 0, 0, new byte[0]));

    assertThat(cache.purge(TagSet.of("a"))).isCompletedWithValue(1L);

    assertThat(read()).isEqualTo("miss");
    assertThat(stored()).isEqualTo(1);
    assertThat(cache.asOf().revision()).isEqualTo(new Revision(1));
  }

  @Test
  void aPurgeOfATagRefusesWhatWasGeneratedBefore() {
    AsOf began = cache.asOf();
    cache.purge(TagSet.of("a"));
    assertThat(put("late", began, 0, "a")).isEqualTo(Put.Outcome.EXPIRED);
  }

  @Test
  void aPurgeOfATagTakesWhateverNobodyCanBeServed() {
    putShort("x");
    time.advance(2_000);
    assertThat(cache.purge(TagSet.of("unknown"))).isCompletedWithValue(1L);
  }

  @Test
  void whatWasInvalidatedIsSweptAway() {
    put("x", 0, "a");
    invalidate(0, "a");
    time.advance(SWEEP_EVERY - 1);
    assertThat(stored()).isEqualTo(1);
    time.advance(1);
    assertThat(stored()).isZero();
  }

  @Test
  void whatIsOnlyStaleStays() {
    put("x", 0, "a");
    invalidate(CacheLife.NEVER, "a");
    time.advance(SWEEP_EVERY);
    assertThat(read()).isEqualTo("stale x");
  }

  @Test
  void nothingIsSweptUnlessSomethingWasInvalidatedSinceTheLastTime() {
    putShort("x");
    time.advance(SWEEP_EVERY);
    assertThat(stored()).isEqualTo(1);

    invalidate(0, "other");
    time.advance(SWEEP_EVERY);
    assertThat(stored()).isZero();

    putShort("y");
    time.advance(SWEEP_EVERY);
    assertThat(stored()).isEqualTo(1);

    invalidate(0, "other");
    time.advance(SWEEP_EVERY);
    assertThat(stored()).isZero();
  }

  @Test
  void theNextSweepBeginsAfterTheLastHasEnded() {
    put("x", 0, "a");
    invalidate(0, "a");
    entries.hold();
    time.advance(10 * SWEEP_EVERY);
    assertThat(time.scheduled()).isZero();
    entries.letAll();
    assertThat(time.scheduled()).isEqualTo(1);
    assertThat(stored()).isZero();
  }

  @Test
  void aFailedSweepIsTriedAgain() {
    invalidate(0, "a");
    entries.fail();
    time.advance(SWEEP_EVERY);
    assertThat(time.scheduled()).isEqualTo(1);
  }

  @Test
  void aClosedCacheSweepsNoMore() {
    cache.close();
    assertThat(time.scheduled()).isZero();
  }

  @Test
  void aCacheClosedDuringASweepSweepsNoMore() {
    invalidate(0, "a");
    entries.hold();
    time.advance(SWEEP_EVERY);
    cache.close();
    entries.letAll();
    time.advance(SWEEP_EVERY);
    assertThat(time.scheduled()).isZero();
  }

  @Test
  void whoAskedIsToldOfTheClosing() {
    var told = new StringBuilder();
    cache.onClose(() -> told.append("told "));
    cache.onClose(() -> told.append("left ")).run();
    assertThat(told).isEmpty();
    cache.close();
    assertThat(told).hasToString("told ");
    cache.onClose(() -> told.append("late "));
    assertThat(told).hasToString("told late ");
  }

  @Test
  void numbersAreToldOfEverythingHeld() {
    put("x", 0, "a");
    invalidate(0, "a", "b");
    lead(alice);
    ask(1_000);

    assertThat(cache.stats())
        .isEqualTo(new Cache.Stats(cache.asOf(), Revision.ZERO, 2, 1, 1, stored.entries().stats()));
    assertThat(cache.leases().duration()).isEqualTo(LEASE);
    assertThat(cache.now()).isEqualTo(time.millis());
  }
}
