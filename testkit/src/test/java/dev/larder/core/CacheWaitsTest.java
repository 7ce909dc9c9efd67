package dev.larder.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
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
    assertThat(List.of(told(first), told(second), told(third)))
        .containsExactly("miss, lease", "waits", "waits");
    cache.leases().close(bob);
    assertThat(List.of(told(second), told(third))).containsExactly("miss, lease", "waits");
    time.advance(LEASE);
    assertThat(told(third)).isEqualTo("miss, lease");
  }

  @Test
  void aSpentBudgetIsAMissWithoutALease() {
    lead(alice);
    Cache.Pending follower = ask(1_000);
    time.advance(1_000);
    assertThat(told(follower)).isEqualTo("miss");
  }

  @Test
  void aCancelledWaitIsAMissWithoutALease() {
    lead(alice);
    Cache.Pending follower = ask(1_000);
    follower.cancel();
    assertThat(told(follower)).isEqualTo("miss");
  }

  @Test
  void cancellingWhatIsDoneChangesNothing() {
    Cache.Pending leader = ask(alice, 0);
    leader.cancel();
    assertThat(told(leader)).isEqualTo("miss, lease");
    assertThat(cache.leases().held()).isEqualTo(1);
  }

  @Test
  void aWaitEndsWithItsCaller() {
    lead(alice);
    Cache.Pending follower = ask(bob, 1_000);
    cache.leases().close(bob);
    assertThat(told(follower)).isEqualTo("miss");
  }

  @Test
  void tooManyAreTurnedAway() {
    lead(alice);
    for (int i = 0; i < MAX_WAITING; i++) {
      assertThat(told(ask(1_000))).isEqualTo("waits");
    }
    assertThat(ask(1_000).outcome())
        .failsWithin(1, TimeUnit.SECONDS)
        .withThrowableThat()
        .withCauseInstanceOf(OverloadedException.class);
  }
}
