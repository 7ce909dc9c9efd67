package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of those who wait for somebody else's entry. */
class CacheFollowingTest extends CacheScenario {
  @Test
  void theLeadersEntryArrives() {
    long lease = lead(alice);
    Cache.Pending follower = ask(1_000);
    assertThat(outcome(follower)).isEqualTo("waits");
    put("x", lease);
    assertThat(outcome(follower)).isEqualTo("fresh x");
  }

  @Test
  void anEntryAlreadyStaleArrivesAsStale() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    Cache.Pending follower = ask(1_000);
    invalidate(60, "a");
    put("x", began, lease, "a");
    assertThat(outcome(follower)).isEqualTo("stale x");
  }

  @Test
  void anybodysEntryArrives() {
    lead(alice);
    Cache.Pending follower = ask(1_000);
    put("x", 0);
    assertThat(outcome(follower)).isEqualTo("fresh x");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void anEntryOlderThanTheLeaseIsForWhomItMayServeAndTheOthersWaitOn() {
    AsOf began = cache.asOf();
    invalidate(60, "a");
    invalidate(0, "soft");
    long lease = lead(alice);
    Cache.Pending plain = ask(1_000);
    Cache.Pending soft = ask(1_000, "soft");

    put("late", began, 0, "a");

    assertThat(outcome(plain)).isEqualTo("stale late");
    assertThat(outcome(soft)).isEqualTo("waits");
    put("new", lease, "a");
    assertThat(outcome(soft)).isEqualTo("fresh new");
  }

  @Test
  void anEntryThatCouldNotBeStoredArrivesAllTheSame() {
    long lease = lead(alice);
    Cache.Pending follower = ask(1_000);
    entries.fail();
    put("x", lease);
    assertThat(outcome(follower)).isEqualTo("fresh x");
  }

  @Test
  void aRefusedEntryPassesTheLeaseOn() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    Cache.Pending first = ask(1_000);
    Cache.Pending second = ask(1_000);
    invalidate(0, "a");

    put("x", began, lease, "a");

    assertThat(outcome(first)).isEqualTo("miss, lease");
    assertThat(outcome(second)).isEqualTo("waits");
    put("y", lease(first), "a");
    assertThat(outcome(second)).isEqualTo("fresh y");
  }

  @Test
  void anUnstampedEntryPassesTheLeaseOn() {
    long lease = lead(alice);
    Cache.Pending follower = ask(1_000);
    put("x", AsOf.NONE, lease);
    assertThat(outcome(follower)).isEqualTo("miss, lease");
  }

  @Test
  void aSupersededEntryIsReplacedByTheNewerOne() {
    AsOf began = cache.asOf();
    long lease = lead(alice, "soft");
    Cache.Pending follower = ask(1_000, "soft");
    invalidate(0, "other");
    stored.entries().put(KEY, entry("newer", 1));
    assertThat(put("x", began, lease)).isEqualTo(PutOutcome.SUPERSEDED);
    assertThat(outcome(follower)).isEqualTo("fresh newer");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void somebodyElsesRefusedEntryChangesNothing() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    Cache.Pending follower = ask(1_000);
    invalidate(0, "a");
    put("x", began, 0, "a");
    assertThat(outcome(follower)).isEqualTo("waits");
    assertThat(cache.leases().holds(KEY, lease)).isTrue();
  }

  @Test
  void aFollowerWhoseSoftTagExpiresTheEntryTakesOver() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    Cache.Pending plain = ask(60_000);
    Cache.Pending first = ask(60_000, "soft");
    Cache.Pending second = ask(60_000, "soft");
    invalidate(0, "soft");

    put("x", began, lease);

    assertThat(outcome(plain)).isEqualTo("fresh x");
    assertThat(outcome(first)).isEqualTo("miss, lease");
    assertThat(outcome(second)).isEqualTo("waits");
    put("y", lease(first));
    assertThat(outcome(second)).isEqualTo("fresh y");
  }

  @Test
  void aFollowerWhoWaitsAgainWaitsOnlyForWhatIsLeftOfItsBudget() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    ask(bob, 60_000, "soft");
    Cache.Pending second = ask(5_000, "soft");
    invalidate(0, "soft");
    time.advance(4_000);
    put("x", began, lease);
    time.advance(999);
    assertThat(outcome(second)).isEqualTo("waits");
    time.advance(1);
    assertThat(outcome(second)).isEqualTo("miss");
  }

  @Test
  void oneFollowerTurnedAwayDoesNotKeepTheOthersFromBeingAnswered() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    CacheKey otherKey = key("other");
    Caller busy = caller();
    cache.lookup(new Lookup(otherKey, TagSet.EMPTY, true, 0), busy);
    // The first that is answered fills the room that the followers left.
    CompletionStage<LookupOutcome> first = ask(60_000).outcome();
    CompletionStage<?> crowd =
        first.thenAccept(answered -> {
          for (int i = 0; i < MAX_WAITING; i++) {
            cache.lookup(new Lookup(otherKey, TagSet.EMPTY, true, 60_000), busy);
          }
        });
    Cache.Pending promoted = ask(60_000, "soft");
    Cache.Pending turnedAway = ask(60_000, "soft");
    Cache.Pending last = ask(60_000);
    invalidate(0, "soft");

    assertThat(put("x", began, lease)).isEqualTo(PutOutcome.STORED);

    assertThat(crowd).isCompleted();
    assertThat(outcome(promoted)).isEqualTo("miss, lease");
    assertThat(turnedAway.outcome())
        .failsWithin(1, TimeUnit.SECONDS)
        .withThrowableThat()
        .withCauseInstanceOf(OverloadedException.class);
    assertThat(outcome(last)).isEqualTo("fresh x");
  }
}
