package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.SharedLeases;
import dev.larder.testkit.ManualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** After each test everybody leaves, and nothing may be left: no lease, no wait, no timer. */
class LeaseTableTest {
  private static final long LEASE = 10_000;
  private static final int MAX_WAITING = 4;
  private static final CacheKey KEY = key("key");
  private static final CacheKey OTHER = key("other");

  private final ManualTime time = new ManualTime(1_000_000);
  private Revision revision = new Revision(1);
  private final LeaseTable leases = over(new Random(7));
  private final List<Caller> callers = new ArrayList<>();
  private final Caller alice = caller();
  private final Caller bob = caller();

  private LeaseTable over(RandomGenerator random) {
    return new LeaseTable(
        time,
        time,
        random,
        () -> revision,
        LEASE,
        MAX_WAITING,
        SharedLeases.unshared(),
        CacheObserver.NONE);
  }

  private Caller caller() {
    var caller = new Caller();
    callers.add(caller);
    return caller;
  }

  /** Somebody of its own who waits for {@link #KEY}. */
  private RecordingFollower waiting(long budget) {
    return waiting(caller(), KEY, budget);
  }

  private RecordingFollower waiting(Caller caller, CacheKey key, long budget) {
    var follower = new RecordingFollower(key, caller);
    assertThat(leases.claimOrWait(follower, budget)).isZero();
    return follower;
  }

  @AfterEach
  void nothingIsLeftOnceEverybodyIsGone() {
    callers.forEach(leases::close);
    assertThat(leases.held()).isZero();
    assertThat(leases.waiting()).isZero();
    assertThat(time.scheduled()).isZero();
  }

  @Nested
  class Claiming {
    @Test
    void theFirstIsGranted() {
      assertThat(leases.claim(KEY, alice)).isNotZero();
      assertThat(leases.held()).isEqualTo(1);
    }

    @Test
    void aHeldLeaseIsNotGrantedAgain() {
      leases.claim(KEY, alice);
      assertThat(leases.claim(KEY, bob)).isZero();
      assertThat(leases.claim(KEY, alice)).isZero();
    }

    @Test
    void keysAreApart() {
      leases.claim(KEY, alice);
      assertThat(leases.claim(OTHER, bob)).isNotZero();
    }

    @Test
    void aCallerWhoIsGoneIsGrantedNothing() {
      leases.close(alice);
      assertThat(leases.claim(KEY, alice)).isZero();
      assertThat(leases.held()).isZero();
    }

    @Test
    void theLeaseNumberIsNeverZero() {
      var zeroFirst = over(new ZeroFirst());
      assertThat(zeroFirst.claim(KEY, alice)).isEqualTo(5);
      zeroFirst.close(alice);
    }
  }

  @Nested
  class Waiting {
    @Test
    void whoeverWaitsIsGivenTheEntry() {
      leases.claim(KEY, alice);
      RecordingFollower first = waiting(1_000);
      RecordingFollower second = waiting(1_000);

      leases.arrived(KEY, 0, entry("value", 1));

      assertThat(first.told()).containsExactly("value");
      assertThat(second.told()).containsExactly("value");
      assertThat(leases.held()).isZero();
    }

    @Test
    void nobodyIsToldOfAnotherKeysEntry() {
      leases.claim(KEY, alice);
      leases.claim(OTHER, alice);
      RecordingFollower follower = waiting(1_000);
      leases.arrived(OTHER, 0, entry("value", 1));
      assertThat(follower.told()).isEmpty();
    }

    @Test
    void withoutAHolderOneIsGrantedInsteadOfWaiting() {
      var follower = new RecordingFollower(KEY, bob);
      assertThat(leases.claimOrWait(follower, 1_000)).isNotZero();
      assertThat(follower.told()).isEmpty();
      assertThat(leases.waiting()).isZero();
    }

    @Test
    void aSpentBudgetEndsTheWait() {
      leases.claim(KEY, alice);
      RecordingFollower follower = waiting(1_000);
      time.advance(999);
      assertThat(follower.told()).isEmpty();
      time.advance(1);
      assertThat(follower.told()).containsExactly("spent");
      assertThat(leases.waiting()).isZero();
    }

    @Test
    void afterItsWaitAFollowerIsNotToldAgain() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower follower = waiting(1_000);
      time.advance(1_000);
      leases.release(KEY, lease);
      leases.arrived(KEY, 0, entry("value", 1));
      assertThat(follower.told()).containsExactly("spent");
    }

    @Test
    void givingUpEndsTheWaitAtOnce() {
      leases.claim(KEY, alice);
      RecordingFollower follower = waiting(1_000);
      leases.giveUp(follower);
      leases.giveUp(follower);
      assertThat(follower.told()).containsExactly("spent");
    }

    @Test
    void whoDoesNotWaitCannotGiveUp() {
      leases.claim(KEY, alice);
      var follower = new RecordingFollower(KEY, bob);
      leases.giveUp(follower);
      leases.giveUp(new RecordingFollower(OTHER, bob));
      assertThat(follower.told()).isEmpty();
    }

    @Test
    void aCallerWhoIsGoneDoesNotWait() {
      leases.claim(KEY, alice);
      leases.close(bob);
      RecordingFollower follower = waiting(bob, KEY, 1_000);
      assertThat(follower.told()).containsExactly("spent");
      assertThat(leases.waiting()).isZero();
    }

    @Test
    void aCallerWhoIsGoneIsNotGrantedInsteadOfWaiting() {
      leases.close(bob);
      RecordingFollower follower = waiting(bob, KEY, 1_000);
      assertThat(follower.told()).containsExactly("spent");
      assertThat(leases.held()).isZero();
    }

    @Test
    void withoutABudgetNobodyWaits() {
      leases.claim(KEY, alice);
      assertThat(waiting(0).told()).containsExactly("spent");
      assertThat(waiting(-1).told()).containsExactly("spent");
      assertThat(leases.waiting()).isZero();
    }

    @Test
    void onlySoManyMayWait() {
      leases.claim(KEY, alice);
      for (int i = 0; i < MAX_WAITING; i++) {
        waiting(1_000);
      }
      assertThat(leases.waiting()).isEqualTo(MAX_WAITING);
      assertThatThrownBy(() -> waiting(1_000))
          .isInstanceOf(OverloadedException.class)
          .hasMessageContaining("4");
      assertThat(leases.waiting()).isEqualTo(MAX_WAITING);
    }

    @Test
    void thereIsRoomAgainWhenAWaitEnds() {
      leases.claim(KEY, alice);
      RecordingFollower first = waiting(1_000);
      for (int i = 1; i < MAX_WAITING; i++) {
        waiting(2_000);
      }
      leases.giveUp(first);
      assertThat(waiting(1_000).told()).isEmpty();
    }
  }

  @Nested
  class Releasing {
    @Test
    void promotesExactlyTheOneWaitingLongest() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower first = waiting(1_000);
      RecordingFollower second = waiting(1_000);

      assertThat(leases.release(KEY, lease)).isTrue();

      assertThat(first.told()).containsExactly("promoted");
      assertThat(first.lease()).isNotZero().isNotEqualTo(lease);
      assertThat(second.told()).isEmpty();
      assertThat(leases.waiting()).isEqualTo(1);
      assertThat(leases.held()).isEqualTo(1);
    }

    @Test
    void aPromotedFollowerIsFollowedByTheOthers() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower first = waiting(1_000);
      RecordingFollower second = waiting(1_000);
      leases.release(KEY, lease);
      leases.release(KEY, first.lease());
      assertThat(second.told()).containsExactly("promoted");
    }

    @Test
    void aPromotedFollowersBudgetNoLongerCounts() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower first = waiting(1_000);
      leases.release(KEY, lease);
      time.advance(5_000);
      assertThat(first.told()).containsExactly("promoted");
      assertThat(leases.held()).isEqualTo(1);
    }

    @Test
    void withoutAFollowerEndsTheLease() {
      leases.release(KEY, leases.claim(KEY, alice));
      assertThat(leases.held()).isZero();
      assertThat(leases.claim(KEY, bob)).isNotZero();
    }

    @Test
    void anEndedLeaseCannotBeReleased() {
      long lease = leases.claim(KEY, alice);
      leases.release(KEY, lease);
      long next = leases.claim(KEY, bob);

      assertThat(leases.release(KEY, lease)).isFalse();

      assertThat(leases.renew(KEY, next)).isTrue();
    }

    @Test
    void theReleaseOfAnUnknownKeyIsRefused() {
      assertThat(leases.release(KEY, 1)).isFalse();
    }
  }

  @Nested
  class Deadlines {
    @Test
    void anExpiredLeasePassesOn() {
      leases.claim(KEY, alice);
      RecordingFollower follower = waiting(LEASE + 1);
      time.advance(LEASE - 1);
      assertThat(follower.told()).isEmpty();
      time.advance(1);
      assertThat(follower.told()).containsExactly("promoted");
    }

    @Test
    void anExpiredLeaseWithoutFollowersEnds() {
      leases.claim(KEY, alice);
      time.advance(LEASE);
      assertThat(leases.held()).isZero();
      assertThat(leases.claim(KEY, bob)).isNotZero();
    }

    @Test
    void aRenewedLeaseLastsAsLongAgain() {
      long lease = leases.claim(KEY, alice);
      time.advance(LEASE - 1);
      assertThat(leases.renew(KEY, lease)).isTrue();
      time.advance(LEASE - 1);
      assertThat(leases.held()).isEqualTo(1);
      time.advance(1);
      assertThat(leases.held()).isZero();
    }

    @Test
    void aPromotedLeaseHasADeadlineOfItsOwn() {
      long lease = leases.claim(KEY, alice);
      waiting(LEASE);
      time.advance(LEASE / 2);
      leases.release(KEY, lease);
      time.advance(LEASE - 1);
      assertThat(leases.held()).isEqualTo(1);
      time.advance(1);
      assertThat(leases.held()).isZero();
    }

    @Test
    void anEndedLeaseCannotBeRenewed() {
      long lease = leases.claim(KEY, alice);
      time.advance(LEASE);
      assertThat(leases.renew(KEY, lease)).isFalse();
      leases.claim(KEY, bob);
      assertThat(leases.renew(KEY, lease)).isFalse();
    }

    @Test
    void renewingSomebodyElsesKeyDoesNotProlongIt() {
      leases.claim(KEY, alice);
      assertThat(leases.renew(KEY, 1)).isFalse();
      time.advance(LEASE);
      assertThat(leases.held()).isZero();
    }
  }

  @Nested
  class Closing {
    @Test
    void whatACallerHeldPassesOnAtOnce() {
      leases.claim(KEY, alice);
      leases.claim(OTHER, alice);
      RecordingFollower first = waiting(1_000);
      RecordingFollower second = waiting(bob, OTHER, 1_000);

      leases.close(alice);

      assertThat(first.told()).containsExactly("promoted");
      assertThat(second.told()).containsExactly("promoted");
    }

    @Test
    void whatACallerWaitedForGoesOnWithoutIt() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower gone = waiting(bob, KEY, 1_000);
      RecordingFollower stays = waiting(1_000);

      leases.close(bob);
      leases.release(KEY, lease);

      assertThat(gone.told()).containsExactly("spent");
      assertThat(stays.told()).containsExactly("promoted");
    }

    @Test
    void aCallerNeverInheritsFromItself() {
      leases.claim(KEY, alice);
      RecordingFollower own = waiting(alice, KEY, 1_000);
      RecordingFollower stays = waiting(1_000);

      leases.close(alice);

      assertThat(own.told()).containsExactly("spent");
      assertThat(stays.told()).containsExactly("promoted");
    }

    @Test
    void whatACallerHasLostItDoesNotGiveAway() {
      long lease = leases.claim(KEY, alice);
      leases.release(KEY, lease);
      leases.claim(KEY, bob);
      leases.close(alice);
      assertThat(leases.claim(KEY, caller())).isZero();
    }

    @Test
    void whoIsToldThatAnotherWaitOfItsCallerEndedIsNotPromotedInstead() {
      leases.claim(KEY, alice);
      long other = leases.claim(OTHER, alice);
      var follower =
          new RecordingFollower(KEY, bob) {
            @Override
            public void spent() {
              super.spent();
              leases.release(OTHER, other);
            }
          };
      leases.claimOrWait(follower, 1_000);
      RecordingFollower second = waiting(bob, OTHER, 1_000);

      leases.close(bob);

      assertThat(follower.told()).containsExactly("spent");
      assertThat(second.told()).containsExactly("spent");
      assertThat(leases.held()).isEqualTo(1);
    }

    @Test
    void whatHasEndedIsNoLongerAmongItsBelongings() {
      long lease = leases.claim(KEY, alice);
      leases.release(KEY, lease);
      leases.arrived(OTHER, leases.claim(OTHER, alice), entry("value", 1));
      assertThat(alice.close().leases()).isEmpty();

      leases.claim(KEY, caller());
      leases.giveUp(waiting(bob, KEY, 1_000));
      assertThat(bob.close().waits()).isEmpty();
    }

    @Test
    void closingTwiceIsClosingOnce() {
      leases.claim(KEY, alice);
      leases.close(alice);
      leases.close(alice);
      assertThat(leases.held()).isZero();
    }
  }

  @Nested
  class AnEntry {
    private static final long NONE = 0;

    @Test
    void endsTheLeaseItWasGeneratedUnder() {
      long lease = leases.claim(KEY, alice);
      leases.arrived(KEY, lease, entry("value", 1));
      assertThat(leases.held()).isZero();
      assertThat(leases.release(KEY, lease)).isFalse();
    }

    @Test
    void ofItsHolderEndsTheLeaseHoweverOldItsStamp() {
      leases.arrived(KEY, leases.claim(KEY, alice), entry("value", 0));
      assertThat(leases.held()).isZero();
    }

    @Test
    void ofSomebodyElseEndsTheLeaseIfItIsAsNewAsTheGrant() {
      leases.claim(KEY, alice);
      revision = new Revision(2);
      leases.arrived(KEY, NONE, entry("value", 1));
      assertThat(leases.held()).isZero();
    }

    @Test
    void ofSomebodyElseLeavesTheLeaseIfItIsOlderThanTheGrant() {
      long lease = leases.claim(KEY, alice);
      leases.arrived(KEY, NONE, entry("value", 0));
      assertThat(leases.claim(KEY, bob)).isZero();
      assertThat(leases.renew(KEY, lease)).isTrue();
    }

    @Test
    void isGivenToAllWhoWaitEvenIfTheLeaseGoesOn() {
      leases.claim(KEY, alice);
      RecordingFollower first = waiting(1_000);
      RecordingFollower second = waiting(1_000);
      leases.arrived(KEY, NONE, entry("value", 0));
      assertThat(first.told()).containsExactly("value");
      assertThat(second.told()).containsExactly("value");
      assertThat(leases.held()).isEqualTo(1);
      assertThat(leases.waiting()).isZero();
    }

    @Test
    void isMeasuredAgainstThePromotionOfTheHolder() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower follower = waiting(1_000);
      revision = new Revision(2);
      leases.release(KEY, lease);
      leases.arrived(KEY, NONE, entry("value", 1));
      assertThat(leases.renew(KEY, follower.lease())).isTrue();
      leases.arrived(KEY, NONE, entry("value", 2));
      assertThat(leases.held()).isZero();
    }

    @Test
    void isNotMeasuredAgainstARenewal() {
      long lease = leases.claim(KEY, alice);
      revision = new Revision(2);
      leases.renew(KEY, lease);
      leases.arrived(KEY, NONE, entry("value", 1));
      assertThat(leases.held()).isZero();
    }

    @Test
    void ofAKeyNobodyGeneratesChangesNothing() {
      leases.arrived(KEY, NONE, entry("value", 1));
      assertThat(leases.held()).isZero();
    }
  }

  @Nested
  class WhatMustNotBeShared {
    private static final long ELSEWHERE = 4711;

    @Test
    void letsGoOfThoseWhoWaitForSomebodyWhoIsOnlyAskingWhetherHeMayLead() {
      var asking = new RecordingFollower(KEY, bob);
      long lease = leases.claimOrWait(asking, 1_000);
      RecordingFollower follower = waiting(1_000);

      leases.unshareableElsewhere(KEY, ELSEWHERE);
      assertThat(follower.told()).containsExactly("spent");
      assertThat(leases.holds(KEY, lease)).isTrue();

      assertThat(leases.cede(asking, lease, revision, 1_000)).isTrue();
      assertThat(asking.told()).containsExactly("spent");
      assertThat(leases.held()).isZero();
    }

    @Test
    void letsGoOfThoseWhoWaitForAnotherServer() {
      var asking = new RecordingFollower(KEY, bob);
      leases.cede(asking, leases.claimOrWait(asking, 1_000), revision, 1_000);
      RecordingFollower follower = waiting(1_000);
      leases.unshareableElsewhere(KEY, ELSEWHERE);
      assertThat(asking.told()).containsExactly("spent");
      assertThat(follower.told()).containsExactly("spent");
      assertThat(leases.held()).isZero();
    }
  }

  /** A source of numbers that begins with two zeros. */
  private static final class ZeroFirst implements RandomGenerator {
    private int asked;

    @Override
    public long nextLong() {
      return asked++ < 2 ? 0 : 5;
    }
  }
}
