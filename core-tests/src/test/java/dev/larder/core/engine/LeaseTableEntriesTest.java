package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Revision;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What an entry does to leases, and to those who wait for them. */
class LeaseTableEntriesTest extends LeaseTableScenario {
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
    assertThat(leases.renew(KEY, lease)).isPresent();
  }

  @Test
  void isGivenToAllWhoWaitEvenIfTheLeaseGoesOn() {
    leases.claim(KEY, alice);
    RecordingFollower first = waiting(1_000);
    RecordingFollower second = waiting(1_000);
    leases.arrived(KEY, NONE, entry("value", 0));
    assertThat(first.received()).containsExactly("value");
    assertThat(second.received()).containsExactly("value");
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
    assertThat(leases.renew(KEY, follower.lease())).isPresent();
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

  @Nested
  class ThatTheStoreDidNotTake {
    @Test
    void isGivenToAllWhoWaitAndEndsTheLeaseItWasGeneratedUnder() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower follower = waiting(1_000);
      leases.dropped(KEY, lease, entry("value", 1));
      assertThat(follower.received()).containsExactly("value");
      assertThat(leases.held()).isZero();
    }

    @Test
    void endsNoOtherLeaseHoweverNewItIs() {
      long lease = leases.claim(KEY, alice);
      RecordingFollower follower = waiting(1_000);
      leases.dropped(KEY, NONE, entry("value", 2));
      assertThat(follower.received()).containsExactly("value");
      assertThat(leases.holds(KEY, lease)).isTrue();
    }
  }

  @Nested
  class WhatMustNotBeShared {
    private static final long ELSEWHERE = 4711;

    @Test
    void letsGoOfThoseWhoWaitForSomebodyWhoIsOnlyAskingWhetherItMayLead() {
      var asking = new RecordingFollower(KEY, bob);
      long lease = leases.claimOrWait(asking, 1_000);
      RecordingFollower follower = waiting(1_000);

      leases.unshareableElsewhere(KEY, ELSEWHERE);
      assertThat(follower.received()).containsExactly("spent");
      assertThat(leases.holds(KEY, lease)).isTrue();

      assertThat(leases.cede(asking, lease, revision, 1_000)).isTrue();
      assertThat(asking.received()).containsExactly("spent");
      assertThat(leases.held()).isZero();
    }

    @Test
    void letsGoOfThoseWhoWaitForAnotherServer() {
      var asking = new RecordingFollower(KEY, bob);
      leases.cede(asking, leases.claimOrWait(asking, 1_000), revision, 1_000);
      RecordingFollower follower = waiting(1_000);
      leases.unshareableElsewhere(KEY, ELSEWHERE);
      assertThat(asking.received()).containsExactly("spent");
      assertThat(follower.received()).containsExactly("spent");
      assertThat(leases.held()).isZero();
    }
  }
}
