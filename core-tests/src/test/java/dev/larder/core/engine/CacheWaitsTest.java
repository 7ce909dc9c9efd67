package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Lookup;
import dev.larder.core.TagSet;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** How a wait ends that no entry ends. */
class CacheWaitsTest extends CacheScenario {
  @Test
  void aReleaseOrALostHolderOrADeadlinePromotesOne() {
    long lease = lead(alice);
    Cache.Pending first = ask(bob, 60_000);
    Cache.Pending second = ask(60_000);
    Cache.Pending third = ask(60_000);

    cache.leases().release(KEY, lease);
    assertThat(List.of(outcome(first), outcome(second), outcome(third)))
        .containsExactly("miss, lease", "waits", "waits");
    cache.leases().close(bob);
    assertThat(List.of(outcome(second), outcome(third))).containsExactly("miss, lease", "waits");
    time.advance(LEASE);
    assertThat(outcome(third)).isEqualTo("miss, lease");
  }

  @Test
  void whatIsNoLeaseIsNotReleased() {
    assertThat(cache.release(KEY, 0)).isCompletedWithValue(false);
  }

  @Test
  void whoWaitsHasBeenJudgedBefore() {
    lead(alice);
    entries.hold();
    Cache.Pending pending = ask(1_000);
    assertThat(pending.judged()).isNotCompleted();
    entries.letAll();
    assertThat(pending.judged()).isCompleted();
    assertThat(outcome(pending)).isEqualTo("waits");
  }

  @Test
  void aSpentBudgetIsAMissWithoutALease() {
    lead(alice);
    Cache.Pending follower = ask(1_000);
    time.advance(1_000);
    assertThat(outcome(follower)).isEqualTo("miss");
  }

  @Test
  void aCancelledWaitIsAMissWithoutALease() {
    lead(alice);
    Cache.Pending follower = ask(1_000);
    follower.cancel();
    assertThat(outcome(follower)).isEqualTo("miss");
  }

  @Test
  void cancellingWhatIsDoneChangesNothing() {
    Cache.Pending leader = ask(alice, 0);
    leader.cancel();
    assertThat(outcome(leader)).isEqualTo("miss, lease");
    assertThat(cache.leases().held()).isEqualTo(1);
  }

  @Test
  void aWaitEndsWithItsCaller() {
    lead(alice);
    Cache.Pending follower = ask(bob, 1_000);
    cache.leases().close(bob);
    assertThat(outcome(follower)).isEqualTo("miss");
  }

  @Test
  void tooManyAreTurnedAway() {
    lead(alice);
    for (int i = 0; i < MAX_WAITING; i++) {
      assertThat(outcome(ask(1_000))).isEqualTo("waits");
    }
    assertThat(ask(1_000).outcome())
        .failsWithin(1, TimeUnit.SECONDS)
        .withThrowableThat()
        .withCauseInstanceOf(OverloadedException.class);
  }

  @Test
  void whoeverCancelsBeforeItsReadIsAnsweredGetsNoLease() {
    entries.hold();
    Cache.Pending pending = ask(1_000);
    pending.cancel();
    entries.letAll();
    assertThat(outcome(pending)).isEqualTo("miss");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void aWaitCancelledWhileItBeginsEndsAtOnce() {
    var pending = new AtomicReference<Cache.Pending>();
    var answering = new AtomicBoolean();
    InstantSource cancelling =
        () -> {
          if (answering.get()) {
            pending.get().cancel();
          }
          return time.instant();
        };
    Cache hasty = over(stored.log(), cancelling);
    hasty.lookup(new Lookup(KEY, TagSet.EMPTY, true, 0), alice);
    entries.hold();
    pending.set(hasty.lookup(new Lookup(KEY, TagSet.EMPTY, true, 1_000), bob));
    answering.set(true);
    entries.letAll();
    assertThat(outcome(pending.get())).isEqualTo("miss");
    assertThat(hasty.leases().waiting()).isZero();
    hasty.leases().close(alice);
  }

  @Test
  void aBudgetOfNothingIsAnsweredAtOnceAndLeavesNothing() {
    lead(alice);
    int scheduled = time.scheduled();
    assertThat(outcome(ask(bob, 0))).isEqualTo("miss");
    assertThat(time.scheduled()).isEqualTo(scheduled);
  }

  @Test
  void aBudgetSpentOnReadingIsNoWait() {
    lead(alice);
    entries.hold();
    Cache.Pending pending = ask(1_000);
    time.advance(1_000);
    entries.letAll();
    assertThat(outcome(pending)).isEqualTo("miss");
  }

  @Test
  void aLookupThatCannotBeScheduledFailsInsteadOfHanging() {
    Cache shutDown =
        Cache.over(
            stored,
            (delay, task) -> {
              if (delay == 1_000) {
                throw new RejectedExecutionException("shut down");
              }
              return time.after(delay, task);
            },
            random,
            new Limits(TagSet.MAX_TAGS, LEASE, MAX_WAITING, MAX_LISTED));
    shutDown.lookup(new Lookup(KEY, TagSet.EMPTY, true, 0), alice);
    assertThat(shutDown.lookup(new Lookup(KEY, TagSet.EMPTY, true, 1_000), bob).outcome())
        .isCompletedExceptionally();
    shutDown.leases().close(alice);
    shutDown.close();
  }
}
