package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import dev.larder.core.PutOutcome;
import org.junit.jupiter.api.Test;

/** Who is given the right to generate. */
class CacheLeadingTest extends CacheScenario {
  @Test
  void theFirstMissIsGrantedTheLease() {
    assertThat(outcome(ask(alice, 0))).isEqualTo("miss, lease");
    assertThat(outcome(ask(bob, 0))).isEqualTo("miss");
  }

  @Test
  void theFirstStaleHitIsGrantedTheLeaseAndTheOthersAreServed() {
    put("x", 0, "a");
    invalidate(60, "a");
    assertThat(outcome(ask(alice, 1_000))).isEqualTo("stale x, lease");
    assertThat(outcome(ask(bob, 1_000))).isEqualTo("stale x");
  }

  @Test
  void aStaleHitOfSomebodyElsesIsAnsweredByOneRead() {
    put("x", 0, "a");
    invalidate(60, "a");
    lead(alice);
    entries.hold();
    Cache.Pending pending = ask(bob, 1_000);
    entries.letOne();
    assertThat(outcome(pending)).isEqualTo("stale x");
  }

  @Test
  void aFreshHitNeedsNoLease() {
    put("x", 0);
    assertThat(outcome(ask(alice, 1_000))).isEqualTo("fresh x");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void aCallerWhoIsGoneLeadsNothing() {
    cache.leases().close(alice);
    assertThat(outcome(ask(alice, 0))).isEqualTo("miss");
    assertThat(outcome(ask(alice, 1_000))).isEqualTo("miss");
  }

  @Test
  void looksOnceMoreUnderTheLease() {
    long lease = lead(alice);
    entries.holdAnswers();
    Cache.Pending late = ask(bob, 0);
    entries.pass();
    put("x", lease);
    entries.letAll();

    assertThat(outcome(late)).isEqualTo("fresh x");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void keepsTheLeaseIfWhatItFindsUnderItIsStale() {
    AsOf began = cache.asOf();
    long lease = lead(alice);
    entries.holdAnswers();
    Cache.Pending late = ask(bob, 0);
    entries.pass();
    invalidate(60, "a");
    put("x", began, lease, "a");
    entries.letAll();

    assertThat(outcome(late)).isEqualTo("stale x, lease");
    assertThat(cache.leases().holds(KEY, lease(late))).isTrue();
  }

  @Test
  void theEntryFoundUnderTheLeaseIsForAllWhoWait() {
    entries.holdAnswers();
    Cache.Pending first = ask(bob, 0);
    Cache.Pending second = ask(1_000);
    stored.entries().put(KEY, entry("x", 0));
    entries.letOne();
    entries.letOne();
    assertThat(outcome(second)).isEqualTo("waits");
    assertThat(cache.leases().waiting()).isEqualTo(1);
    entries.letAll();

    assertThat(outcome(first)).isEqualTo("fresh x");
    assertThat(outcome(second)).isEqualTo("fresh x");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void aLateRenderFromBeforeASoftInvalidationDoesNotEndTheRefresh() {
    AsOf began = cache.asOf();
    put("old", 0, "a");
    invalidate(CacheLife.NEVER, "a");
    long lease = lead(alice);

    assertThat(put("late", began, 0, "a")).isEqualTo(PutOutcome.STORED);

    assertThat(outcome(ask(bob, 0))).isEqualTo("stale late");
    put("new", lease, "a");
    assertThat(read()).isEqualTo("fresh new");
    assertThat(cache.leases().held()).isZero();
  }

  @Test
  void aLateRenderFromBeforeAnInvalidationOfThePathDoesNotEndTheRegeneration() {
    AsOf began = cache.asOf();
    invalidate(0, "path");
    long lease = lead(alice, "path");

    assertThat(put("late", began, 0)).isEqualTo(PutOutcome.STORED);

    assertThat(outcome(ask(bob, 0, "path"))).isEqualTo("miss");
    put("new", lease);
    assertThat(read("path")).isEqualTo("fresh new");
  }

  @Test
  void whoeverGeneratesAloneRelievesALeaderWhoKnowsNoMore() {
    lead(alice);
    put("x", 0);
    assertThat(cache.leases().held()).isZero();
  }
}
