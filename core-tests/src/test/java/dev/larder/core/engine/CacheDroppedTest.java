package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import dev.larder.core.Invalidation;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.testkit.Entries;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What an entry that the store does not take is to those who wait, and to those who keep it. */
class CacheDroppedTest extends CacheScenario {
  private final List<Invalidation> notified = new ArrayList<>();

  private void assertCopiesInvalidated() {
    assertThat(notified).extracting(Invalidation::tags).containsExactly(TagSet.of(KEY.copyTag()));
  }

  @Test
  void whoWaitsIsGivenItAndItsLeaseEnds() {
    long lease = lead(alice);
    Cache.Pending follower = ask(60_000);
    entries.fail();
    assertThat(put("x", lease)).isEqualTo(PutOutcome.DROPPED);
    assertThat(outcome(follower)).isEqualTo("fresh x");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void copiesOfItEndSoon() {
    cache.subscribe(notified::add);
    entries.fail();
    put("x", 0, "a");
    put("y", 0, "a");
    time.advance(Replacements.DROPPED_KEPT - 1);
    assertThat(notified).isEmpty();
    time.advance(1);
    assertCopiesInvalidated();
    time.advance(Replacements.DROPPED_KEPT);
    assertCopiesInvalidated();
    put("z", 0, "a");
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(notified).hasSize(2);
  }

  @Test
  void aClosedCacheInvalidatesNone() {
    cache.subscribe(notified::add);
    entries.fail();
    put("x", 0);
    cache.close();
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(notified).isEmpty();
  }

  @Test
  void copiesOfWhatIsReplacedMeanwhileDoNotWaitForThat() {
    put("first", 0);
    cache.subscribe(notified::add);
    entries.fail();
    put("dropped", 0);
    entries.recover();
    put("second", 0);
    assertCopiesInvalidated();
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(notified).hasSize(2);
  }

  @Test
  void whomAnInvalidationKeepsItFromIsNotGivenIt() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    Cache.Pending before = ask(60_000);
    entries.hold();
    CompletionStage<PutOutcome> outcome = putting("x", began, lease, Entries.FOREVER, 0, "a");
    entries.pass();
    invalidate(0, "a");
    Cache.Pending after = ask(60_000);
    assertThat(outcome(after)).isEqualTo("waits");

    entries.failOne();

    assertThat(outcome).isCompletedWithValue(PutOutcome.DROPPED);
    assertThat(outcome(before)).isEqualTo("miss, lease");
    assertThat(outcome(after)).isEqualTo("waits");
    put("y", lease(before), "a");
    assertThat(outcome(after)).isEqualTo("fresh y");
  }

  @Test
  void whatMayStillBeServedIsGivenAsStale() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    Cache.Pending follower = ask(60_000);
    invalidate(60, "a");
    entries.fail();
    put("x", began, lease, "a");
    assertThat(outcome(follower)).isEqualTo("stale x");
  }

  @Test
  void somebodyElsesEndsNobodysLease() {
    long lease = lead(alice);
    Cache.Pending follower = ask(60_000);
    entries.fail();
    assertThat(put("x", 0)).isEqualTo(PutOutcome.DROPPED);
    assertThat(outcome(follower)).isEqualTo("fresh x");
    assertThat(cache.leases().holds(KEY, lease)).isTrue();
    assertThat(outcome(ask(60_000))).isEqualTo("waits");
  }

  @Test
  void thatOfTheHolderBeforeDoesNotEndTheLeaseInItsPlace() {
    long outdated = lead(alice);
    invalidate(0, "soft");
    Cache.Pending next = ask(60_000, "soft");
    entries.fail();
    assertThat(put("x", outdated)).isEqualTo(PutOutcome.DROPPED);
    assertThat(cache.leases().holds(KEY, lease(next))).isTrue();
  }

  @Test
  void nobodyWaitsForWhatMustNotBeSharedBecauseOfIt() {
    putting("mine", cache.asOf(), lead(alice), new CacheLife(0, 0, 0), 0);
    entries.fail();
    put("x", 0);
    entries.recover();
    lead(alice);
    assertThat(outcome(ask(60_000))).isEqualTo("miss");
  }
}
