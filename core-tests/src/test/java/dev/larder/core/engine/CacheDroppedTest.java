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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What an entry that the store does not take is to those who wait, and to those who keep it. */
class CacheDroppedTest extends CacheScenario {
  private final List<Invalidation> told = new ArrayList<>();

  private void assertToldOfCopies() {
    assertThat(told).extracting(Invalidation::tags).containsExactly(TagSet.of(KEY.copyTag()));
  }

  @Test
  void whoWaitsIsGivenItAndItsLeaseEnds() {
    long lease = lead(alice);
    Cache.Pending follower = ask(60_000);
    entries.fail();
    assertThat(put("x", lease)).isEqualTo(PutOutcome.DROPPED);
    assertThat(told(follower)).isEqualTo("fresh x");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void copiesOfItEndSoon() {
    cache.subscribe(told::add);
    entries.fail();
    put("x", 0, "a");
    put("y", 0, "a");
    time.advance(Replacements.DROPPED_KEPT - 1);
    assertThat(told).isEmpty();
    time.advance(1);
    assertToldOfCopies();
    time.advance(Replacements.DROPPED_KEPT);
    assertToldOfCopies();
    put("z", 0, "a");
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(told).hasSize(2);
  }

  @Test
  void aClosedCacheTellsOfNone() {
    cache.subscribe(told::add);
    entries.fail();
    put("x", 0);
    cache.close();
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(told).isEmpty();
  }

  @Test
  void copiesOfWhatIsReplacedMeanwhileDoNotWaitForThat() {
    put("first", 0);
    cache.subscribe(told::add);
    entries.fail();
    put("dropped", 0);
    entries.recover();
    put("second", 0);
    assertToldOfCopies();
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(told).hasSize(2);
  }

  @Test
  void copiesOfManyEndTogetherAndOfTooManyStay() {
    var asked = new ArrayList<TagSet>();
    var replacements =
        new Replacements(
            time,
            tags -> {
              asked.add(tags);
              return CompletableFuture.completedFuture(null);
            });
    for (int i = 0; i <= Replacements.MOST; i++) {
      replacements.dropped(Entries.key("key" + i));
    }
    assertThat(asked).isEmpty();
    assertThat(time.scheduled()).as("this, and the sweep").isEqualTo(2);
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(asked).hasSize(Math.ceilDiv(Replacements.MOST, TagSet.MAX_TAGS));
    assertThat(asked.stream().mapToInt(TagSet::size).sum()).isEqualTo(Replacements.MOST);
  }

  @Test
  void onceItIsClosedNobodyIsTold() {
    var asked = new ArrayList<TagSet>();
    var replacements =
        new Replacements(
            time,
            tags -> {
              asked.add(tags);
              return CompletableFuture.completedFuture(null);
            });
    replacements.dropped(KEY);
    replacements.close();
    replacements.dropped(KEY);
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(asked).isEmpty();
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
    assertThat(told(after)).isEqualTo("waits");

    entries.failOne();

    assertThat(outcome).isCompletedWithValue(PutOutcome.DROPPED);
    assertThat(told(before)).isEqualTo("miss, lease");
    assertThat(told(after)).isEqualTo("waits");
    put("y", lease(before), "a");
    assertThat(told(after)).isEqualTo("fresh y");
  }

  @Test
  void whatMayStillBeServedIsGivenAsStale() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    Cache.Pending follower = ask(60_000);
    invalidate(60, "a");
    entries.fail();
    put("x", began, lease, "a");
    assertThat(told(follower)).isEqualTo("stale x");
  }

  @Test
  void somebodyElsesEndsNobodysLease() {
    long lease = lead(alice);
    Cache.Pending follower = ask(60_000);
    entries.fail();
    assertThat(put("x", 0)).isEqualTo(PutOutcome.DROPPED);
    assertThat(told(follower)).isEqualTo("fresh x");
    assertThat(cache.leases().holds(KEY, lease)).isTrue();
    assertThat(told(ask(60_000))).isEqualTo("waits");
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
    assertThat(told(ask(60_000))).isEqualTo("miss");
  }
}
