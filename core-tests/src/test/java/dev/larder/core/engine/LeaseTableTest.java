package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Who is granted a lease, who waits for it, and how it passes on. */
class LeaseTableTest extends LeaseTableScenario {
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

      assertThat(first.received()).containsExactly("value");
      assertThat(second.received()).containsExactly("value");
      assertThat(leases.held()).isZero();
    }

    @Test
    void nobodyIsToldOfAnotherKeysEntry() {
      leases.claim(KEY, alice);
      leases.claim(OTHER, alice);
      RecordingFollower follower = waiting(1_000);
      leases.arrived(OTHER, 0, entry("value", 1));
      assertThat(follower.received()).isEmpty();
    }

    @Test
    void withoutAHolderOneIsGrantedInsteadOfWaiting() {
      var follower = new RecordingFollower(KEY, bob);
      assertThat(leases.claimOrWait(follower, 1_000)).isNotZero();
      assertThat(follower.received()).isEmpty();
      assertThat(leases.waiting()).isZero();
    }

    @Test
    void aSpentBudgetEndsTheWait() {
      leases.claim(KEY, alice);
      RecordingFollower follower = waiting(1_000);
      time.advance(999);
      assertThat(follower.received()).isEmpty();
      time.advance(1);
      assertThat(follower.received()).containsExactly("spent");
      assertThat(leases.waiting()).isZero();
    }

    @Test
    void afterItsWaitAFollowerIsNotToldAgain() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower follower = waiting(1_000);
      time.advance(1_000);
      leases.release(KEY, lease);
      leases.arrived(KEY, 0, entry("value", 1));
      assertThat(follower.received()).containsExactly("spent");
    }

    @Test
    void givingUpEndsTheWaitAtOnce() {
      leases.claim(KEY, alice);
      RecordingFollower follower = waiting(1_000);
      leases.giveUp(follower);
      leases.giveUp(follower);
      assertThat(follower.received()).containsExactly("spent");
    }

    @Test
    void whoDoesNotWaitCannotGiveUp() {
      leases.claim(KEY, alice);
      var follower = new RecordingFollower(KEY, bob);
      leases.giveUp(follower);
      leases.giveUp(new RecordingFollower(OTHER, bob));
      assertThat(follower.received()).isEmpty();
    }

    @Test
    void aCallerWhoIsGoneDoesNotWait() {
      leases.claim(KEY, alice);
      leases.close(bob);
      RecordingFollower follower = waiting(bob, KEY, 1_000);
      assertThat(follower.received()).containsExactly("spent");
      assertThat(leases.waiting()).isZero();
    }

    @Test
    void aCallerWhoIsGoneIsNotGrantedInsteadOfWaiting() {
      leases.close(bob);
      RecordingFollower follower = waiting(bob, KEY, 1_000);
      assertThat(follower.received()).containsExactly("spent");
      assertThat(leases.held()).isZero();
    }

    @Test
    void withoutABudgetNobodyWaits() {
      leases.claim(KEY, alice);
      assertThat(waiting(0).received()).containsExactly("spent");
      assertThat(waiting(-1).received()).containsExactly("spent");
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
      assertThat(waiting(1_000).received()).isEmpty();
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

      assertThat(first.received()).containsExactly("promoted");
      assertThat(first.lease()).isNotZero().isNotEqualTo(lease);
      assertThat(second.received()).isEmpty();
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
      assertThat(second.received()).containsExactly("promoted");
    }

    @Test
    void aPromotedFollowersBudgetNoLongerCounts() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower first = waiting(1_000);
      leases.release(KEY, lease);
      time.advance(5_000);
      assertThat(first.received()).containsExactly("promoted");
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

      assertThat(leases.renew(KEY, next)).isPresent();
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
      assertThat(follower.received()).isEmpty();
      time.advance(1);
      assertThat(follower.received()).containsExactly("promoted");
    }

    @Test
    void anExpiredLeaseWithoutFollowersEnds() {
      leases.claim(KEY, alice);
      time.advance(LEASE - 1);
      assertThat(expired).isEmpty();
      time.advance(1);
      assertThat(expired).containsExactly(KEY);
      assertThat(leases.held()).isZero();
      assertThat(leases.claim(KEY, bob)).isNotZero();
    }

    @Test
    void aRenewedLeaseLastsAsLongAgain() {
      long lease = leases.claim(KEY, alice);
      time.advance(LEASE - 1);
      assertThat(leases.renew(KEY, lease)).contains(revision);
      time.advance(LEASE - 1);
      assertThat(leases.held()).isEqualTo(1);
      assertThat(expired).isEmpty();
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
      assertThat(leases.renew(KEY, lease)).isEmpty();
      leases.claim(KEY, bob);
      assertThat(leases.renew(KEY, lease)).isEmpty();
    }

    @Test
    void renewingSomebodyElsesKeyDoesNotProlongIt() {
      leases.claim(KEY, alice);
      assertThat(leases.renew(KEY, 1)).isEmpty();
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

      assertThat(first.received()).containsExactly("promoted");
      assertThat(second.received()).containsExactly("promoted");
    }

    @Test
    void whatACallerWaitedForGoesOnWithoutIt() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower gone = waiting(bob, KEY, 1_000);
      RecordingFollower stays = waiting(1_000);

      leases.close(bob);
      leases.release(KEY, lease);

      assertThat(gone.received()).containsExactly("spent");
      assertThat(stays.received()).containsExactly("promoted");
    }

    @Test
    void aCallerNeverInheritsFromItself() {
      leases.claim(KEY, alice);
      RecordingFollower own = waiting(alice, KEY, 1_000);
      RecordingFollower stays = waiting(1_000);

      leases.close(alice);

      assertThat(own.received()).containsExactly("spent");
      assertThat(stays.received()).containsExactly("promoted");
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

      assertThat(follower.received()).containsExactly("spent");
      assertThat(second.received()).containsExactly("spent");
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
      leases.claim(OTHER, alice);
      assertThat(leases.close(alice)).isEqualTo(2);
      assertThat(leases.close(alice)).isZero();
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
