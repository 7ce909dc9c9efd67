package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import dev.larder.core.Invalidation;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.spi.LeaseEvent;
import dev.larder.core.spi.Store.NamespaceStore;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What ends a lease on another server, and how it moves to the server it is renewed through. */
class CacheSharingLeasesTest extends SharingScenario {
  @Test
  void aPutThroughAnotherServerEndsTheLease() {
    long lease = lease(ask(first, alice, 0));
    put(second, "value", second.asOf(), lease);
    assertThat(first.leases().held()).isZero();
    assertThat(outcome(ask(first, bob, 0))).isEqualTo("fresh value");
  }

  @Test
  void anEntryDroppedThroughAnotherServerEndsItsOwnLeaseOnly() {
    NamespaceStore opened = store.join().opened();
    var full = new HeldEntries(opened.entries());
    Cache third = over(new NamespaceStore(full, opened.log(), opened.leases(), opened.clock()));
    full.fail();
    long lease = lease(ask(first, alice, 0));
    Cache.Pending here = ask(first, bob, 60_000);
    Cache.Pending there = ask(third, carol, 60_000);

    assertThat(put(third, "another", third.asOf(), 0)).isEqualTo(PutOutcome.DROPPED);
    assertThat(outcome(there)).isEqualTo("fresh another");
    assertThat(outcome(here)).isEqualTo("waits");
    assertThat(first.leases().holds(KEY, lease)).isTrue();

    assertThat(put(third, "its own", third.asOf(), lease)).isEqualTo(PutOutcome.DROPPED);
    assertThat(outcome(here)).isEqualTo("miss, lease");
    AsOf before = first.asOf();
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(first.refresh(before).toCompletableFuture().join().missed().invalidations())
        .extracting(Invalidation::tags)
        .containsExactly(TagSet.of(KEY.copyTag()));
  }

  @Test
  void aReleaseThroughAnotherServerEndsTheLease() {
    long lease = lease(ask(first, alice, 0));
    assertThat(second.release(KEY, lease).toCompletableFuture().join()).isTrue();
    assertThat(first.leases().held()).isZero();
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("miss, lease");
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
    long lease = lease(ask(first, alice, 0));
    time.advance(LEASE - 1);
    assertThat(first.renew(KEY, lease, alice).toCompletableFuture().join()).isTrue();
    time.advance(LEASE - 1);
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("miss");
    time.advance(1);
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("miss, lease");
  }

  @Test
  void lateEventsOfAnEntryDoNotEndALeaseGrantedSince() {
    long lease = lease(ask(first, alice, 0));
    AsOf before = first.asOf();
    put(first, "old", before, lease, "a");
    invalidate(second, "a");
    long next = lease(ask(second, bob, 0));
    south.hear(new LeaseEvent.EntryStored(KEY, lease));
    assertThat(second.leases().holds(KEY, next)).isTrue();
  }

  @Test
  void aLeaseThatPassedToAnotherServerCannotBeRenewed() {
    long lease = lease(ask(first, alice, 0));
    north.leave();
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("miss, lease");
    assertThat(first.renew(KEY, lease, alice).toCompletableFuture().join()).isFalse();
    assertThat(first.leases().held()).isZero();
  }

  @Test
  void aLeaseMovesToTheServerItIsRenewedThrough() {
    long lease = lease(ask(first, alice, 0));
    Cache.Pending follower = ask(second, bob, 20_000);
    assertThat(second.renew(KEY, lease, carol).toCompletableFuture().join()).isTrue();
    first.leases().close(alice);
    north.leave();
    time.advance(LEASE - 1);
    assertThat(outcome(follower)).isEqualTo("waits");
    second.leases().close(carol);
    assertThat(outcome(follower)).isEqualTo("miss, lease");
  }

  @Test
  void aLeaseThatMovedAwayCanStillBeReleasedWhereItWasGranted() {
    long lease = lease(ask(first, alice, 0));
    assertThat(second.renew(KEY, lease, carol).toCompletableFuture().join()).isTrue();
    first.release(KEY, lease).toCompletableFuture().join();
    assertThat(second.leases().held()).isZero();
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("miss, lease");
  }

  @Test
  void aLeaseThatEndedDoesNotMove() {
    long lease = lease(ask(first, alice, 0));
    put(first, "value", first.asOf(), lease);
    assertThat(second.renew(KEY, lease, carol).toCompletableFuture().join()).isFalse();
    assertThat(second.leases().held()).isZero();
  }

  @Test
  void aLeaseDoesNotMoveToAServerWhereSomebodyElseLeads() {
    long lease = lease(ask(first, alice, 0));
    north.leave();
    long next = lease(ask(second, bob, 0));
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
    long lease = lease(ask(first, alice, 0));
    slow.hold();
    Cache.Pending follower = ask(third, bob, 20_000);
    CompletableFuture<Boolean> renewed = third.renew(KEY, lease, carol).toCompletableFuture();
    assertThat(renewed).isNotDone();
    slow.let();
    time.advance(100);
    assertThat(renewed).isCompletedWithValue(true);
    assertThat(outcome(follower)).isEqualTo("waits");
    put(third, "value", third.asOf(), lease);
    assertThat(outcome(follower)).isEqualTo("fresh value");
  }

  @Test
  void aLeaseThatMovedIsAsOldAsItWas() {
    put(first, "old", first.asOf(), 0, "a");
    invalidate(first, "a");
    long lease = lease(ask(first, alice, 0));
    invalidate(first, "a");
    assertThat(second.renew(KEY, lease, carol).toCompletableFuture().join()).isTrue();
    assertThat(outcome(ask(second, bob, 60_000))).isEqualTo("miss, lease");
  }

  @Test
  void whatIsDueIsFreshForWhoeverAsksAnotherServerThanItsLeader() {
    var minute = new CacheLife(0, 60, 600);
    put(first, "one", first.asOf(), 0, minute);
    time.advance(59_999);
    Cache.Pending leading = ask(first, alice, 0);
    assertThat(outcome(leading)).isEqualTo("stale one, lease");
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("fresh one");
    time.advance(1);
    assertThat(outcome(ask(second, bob, 0))).isEqualTo("stale one");
    first.release(KEY, lease(leading));
  }
}
