package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.key;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Invalidation;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Refreshed;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.LeaseEvent;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreException;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.SharedStore;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Two servers over one store. */
class CacheSharingTest {
  private static final long LEASE = 10_000;
  private static final CacheKey KEY = key("key");

  private final ManualTime time = new ManualTime(1_000_000);
  private final Random random = new Random(3);
  private final SharedStore store = new SharedStore(time, random, LEASE);
  private final SharedStore.Server north = store.join();
  private final SharedStore.Server south = store.join();
  private final Cache first = over(north.opened());
  private final Cache second = over(south.opened());
  private final Caller alice = new Caller();
  private final Caller bob = new Caller();
  private final Caller carol = new Caller();
  private final Caller dave = new Caller();

  private Cache over(NamespaceStore opened) {
    return Cache.over(
        opened, time, random, new Limits(TagSet.MAX_TAGS, LEASE, 4, Limits.MAX_LISTED));
  }

  private static Cache.Pending ask(Cache cache, Caller caller, long budget, String... softTags) {
    return cache.lookup(new Lookup(KEY, TagSet.of(softTags), true, budget), caller);
  }

  private static PutOutcome put(Cache cache, String value, AsOf asOf, long lease, String... tags) {
    return put(cache, value, asOf, lease, FOREVER, tags);
  }

  private static PutOutcome put(
      Cache cache, String value, AsOf asOf, long lease, CacheLife life, String... tags) {
    byte[] bytes = value.getBytes(UTF_8);
    int checksum = CacheEntry.checksum(bytes);
    return cache
        .put(new Put(KEY, asOf, lease, TagSet.of(tags), life, 0, checksum, bytes))
        .toCompletableFuture()
        .join();
  }

  private static AsOf invalidate(Cache cache, String... tags) {
    return cache.invalidate(TagSet.of(tags), 0).toCompletableFuture().join();
  }

  private static String told(Cache.Pending pending) {
    return CacheScenario.told(pending);
  }

  @Test
  void whatOneServerInvalidatedNoOtherServes() {
    put(first, "old", first.asOf(), 0, "a");
    assertThat(told(ask(second, bob, 0))).isEqualTo("fresh old");
    invalidate(first, "a");
    assertThat(told(ask(second, bob, 0))).isEqualTo("miss, lease");
  }

  @Test
  void aRefreshListsWhatWasInvalidatedThroughAnotherServer() {
    AsOf known = second.asOf();
    AsOf now = invalidate(first, "a");
    Refreshed refreshed = second.refresh(known).toCompletableFuture().join();
    assertThat(refreshed.asOf()).isEqualTo(now);
    assertThat(refreshed.missed().invalidations())
        .extracting(Invalidation::tags)
        .containsExactly(TagSet.of("a"));
  }

  @Test
  void aStampLearnedThroughAnotherServerIsKnown() {
    AsOf asOf = invalidate(first, "a");
    assertThat(put(second, "new", asOf, 0, "a")).isEqualTo(PutOutcome.STORED);
  }

  @Test
  void aStampNobodyIssuedIsNot() {
    var future = new AsOf(first.asOf().store(), new Revision(1));
    assertThat(put(second, "new", future, 0)).isEqualTo(PutOutcome.UNSTAMPED);
  }

  @Test
  void onlyOneLeadsInTheWholeFleet() {
    assertThat(told(ask(first, alice, 0))).isEqualTo("miss, lease");
    assertThat(told(ask(second, bob, 0))).isEqualTo("miss");
  }

  @Test
  void aFollowerElsewhereIsGivenTheLeadersEntry() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    Cache.Pending follower = ask(second, bob, 5_000);
    assertThat(told(follower)).isEqualTo("waits");
    put(first, "value", first.asOf(), lease);
    assertThat(told(follower)).isEqualTo("fresh value");
    assertThat(told(ask(second, bob, 0))).isEqualTo("fresh value");
  }

  @Test
  void aFollowerThatHearsNothingFindsTheEntryByItself() {
    south.deafen();
    long lease = CacheScenario.lease(ask(first, alice, 0));
    Cache.Pending follower = ask(second, bob, 5_000);
    put(first, "value", first.asOf(), lease);
    assertThat(told(follower)).isEqualTo("waits");
    time.advance(LeaseTable.TRY_AGAIN_AFTER);
    assertThat(told(follower)).isEqualTo("fresh value");
  }

  @Test
  void aFollowerElsewhereIsPromotedWhenTheLeaderFails() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    Cache.Pending follower = ask(second, bob, 5_000);
    assertThat(first.release(KEY, lease).toCompletableFuture().join()).isTrue();
    assertThat(told(follower)).isEqualTo("miss, lease");
    assertThat(told(ask(first, alice, 0))).isEqualTo("miss");
  }

  @Test
  void aFollowerElsewhereIsPromotedWhenTheLeadersConnectionCloses() {
    ask(first, alice, 0);
    Cache.Pending follower = ask(second, bob, 5_000);
    first.leases().close(alice);
    assertThat(told(follower)).isEqualTo("miss, lease");
  }

  @Test
  void aFollowerElsewhereIsPromotedWhenTheLeadersServerDies() {
    ask(first, alice, 0);
    Cache.Pending follower = ask(second, bob, 5_000);
    north.leave();
    time.advance(LeaseTable.TRY_AGAIN_AFTER);
    assertThat(told(follower)).isEqualTo("miss, lease");
  }

  @Test
  void ofManyFollowersOnManyServersOneIsPromoted() {
    Cache third = over(store.join().opened());
    long lease = CacheScenario.lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 5_000);
    Cache.Pending there = ask(second, bob, 5_000);
    Cache.Pending beyond = ask(third, bob, 5_000);
    first.release(KEY, lease).toCompletableFuture().join();
    assertThat(told(here)).isEqualTo("miss, lease");
    time.advance(1_000);
    assertThat(told(there)).isEqualTo("waits");
    assertThat(told(beyond)).isEqualTo("waits");
    put(first, "value", first.asOf(), CacheScenario.lease(here));
    assertThat(told(there)).isEqualTo("fresh value");
    assertThat(told(beyond)).isEqualTo("fresh value");
  }

  @Test
  void thePatienceOfAFollowerElsewhereEnds() {
    ask(first, alice, 0);
    Cache.Pending follower = ask(second, bob, 600);
    time.advance(599);
    assertThat(told(follower)).isEqualTo("waits");
    time.advance(1);
    assertThat(told(follower)).isEqualTo("miss");
    time.advance(1_000);
    assertThat(second.leases().held()).isZero();
    assertThat(second.leases().waiting()).isZero();
  }

  @Test
  void aFollowerElsewhereCanGiveUp() {
    ask(first, alice, 0);
    Cache.Pending follower = ask(second, bob, 5_000);
    follower.cancel();
    assertThat(told(follower)).isEqualTo("miss");
  }

  @Test
  void followersElsewhereKeepTheirOrder() {
    ask(first, alice, 0);
    Cache.Pending one = ask(second, bob, 9_000);
    Cache.Pending two = ask(second, bob, 9_000);
    time.advance(3 * LeaseTable.TRY_AGAIN_AFTER);
    first.leases().close(alice);
    assertThat(told(one)).isEqualTo("miss, lease");
    assertThat(told(two)).isEqualTo("waits");
  }

  @Test
  void noMoreThanTheLimitWaitForAnotherServer() {
    ask(first, alice, 0);
    for (int i = 0; i < 4; i++) {
      assertThat(told(ask(second, bob, 5_000))).isEqualTo("waits");
    }
    assertThat(ask(second, bob, 5_000).outcome().toCompletableFuture()).isCompletedExceptionally();
  }

  @Test
  void aStaleEntryIsRegeneratedOnceInTheWholeFleet() {
    put(first, "old", first.asOf(), 0, new CacheLife(0, 1, CacheLife.NEVER));
    time.advance(1_000);
    assertThat(told(ask(first, alice, 0))).isEqualTo("stale old, lease");
    assertThat(told(ask(second, bob, 0))).isEqualTo("stale old");
    assertThat(second.leases().held()).isZero();
  }

  @Test
  void anEntryThatIsExpiredForAFollowerElsewhereLetsItWaitOn() {
    AsOf before = first.asOf();
    long lease = CacheScenario.lease(ask(first, alice, 0));
    invalidate(first, "soft");
    Cache.Pending follower = ask(second, bob, 5_000, "soft");
    put(first, "old", before, lease);
    assertThat(told(follower)).isEqualTo("miss, lease");
  }

  @Test
  void aPutThroughAnotherServerEndsTheLease() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    put(second, "value", second.asOf(), lease);
    assertThat(first.leases().held()).isZero();
    assertThat(told(ask(first, bob, 0))).isEqualTo("fresh value");
  }

  @Test
  void anEntryDroppedThroughAnotherServerEndsItsOwnLeaseOnly() {
    NamespaceStore opened = store.join().opened();
    var full = new HeldEntries(opened.entries());
    Cache third = over(new NamespaceStore(full, opened.log(), opened.leases(), opened.clock()));
    full.fail();
    long lease = CacheScenario.lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 60_000);
    Cache.Pending there = ask(third, carol, 60_000);

    assertThat(put(third, "another", third.asOf(), 0)).isEqualTo(PutOutcome.DROPPED);
    assertThat(told(there)).isEqualTo("fresh another");
    assertThat(told(here)).isEqualTo("waits");
    assertThat(first.leases().holds(KEY, lease)).isTrue();

    assertThat(put(third, "its own", third.asOf(), lease)).isEqualTo(PutOutcome.DROPPED);
    assertThat(told(here)).isEqualTo("miss, lease");
    AsOf before = first.asOf();
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(first.refresh(before).toCompletableFuture().join().missed().invalidations())
        .extracting(Invalidation::tags)
        .containsExactly(TagSet.of(KEY.copyTag()));
  }

  @Test
  void aReleaseThroughAnotherServerEndsTheLease() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    assertThat(second.release(KEY, lease).toCompletableFuture().join()).isTrue();
    assertThat(first.leases().held()).isZero();
    assertThat(told(ask(second, bob, 0))).isEqualTo("miss, lease");
  }

  @Test
  void anOlderEntryThroughAnotherServerDoesNotEndTheLease() {
    AsOf before = first.asOf();
    invalidate(first, "a");
    ask(first, alice, 0);
    put(second, "old", before, 0, "b");
    assertThat(first.leases().held()).isEqualTo(1);
  }

  @Test
  void aLeaseThatIsRenewedLastsForTheWholeFleet() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    time.advance(LEASE - 1);
    assertThat(first.renew(KEY, lease, alice).toCompletableFuture().join()).isTrue();
    time.advance(LEASE - 1);
    assertThat(told(ask(second, bob, 0))).isEqualTo("miss");
    time.advance(1);
    assertThat(told(ask(second, bob, 0))).isEqualTo("miss, lease");
  }

  @Test
  void lateEventsOfAnEntryDoNotEndALeaseGrantedSince() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    AsOf before = first.asOf();
    put(first, "old", before, lease, "a");
    invalidate(second, "a");
    long next = CacheScenario.lease(ask(second, bob, 0));
    south.hear(new LeaseEvent.EntryStored(KEY, lease));
    assertThat(second.leases().holds(KEY, next)).isTrue();
  }

  @Test
  void aLeaseThatPassedToAnotherServerCannotBeRenewed() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    north.leave();
    assertThat(told(ask(second, bob, 0))).isEqualTo("miss, lease");
    assertThat(first.renew(KEY, lease, alice).toCompletableFuture().join()).isFalse();
    assertThat(first.leases().held()).isZero();
  }

  @Test
  void aLeaseMovesToTheServerItIsRenewedThrough() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    Cache.Pending follower = ask(second, bob, 20_000);
    assertThat(second.renew(KEY, lease, carol).toCompletableFuture().join()).isTrue();
    first.leases().close(alice);
    north.leave();
    time.advance(LEASE - 1);
    assertThat(told(follower)).isEqualTo("waits");
    second.leases().close(carol);
    assertThat(told(follower)).isEqualTo("miss, lease");
  }

  @Test
  void aLeaseThatMovedAwayCanStillBeReleasedWhereItWasGranted() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    assertThat(second.renew(KEY, lease, carol).toCompletableFuture().join()).isTrue();
    first.release(KEY, lease).toCompletableFuture().join();
    assertThat(second.leases().held()).isZero();
    assertThat(told(ask(second, bob, 0))).isEqualTo("miss, lease");
  }

  @Test
  void aLeaseThatEndedDoesNotMove() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    put(first, "value", first.asOf(), lease);
    assertThat(second.renew(KEY, lease, carol).toCompletableFuture().join()).isFalse();
    assertThat(second.leases().held()).isZero();
  }

  @Test
  void aLeaseDoesNotMoveToAServerWhereSomebodyElseLeads() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    north.leave();
    long next = CacheScenario.lease(ask(second, bob, 0));
    CompletableFuture<Boolean> renewed = second.renew(KEY, lease, carol).toCompletableFuture();
    time.advance(1_000);
    assertThat(renewed).isCompletedWithValue(false);
    assertThat(second.leases().holds(KEY, next)).isTrue();
  }

  @Test
  void aLeaseMovesAlthoughAFollowerJustAsksForIt() {
    NamespaceStore opened = store.join().opened();
    var slow = new HeldLeases(opened.leases());
    Cache third = over(new NamespaceStore(opened.entries(), opened.log(), slow, opened.clock()));
    long lease = CacheScenario.lease(ask(first, alice, 0));
    slow.hold();
    Cache.Pending follower = ask(third, bob, 20_000);
    CompletableFuture<Boolean> renewed = third.renew(KEY, lease, carol).toCompletableFuture();
    assertThat(renewed).isNotDone();
    slow.let();
    time.advance(100);
    assertThat(renewed).isCompletedWithValue(true);
    assertThat(told(follower)).isEqualTo("waits");
    put(third, "value", third.asOf(), lease);
    assertThat(told(follower)).isEqualTo("fresh value");
  }

  @Test
  void aLeaseThatIsOutdatedIsNoObstacleElsewhere() {
    put(first, "old", first.asOf(), 0, "a");
    invalidate(first, "a");
    AsOf began = first.asOf();
    long outdated = CacheScenario.lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 60_000);
    Cache.Pending there = ask(second, carol, 60_000);
    assertThat(told(there)).isEqualTo("waits");
    invalidate(first, "a");
    Cache.Pending next = ask(second, new Caller(), 60_000);
    assertThat(told(next)).isEqualTo("miss, lease");
    time.advance(LeaseTable.OVERTAKE_AFTER);
    assertThat(told(here)).isEqualTo("waits");
    assertThat(told(there)).isEqualTo("waits");

    put(first, "late", began, outdated, "a");
    assertThat(first.renew(KEY, outdated, alice).toCompletableFuture().join()).isFalse();
    assertThat(told(ask(first, dave, 60_000))).isEqualTo("waits");

    put(second, "new", second.asOf(), CacheScenario.lease(next), "a");
    assertThat(told(here)).isEqualTo("fresh new");
    assertThat(told(there)).isEqualTo("fresh new");
  }

  @Test
  void whoWaitsForAnotherServerIsPromotedWhenThatIsOfNoUseAnyMore() {
    put(first, "old", first.asOf(), 0, "a");
    invalidate(first, "a");
    ask(first, alice, 0);
    Cache.Pending there = ask(second, bob, 60_000);
    invalidate(second, "a");
    time.advance(LeaseTable.OVERTAKE_AFTER);
    assertThat(told(there)).isEqualTo("miss, lease");
    assertThat(told(ask(first, carol, 60_000))).isEqualTo("waits");
  }

  @Test
  void whatIsWaitedForElsewhereIsAskedForOnceInAWhile() {
    put(first, "old", first.asOf(), 0, "a");
    invalidate(first, "a");
    ask(first, alice, 0);
    ask(second, bob, 60_000);
    Cache.Pending follower = ask(second, carol, 60_000);
    assertThat(told(follower)).isEqualTo("waits");
    assertThat(second.leases().waiting()).isEqualTo(2);
  }

  @Test
  void aLeaseThatMovedIsAsOldAsItWas() {
    put(first, "old", first.asOf(), 0, "a");
    invalidate(first, "a");
    long lease = CacheScenario.lease(ask(first, alice, 0));
    invalidate(first, "a");
    assertThat(second.renew(KEY, lease, carol).toCompletableFuture().join()).isTrue();
    assertThat(told(ask(second, bob, 60_000))).isEqualTo("miss, lease");
  }

  @Test
  void whatMustNotBeSharedIsWaitedForNowhere() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 60_000);
    Cache.Pending there = ask(second, carol, 60_000);
    put(first, "mine", first.asOf(), lease, new CacheLife(0, 0, 0));
    assertThat(told(here)).isEqualTo("miss");
    assertThat(told(there)).isEqualTo("miss");
    assertThat(told(ask(second, carol, 60_000))).isEqualTo("miss, lease");
    assertThat(told(ask(second, carol, 60_000))).isEqualTo("miss");
  }

  @Test
  void whatMustNotBeSharedIsToldToTheServerThatLetSomebodyLead() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 60_000);
    put(second, "mine", first.asOf(), lease, new CacheLife(0, 0, 0));
    assertThat(told(here)).isEqualTo("miss");
  }

  @Test
  void whatCannotBeProvedIsNotServed() {
    put(first, "value", first.asOf(), 0);
    NamespaceStore opened = store.join().opened();
    Cache cutOff =
        over(
            new NamespaceStore(
                opened.entries(), new CutOff(opened.log()), opened.leases(), opened.clock()));
    assertThat(told(ask(cutOff, bob, 0))).isEqualTo("miss");
    assertThat(cutOff.refresh(AsOf.NONE).toCompletableFuture()).isCompletedExceptionally();
  }

  @Test
  void whatIsAppendedElsewhereWhileACacheIsOpenedCounts() {
    invalidate(first, "a");
    NamespaceStore opened = store.join().opened();
    var busy = new Busy(opened.log());
    Cache third = over(new NamespaceStore(opened.entries(), busy, opened.leases(), opened.clock()));
    busy.other().join();
    assertThat(third.asOf().revision()).isEqualTo(new Revision(2));
  }

  /** A log that has something to tell as soon as somebody listens. */
  private record Busy(InvalidationLog log, CompletableFuture<Void> other) implements LogOver {
    Busy(InvalidationLog log) {
      this(log, new CompletableFuture<>());
    }

    @Override
    public History follow(Consumer<Invalidation> subscriber) {
      History history = log.follow(subscriber);
      var next = new Invalidation(new Revision(2), TagSet.of("b"), Invalidation.NOW);
      var teller =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  subscriber.accept(next);
                  other.complete(null);
                } catch (RuntimeException e) {
                  other.completeExceptionally(e);
                }
              });
      // It has told, or it waits for whoever opens the cache.
      while (teller.isAlive() && teller.getState() != Thread.State.BLOCKED) {
        Thread.onSpinWait();
      }
      return history;
    }
  }

  /** A log whose store cannot be reached. */
  private record CutOff(InvalidationLog log) implements LogOver {
    @Override
    public boolean exclusive() {
      return false;
    }

    @Override
    public CompletionStage<Void> catchUp() {
      return CompletableFuture.failedStage(new StoreException("the store cannot be reached"));
    }
  }
}
