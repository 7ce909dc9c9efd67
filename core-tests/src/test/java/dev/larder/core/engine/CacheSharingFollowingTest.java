package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import org.junit.jupiter.api.Test;

/** One generates for all servers, and those who wait for it on another server. */
class CacheSharingFollowingTest extends SharingScenario {
  @Test
  void onlyOneLeadsInTheWholeFleet() {
    assertThat(outcome(ask(first, alice, 0))).isEqualTo("miss, lease");
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("miss");
  }

  @Test
  void aFollowerElsewhereIsGivenTheLeadersEntry() {
    long lease = lease(ask(first, alice, 0));
    Cache.Pending follower = ask(second, bob, 5_000);
    assertThat(outcome(follower)).isEqualTo("waits");
    put(first, "value", first.asOf(), lease);
    assertThat(outcome(follower)).isEqualTo("fresh value");
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("fresh value");
  }

  @Test
  void aFollowerThatHearsNothingFindsTheEntryByItself() {
    south.deafen();
    long lease = lease(ask(first, alice, 0));
    Cache.Pending follower = ask(second, bob, 5_000);
    put(first, "value", first.asOf(), lease);
    assertThat(outcome(follower)).isEqualTo("waits");
    time.advance(LeaseTable.TRY_AGAIN_AFTER);
    assertThat(outcome(follower)).isEqualTo("fresh value");
  }

  @Test
  void aFollowerElsewhereIsPromotedWhenTheLeaderFails() {
    long lease = lease(ask(first, alice, 0));
    Cache.Pending follower = ask(second, bob, 5_000);
    assertThat(first.release(KEY, lease).toCompletableFuture().join()).isTrue();
    assertThat(outcome(follower)).isEqualTo("miss, lease");
    assertThat(outcome(ask(first, alice, 0))).isEqualTo("miss");
  }

  @Test
  void aFollowerElsewhereIsPromotedWhenTheLeadersConnectionCloses() {
    ask(first, alice, 0);
    Cache.Pending follower = ask(second, bob, 5_000);
    first.leases().close(alice);
    assertThat(outcome(follower)).isEqualTo("miss, lease");
  }

  @Test
  void aFollowerElsewhereIsPromotedWhenTheLeadersServerDies() {
    ask(first, alice, 0);
    Cache.Pending follower = ask(second, bob, 5_000);
    north.leave();
    time.advance(LeaseTable.TRY_AGAIN_AFTER);
    assertThat(outcome(follower)).isEqualTo("miss, lease");
  }

  @Test
  void ofManyFollowersOnManyServersOneIsPromoted() {
    Cache third = over(store.join().opened());
    long lease = lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 5_000);
    Cache.Pending there = ask(second, bob, 5_000);
    Cache.Pending beyond = ask(third, bob, 5_000);
    first.release(KEY, lease).toCompletableFuture().join();
    assertThat(outcome(here)).isEqualTo("miss, lease");
    time.advance(1_000);
    assertThat(outcome(there)).isEqualTo("waits");
    assertThat(outcome(beyond)).isEqualTo("waits");
    put(first, "value", first.asOf(), lease(here));
    assertThat(outcome(there)).isEqualTo("fresh value");
    assertThat(outcome(beyond)).isEqualTo("fresh value");
  }

  @Test
  void thePatienceOfAFollowerElsewhereEnds() {
    ask(first, alice, 0);
    Cache.Pending follower = ask(second, bob, 600);
    time.advance(599);
    assertThat(outcome(follower)).isEqualTo("waits");
    time.advance(1);
    assertThat(outcome(follower)).isEqualTo("miss");
    time.advance(1_000);
    assertThat(second.leases().held()).isZero();
    assertThat(second.leases().waiting()).isZero();
  }

  @Test
  void aFollowerElsewhereCanGiveUp() {
    ask(first, alice, 0);
    Cache.Pending follower = ask(second, bob, 5_000);
    follower.cancel();
    assertThat(outcome(follower)).isEqualTo("miss");
  }

  @Test
  void followersElsewhereKeepTheirOrder() {
    ask(first, alice, 0);
    Cache.Pending one = ask(second, bob, 9_000);
    Cache.Pending two = ask(second, bob, 9_000);
    time.advance(3 * LeaseTable.TRY_AGAIN_AFTER);
    first.leases().close(alice);
    assertThat(outcome(one)).isEqualTo("miss, lease");
    assertThat(outcome(two)).isEqualTo("waits");
  }

  @Test
  void noMoreThanTheLimitWaitForAnotherServer() {
    ask(first, alice, 0);
    for (int i = 0; i < MAX_WAITING; i++) {
      assertThat(outcome(ask(second, bob, 5_000))).isEqualTo("waits");
    }
    assertThat(ask(second, bob, 5_000).outcome().toCompletableFuture()).isCompletedExceptionally();
  }

  @Test
  void aStaleEntryIsRegeneratedOnceInTheWholeFleet() {
    put(first, "old", first.asOf(), 0, new CacheLife(0, 1, CacheLife.NEVER));
    time.advance(1_000);
    assertThat(outcome(ask(first, alice, 0))).isEqualTo("stale old, lease");
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("stale old");
    assertThat(second.leases().held()).isZero();
  }

  @Test
  void anEntryThatIsExpiredForAFollowerElsewhereLetsItWaitOn() {
    AsOf before = first.asOf();
    long lease = lease(ask(first, alice, 0));
    invalidate(first, "soft");
    Cache.Pending follower = ask(second, bob, 5_000, "soft");
    put(first, "old", before, lease);
    assertThat(outcome(follower)).isEqualTo("miss, lease");
  }

  @Test
  void aLeaseThatIsOutdatedIsNoObstacleElsewhere() {
    put(first, "old", first.asOf(), 0, "a");
    invalidate(first, "a");
    AsOf began = first.asOf();
    long outdated = lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 60_000);
    Cache.Pending there = ask(second, carol, 60_000);
    assertThat(outcome(there)).isEqualTo("waits");
    invalidate(first, "a");
    Cache.Pending next = ask(second, new Caller(), 60_000);
    assertThat(outcome(next)).isEqualTo("miss, lease");
    time.advance(LeaseTable.OVERTAKE_AFTER);
    assertThat(outcome(here)).isEqualTo("waits");
    assertThat(outcome(there)).isEqualTo("waits");

    put(first, "late", began, outdated, "a");
    assertThat(first.renew(KEY, outdated, alice).toCompletableFuture().join()).isFalse();
    assertThat(outcome(ask(first, dave, 60_000))).isEqualTo("waits");

    put(second, "new", second.asOf(), lease(next), "a");
    assertThat(outcome(here)).isEqualTo("fresh new");
    assertThat(outcome(there)).isEqualTo("fresh new");
  }

  @Test
  void whoWaitsForAnotherServerIsPromotedWhenThatIsOfNoUseAnyMore() {
    put(first, "old", first.asOf(), 0, "a");
    invalidate(first, "a");
    ask(first, alice, 0);
    Cache.Pending there = ask(second, bob, 60_000);
    invalidate(second, "a");
    time.advance(LeaseTable.OVERTAKE_AFTER);
    assertThat(outcome(there)).isEqualTo("miss, lease");
    assertThat(outcome(ask(first, carol, 60_000))).isEqualTo("waits");
  }

  @Test
  void whatIsWaitedForElsewhereIsAskedForOnceInAWhile() {
    put(first, "old", first.asOf(), 0, "a");
    invalidate(first, "a");
    ask(first, alice, 0);
    ask(second, bob, 60_000);
    Cache.Pending follower = ask(second, carol, 60_000);
    assertThat(outcome(follower)).isEqualTo("waits");
    assertThat(second.leases().waiting()).isEqualTo(2);
  }

  @Test
  void whatMustNotBeSharedIsWaitedForNowhere() {
    long lease = lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 60_000);
    Cache.Pending there = ask(second, carol, 60_000);
    put(first, "mine", first.asOf(), lease, new CacheLife(0, 0, 0));
    assertThat(outcome(here)).isEqualTo("miss");
    assertThat(outcome(there)).isEqualTo("miss");
    assertThat(outcome(ask(second, carol, 60_000))).isEqualTo("miss, lease");
    assertThat(outcome(ask(second, carol, 60_000))).isEqualTo("miss");
  }

  @Test
  void whatMustNotBeSharedIsToldToTheServerThatLetSomebodyLead() {
    long lease = lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 60_000);
    put(second, "mine", first.asOf(), lease, new CacheLife(0, 0, 0));
    assertThat(outcome(here)).isEqualTo("miss");
  }
}
