package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Revision;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Leases that other servers have, as those see it who ask here. */
class LeaseTableElsewhereTest extends LeaseTableScenario {
  private static final long ELSEWHERE = 4711;
  private static final Revision EARLIER = new Revision(1);
  private static final Revision NOW = new Revision(3);

  @BeforeEach
  void someTimeAgo() {
    revision = NOW;
  }

  /** Somebody who asked another server whether it may lead, and may not. */
  private RecordingFollower cedes(Caller caller, Revision since, long budget) {
    var follower = new RecordingFollower(KEY, caller);
    long lease = leases.claimOrWait(follower, budget);
    assertThat(lease).isNotZero();
    assertThat(leases.cede(follower, lease, since, budget)).isTrue();
    return follower;
  }

  @Nested
  class Ceded {
    @Test
    void isWaitedForByWhoeverAskedForItBeforeAllOthers() {
      var first = new RecordingFollower(KEY, alice);
      long lease = leases.claimOrWait(first, 5_000);
      RecordingFollower second = waiting(5_000);
      assertThat(leases.cede(first, lease, NOW, 5_000)).isTrue();
      assertThat(leases.holds(KEY, lease)).isFalse();
      assertThat(leases.waiting()).isEqualTo(2);

      time.advance(LeaseTable.TRY_AGAIN_AFTER - 1);
      assertThat(first.received()).isEmpty();
      time.advance(1);
      assertThat(first.received()).containsExactly("promoted");
      assertThat(second.received()).isEmpty();
    }

    @Test
    void isAmongNobodysBelongings() {
      cedes(alice, NOW, 5_000);
      assertThat(alice.close().leases()).isEmpty();
    }

    @Test
    void withoutABudgetIsNotWaitedFor() {
      RecordingFollower follower = cedes(alice, NOW, 0);
      assertThat(follower.received()).containsExactly("spent");
      assertThat(leases.held()).isZero();
    }

    @Test
    void withoutABudgetIsWaitedForByTheOthers() {
      var follower = new RecordingFollower(KEY, alice);
      long lease = leases.claimOrWait(follower, 0);
      RecordingFollower other = waiting(5_000);
      assertThat(leases.cede(follower, lease, NOW, 0)).isTrue();
      time.advance(LeaseTable.TRY_AGAIN_AFTER);
      assertThat(other.received()).containsExactly("promoted");
    }

    @Test
    void cannotBeIfItHasEnded() {
      long lease = leases.claim(KEY, alice);
      var follower = new RecordingFollower(KEY, bob);
      assertThat(leases.cede(follower, ELSEWHERE, NOW, 5_000)).isFalse();
      leases.cede(KEY, ELSEWHERE, NOW);
      assertThat(leases.holds(KEY, lease)).isTrue();
      leases.release(KEY, lease);
      assertThat(leases.cede(follower, lease, NOW, 5_000)).isFalse();
      leases.cede(KEY, lease, NOW);
      assertThat(follower.received()).isEmpty();
      assertThat(leases.waiting()).isZero();
    }

    @Test
    void byNobodyWhoWaitsIsLeftToThoseWhoDo() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower follower = waiting(5_000);
      leases.cede(KEY, lease, NOW);
      assertThat(leases.holds(KEY, lease)).isFalse();
      assertThat(alice.close().leases()).isEmpty();
      time.advance(LeaseTable.TRY_AGAIN_AFTER);
      assertThat(follower.received()).containsExactly("promoted");
    }

    @Test
    void byNobodyWhoWaitsIsNotKeptIfNobodyDoes() {
      leases.cede(KEY, leases.claim(KEY, alice), NOW);
      assertThat(leases.held()).isZero();
    }

    @Test
    void isNotGivenUpIfTooManyWait() {
      leases.claim(OTHER, bob);
      for (int i = 0; i < MAX_WAITING; i++) {
        waiting(caller(), OTHER, 1_000);
      }
      var follower = new RecordingFollower(KEY, alice);
      long lease = leases.claimOrWait(follower, 1_000);
      assertThatThrownBy(() -> leases.cede(follower, lease, NOW, 1_000))
          .isInstanceOf(OverloadedException.class);
      assertThat(leases.holds(KEY, lease)).isTrue();
      assertThat(leases.waiting()).isEqualTo(MAX_WAITING);
    }

    @Test
    void endsWithWhateverEntryArrives() {
      RecordingFollower follower = cedes(alice, NOW, 5_000);
      leases.arrived(KEY, 0, entry("value", 0));
      assertThat(follower.received()).containsExactly("value");
      assertThat(leases.held()).isZero();
    }

    @Test
    void endsWithWhateverEntryArrivesElsewhere() {
      RecordingFollower follower = cedes(alice, NOW, 5_000);
      leases.arrivedElsewhere(KEY, ELSEWHERE, entry("value", 0));
      assertThat(follower.received()).containsExactly("value");
      assertThat(leases.held()).isZero();
    }

    @Test
    void isWaitedForAgainOnceAnEntryWasStoredElsewhere() {
      leases.unshareableElsewhere(KEY, ELSEWHERE);
      cedes(alice, NOW, 0);
      leases.arrivedElsewhere(KEY, ELSEWHERE, entry("value", 3));
      leases.claim(KEY, alice);
      assertThat(waiting(1_000).received()).isEmpty();
    }

    @Test
    void isOutdatedForWhomWhatBeganThenIsOfNoUse() {
      cedes(alice, EARLIER, 5_000);
      var other = new RecordingFollower(KEY, bob);
      other.needs(EARLIER);
      assertThat(leases.claimOrWait(other, 5_000)).isZero();
      var next = new RecordingFollower(KEY, bob);
      next.needs(new Revision(2));
      assertThat(leases.claimOrWait(next, 5_000)).isNotZero();
    }
  }

  @Nested
  class EndedElsewhere {
    @Test
    void endsHereIfItIsTheOneThatIsHeld() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower follower = waiting(5_000);
      leases.ended(KEY, ELSEWHERE);
      assertThat(follower.received()).isEmpty();
      leases.ended(KEY, lease);
      assertThat(follower.received()).containsExactly("promoted");
    }

    @Test
    void endsTheWaitForAnotherServer() {
      RecordingFollower follower = cedes(alice, NOW, 5_000);
      leases.ended(KEY, ELSEWHERE);
      assertThat(follower.received()).containsExactly("promoted");
    }

    @Test
    void ofAKeyNobodyAsksForIsNothing() {
      leases.ended(KEY, ELSEWHERE);
      assertThat(leases.held()).isZero();
    }

    @Test
    void byAnEntryLeavesTheLeaseThatWasGrantedSince() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower follower = waiting(5_000);
      leases.arrivedElsewhere(KEY, ELSEWHERE, entry("value", 3));
      assertThat(follower.received()).containsExactly("value");
      assertThat(leases.holds(KEY, lease)).isTrue();
      leases.arrivedElsewhere(KEY, lease, entry("value", 0));
      assertThat(leases.held()).isZero();
    }

    @Test
    void withSomethingUnshareableEndsTheOneItWasGeneratedUnder() {
      long lease = leases.claim(KEY, alice);
      leases.unshareableElsewhere(KEY, lease);
      assertThat(leases.held()).isZero();
      assertThat(alice.close().leases()).isEmpty();
    }
  }

  @Nested
  class Adopted {
    @Test
    void isTheCallersFromThenOn() {
      assertThat(leases.adopt(KEY, ELSEWHERE, alice)).isTrue();
      assertThat(leases.holds(KEY, ELSEWHERE)).isTrue();
      RecordingFollower follower = waiting(5_000);
      leases.close(alice);
      assertThat(follower.received()).containsExactly("promoted");
    }

    @Test
    void isWaitedForByThoseWhoWaitedForTheOtherServer() {
      RecordingFollower follower = cedes(alice, NOW, 60_000);
      int timers = time.scheduled();
      assertThat(leases.adopt(KEY, ELSEWHERE, bob)).isTrue();
      assertThat(time.scheduled()).isEqualTo(timers);
      time.advance(LEASE - 1);
      assertThat(follower.received()).isEmpty();
      time.advance(1);
      assertThat(follower.received()).containsExactly("promoted");
    }

    @Test
    void cannotBeWhereSomebodyLeads() {
      long lease = leases.claim(KEY, alice);
      assertThat(leases.adopt(KEY, ELSEWHERE, bob)).isFalse();
      assertThat(leases.holds(KEY, lease)).isTrue();
      assertThat(bob.close().leases()).isEmpty();
    }

    @Test
    void cannotBeByACallerWhoIsGone() {
      leases.close(alice);
      assertThat(leases.adopt(KEY, ELSEWHERE, alice)).isFalse();
      assertThat(leases.held()).isZero();
    }

    @Test
    void isAsOldAsItIsSaidToBe() {
      leases.adopt(KEY, ELSEWHERE, alice);
      leases.generatesAsOf(KEY, ELSEWHERE, EARLIER);
      leases.generatesAsOf(KEY, ELSEWHERE + 1, NOW);
      leases.generatesAsOf(OTHER, ELSEWHERE, NOW);
      assertThat(leases.renew(KEY, ELSEWHERE)).contains(EARLIER);
      var follower = new RecordingFollower(KEY, bob);
      follower.needs(new Revision(2));
      assertThat(leases.claimOrWait(follower, 5_000)).isNotZero();
    }
  }

  @Nested
  class Outdated {
    private long lease;

    @BeforeEach
    void isHeld() {
      lease = leases.claim(KEY, alice);
    }

    private RecordingFollower needing(Caller caller, long revision) {
      var follower = new RecordingFollower(KEY, caller);
      follower.needs(new Revision(revision));
      return follower;
    }

    @Test
    void isReplacedByTheFirstForWhomItIs() {
      assertThat(leases.claimOrWait(needing(bob, 3), 5_000)).isZero();
      revision = new Revision(4);
      RecordingFollower next = needing(bob, 4);
      assertThat(leases.claimOrWait(next, 5_000)).isNotZero();
      assertThat(next.received()).isEmpty();
      assertThat(leases.holds(KEY, lease)).isFalse();
      assertThat(alice.close().leases()).isEmpty();
      assertThat(leases.claimOrWait(needing(bob, 4), 5_000)).isZero();
    }

    @Test
    void isNotReplacedForACallerWhoIsGone() {
      leases.close(bob);
      RecordingFollower gone = needing(bob, 4);
      assertThat(leases.claimOrWait(gone, 5_000)).isZero();
      assertThat(gone.received()).containsExactly("spent");
      assertThat(leases.holds(KEY, lease)).isTrue();
    }

    @Test
    void isReplacedOnceForAllWhoWait() {
      RecordingFollower content = waiting(5_000);
      RecordingFollower first = waiting(5_000);
      RecordingFollower second = waiting(5_000);
      first.needs(new Revision(4));
      second.needs(new Revision(4));
      revision = new Revision(4);
      leases.invalidated();
      time.advance(LeaseTable.OVERTAKE_AFTER - 1);
      assertThat(first.received()).isEmpty();
      time.advance(1);
      assertThat(first.received()).containsExactly("promoted");
      assertThat(content.received()).isEmpty();
      assertThat(second.received()).isEmpty();
      assertThat(leases.holds(KEY, first.lease())).isTrue();
    }

    @Test
    void isReplacedAsOftenAsSomethingIsInvalidated() {
      RecordingFollower first = waiting(5_000);
      RecordingFollower second = waiting(5_000);
      for (RecordingFollower next : List.of(first, second)) {
        revision = revision.next();
        next.needs(revision);
        leases.invalidated();
        time.advance(LeaseTable.OVERTAKE_AFTER);
        assertThat(next.received()).containsExactly("promoted");
      }
    }

    @Test
    void passesOverAFollowerWhoseCallerIsLeaving() {
      RecordingFollower leaving = waiting(bob, KEY, 5_000);
      RecordingFollower stays = waiting(5_000);
      leaving.needs(new Revision(4));
      stays.needs(new Revision(4));
      bob.close();
      leases.invalidated();
      time.advance(LeaseTable.OVERTAKE_AFTER);
      assertThat(leaving.received()).containsExactly("spent");
      assertThat(stays.received()).containsExactly("promoted");
    }

    @Test
    void costsOneLookAtTheLeasesHoweverMuchIsInvalidatedAtOnce() {
      int before = time.scheduled();
      leases.invalidated();
      assertThat(time.scheduled()).as("nobody waits").isEqualTo(before);
      waiting(5_000);
      int waiting = time.scheduled();
      leases.invalidated();
      leases.invalidated();
      assertThat(time.scheduled()).isEqualTo(waiting + 1);
      time.advance(LeaseTable.OVERTAKE_AFTER);
    }
  }

  @Test
  void areListedTheLongestHeldFirstWithWhoHoldsThem() {
    var named = new Caller(() -> "web-1");
    callers.add(named);
    long lease = leases.claim(KEY, named);
    long began = time.millis();
    time.advance(1_000);
    leases.renew(KEY, lease);
    leases.claim(OTHER, alice);
    waiting(5_000);
    assertThat(leases.list(1))
        .containsExactly(new HeldLease(KEY, "web-1", true, began, began + 1_000, NOW, 1));
    assertThat(leases.list(2)).extracting(HeldLease::key).containsExactly(KEY, OTHER);
    assertThat(leases.list(2).getLast().holder()).isEmpty();
  }

  @Test
  void ofAnotherServerAreListedAsSuch() {
    cedes(alice, NOW, 5_000);
    assertThat(leases.list(1)).extracting(HeldLease::here).containsExactly(false);
  }

  @Test
  void aKeyConcernsWhoLeadsOrWaitsForIt() {
    assertThat(leases.concerns(KEY)).isFalse();
    leases.claim(KEY, alice);
    assertThat(leases.concerns(KEY)).isTrue();
  }
}
