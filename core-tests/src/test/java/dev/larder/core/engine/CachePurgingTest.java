package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.name;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import dev.larder.core.Invalidation;
import dev.larder.core.Origin;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.SharedLeases;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
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
  void aPurgedKeyIsGoneAndNoOtherIs() {
    put("x", 0);
    cache.put(new Put(key("other"), cache.asOf(), 0, TagSet.EMPTY, FOREVER, 0, 0, new byte[0]));
    assertThat(cache.purge(KEY)).isCompletedWithValue(cache.asOf());
    assertThat(read()).isEqualTo("miss");
    assertThat(stored()).isEqualTo(1);
  }

  @Test
  void whatOnlyABuildReadsGoesWithItButForWhatItMakesFromThenOn() {
    var kept = new ArrayList<String>();
    for (Origin.Kind kind : Origin.Kind.values()) {
      for (String build : List.of("b1", "b2", "")) {
        made(kind, build);
      }
    }
    time.advance(1);
    made(Origin.Kind.PAGE, "b1", "begun again");
    assertThat(cache.removeBuild("b1")).isCompletedWithValue(4L);
    assertThat(cache.removeBuild("")).isCompletedWithValue(0L);
    cache.walk(Optional.empty(), 1_000, head -> kept.add(name(head.key())));
    assertThat(kept)
        .hasSize(3 * Origin.Kind.values().length - 4 + 1)
        .contains("begun again", "page b2", "page ", "fetch b1", "image b1", "java b1")
        .doesNotContain("page b1", "route b1", "use-cache b1", "remote b1");
  }

  private void made(Origin.Kind kind, String build) {
    made(kind, build, kind.label() + " " + build);
  }

  private void made(Origin.Kind kind, String build, String name) {
    var origin = new Origin("", kind, build, "i", 0);
    var put = new Put(key(name), cache.asOf(), 0, TagSet.EMPTY, FOREVER, 0, 0, new byte[0], origin);
    assertThat(cache.put(put)).isCompletedWithValue(PutOutcome.STORED);
  }

  @Test
  void aPurgeOfAKeyIsAnInvalidationOthersAreToldOf() {
    var notified = new ArrayList<Invalidation>();
    cache.subscribe(notified::add);
    cache.purge(KEY);
    assertThat(notified)
        .containsExactly(
            new Invalidation(
                new Revision(1), TagSet.of(KEY.purgeTag(), KEY.copyTag()), Invalidation.NOW));
  }

  @Test
  void aPurgeOfAKeyRefusesWhatWasGeneratedBefore() {
    AsOf began = cache.asOf();
    cache.purge(KEY);
    assertThat(put("late", began, 0)).isEqualTo(PutOutcome.EXPIRED);
    assertThat(put("new", 0)).isEqualTo(PutOutcome.STORED);
    assertThat(read()).isEqualTo("fresh new");
  }

  @Test
  void whatReachesTheStoreLateIsNotServedAfterAPurge() {
    AsOf began = cache.asOf();
    cache.purge(KEY);
    stored.entries().put(KEY, entry("late", began.revision().number()));
    assertThat(read()).isEqualTo("miss");
  }

  @Test
  void whatCannotBeRemovedIsNotServedAfterAPurge() {
    put("x", 0);
    entries.fail();
    assertThat(cache.purge(KEY)).isCompletedWithValue(cache.asOf());
    entries.recover();
    assertThat(stored()).isEqualTo(1);
    assertThat(read()).isEqualTo("miss");
    time.advance(SWEEP_EVERY);
    assertThat(stored()).isZero();
  }

  @Test
  void whatCannotBeRemovedIsRemovedASecondLater() {
    put("x", 0);
    entries.fail();
    cache.purge(KEY);
    time.advance(1_000);
    entries.recover();
    time.advance(999);
    assertThat(stored()).isEqualTo(1);
    time.advance(1);
    assertThat(stored()).isZero();
    assertThat(time.scheduled()).as("the sweep").isEqualTo(1);
  }

  @Test
  void whatCanNeverBeRemovedIsLeftToSweepsAfterAMinute() {
    entries.fail();
    cache.purge(KEY);
    time.advance(58_999);
    assertThat(time.scheduled()).isEqualTo(2);
    time.advance(1_000);
    assertThat(time.scheduled()).as("the sweep").isEqualTo(1);
  }

  @Test
  void aClosedCacheRemovesNothingMore() {
    put("x", 0);
    entries.fail();
    cache.purge(KEY);
    time.advance(1_000);
    cache.close();
    time.advance(1_000);
    assertThat(time.scheduled()).isZero();
    entries.recover();
  }

  @Test
  void aPurgeThatIsNotDurableChangesNothing() {
    put("x", 0);
    var failing = over(new FailingLog(stored.log()));
    assertThat(failing.purge(KEY))
        .failsWithin(1, TimeUnit.SECONDS)
        .withThrowableThat()
        .withCauseInstanceOf(StoreException.class);
    assertThat(read()).isEqualTo("fresh x");
  }

  @Test
  void whoWaitsForAGenerationFromBeforeAPurgeGeneratesAnew() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    Cache.Pending follower = ask(bob, 5_000);
    cache.purge(KEY);
    assertThat(outcome(follower)).isEqualTo("waits");
    assertThat(put("late", began, lease)).isEqualTo(PutOutcome.EXPIRED);
    assertThat(outcome(follower)).isEqualTo("miss, lease");
  }

  @Test
  void aPurgedKeyIsRemovedOnceItsInvalidationIsDurable() {
    put("x", 0);
    entries.hold();
    var purged = cache.purge(KEY).toCompletableFuture();
    assertThat(cache.asOf().revision()).isEqualTo(new Revision(1));
    assertThat(purged).isNotCompleted();
    entries.letAll();
    assertThat(purged).isCompletedWithValue(cache.asOf());
    assertThat(stored()).isZero();
  }

  @Test
  void aPurgedTagIsGoneFromTheStoreAndNothingElseIs() {
    put("x", 0, "a");
    cache.put(new Put(key("other"), cache.asOf(), 0, TagSet.of("b"), FOREVER, 0, 0, new byte[0]));

    assertThat(cache.purge(TagSet.of("a")))
        .isCompletedWithValueMatching(purged -> purged.removed().orElse(0) == 1);

    assertThat(read()).isEqualTo("miss");
    assertThat(stored()).isEqualTo(1);
    assertThat(cache.asOf().revision()).isEqualTo(new Revision(1));
  }

  @Test
  void aPurgeOfATagRefusesWhatWasGeneratedBefore() {
    AsOf began = cache.asOf();
    cache.purge(TagSet.of("a"));
    assertThat(put("late", began, 0, "a")).isEqualTo(PutOutcome.EXPIRED);
  }

  @Test
  void aPurgeOfATagTakesWhateverNobodyCanBeServed() {
    putShort("x");
    time.advance(2_000);
    assertThat(cache.purge(TagSet.of("unknown")))
        .isCompletedWithValueMatching(purged -> purged.removed().orElse(0) == 1);
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
  void aCacheIsClosedWhenItsHistoryIsOver() {
    var over = new AtomicReference<Runnable>(() -> {});
    Cache other = over(new Ending(stored.log(), over));
    assertThat(other.closed()).isFalse();
    over.get().run();
    assertThat(other.closed()).isTrue();
  }

  /** A log whose history ends when the test says so. */
  private record Ending(InvalidationLog log, AtomicReference<Runnable> over) implements LogOver {
    @Override
    public void onEnd(Runnable listener) {
      over.set(listener);
    }
  }

  @Test
  void theMemoryOfAClosedCacheIsLeftToOthers() {
    LedgerMemory memory = LedgerMemory.of(1 << 20);
    Cache other =
        Cache.over(
            new NamespaceStore(entries, stored.log(), SharedLeases.unshared(), time),
            time,
            random,
            Limits.DEFAULT.with(memory));
    other.invalidate(TagSet.of("a"), 0);
    assertThat(memory.used()).isPositive();
    other.close();
    assertThat(memory.used()).isZero();
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
    var called = new StringBuilder();
    cache.onClose(() -> called.append("first "));
    cache.onClose(() -> called.append("left ")).run();
    assertThat(called).isEmpty();
    cache.close();
    assertThat(called).hasToString("first ");
    cache.onClose(() -> called.append("late "));
    assertThat(called).hasToString("first late ");
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
