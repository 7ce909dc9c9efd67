package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import org.junit.jupiter.api.Test;

/** Nobody waits for a generation that an invalidation has made of no use to it. */
class CacheOutdatedTest extends CacheScenario {
  /** A leader who began before what is stored expired by its tag {@code a}. */
  private AsOf leadsOver(Caller leader) {
    put("old", 0, "a");
    invalidate(0, "a");
    AsOf began = cache.asOf();
    lead(leader);
    return began;
  }

  @Test
  void theFirstWhoAsksAfterwardsLeads() {
    leadsOver(alice);
    Cache.Pending before = ask(60_000);
    assertThat(outcome(before)).isEqualTo("waits");
    invalidate(0, "a");
    Cache.Pending first = ask(60_000);
    assertThat(outcome(first)).isEqualTo("miss, lease");
    assertThat(outcome(ask(60_000))).isEqualTo("waits");
    put("new", lease(first), "a");
    assertThat(outcome(before)).isEqualTo("fresh new");
  }

  @Test
  void whoWaitsAlreadyIsPromoted() {
    leadsOver(alice);
    Cache.Pending first = ask(60_000);
    Cache.Pending second = ask(60_000);
    invalidate(0, "a");
    time.advance(LeaseTable.OVERTAKE_AFTER);
    assertThat(outcome(first)).isEqualTo("miss, lease");
    assertThat(outcome(second)).isEqualTo("waits");
    put("new", lease(first), "a");
    assertThat(outcome(second)).isEqualTo("fresh new");
  }

  @Test
  void whatTheLeaderBeforeBringsEndsNobodysLease() {
    AsOf began = leadsOver(alice);
    invalidate(0, "a");
    long lease = lead(bob);
    Cache.Pending follower = ask(60_000);
    assertThat(put("late", began, 0, "a")).isEqualTo(PutOutcome.EXPIRED);
    assertThat(outcome(follower)).isEqualTo("waits");
    assertThat(cache.leases().holds(KEY, lease)).isTrue();
  }

  @Test
  void theLeaderBeforeCannotEndTheLeaseAfterItsOwn() {
    put("old", 0, "a");
    invalidate(0, "a");
    AsOf began = cache.asOf();
    long outdated = lead(alice);
    invalidate(0, "a");
    long lease = lead(bob);
    Cache.Pending follower = ask(60_000);
    assertThat(cache.leases().holds(KEY, outdated)).isFalse();
    put("late", began, outdated, "a");
    assertThat(cache.release(KEY, outdated).toCompletableFuture().join()).isFalse();
    cache.leases().close(alice);
    assertThat(outcome(follower)).isEqualTo("waits");
    assertThat(cache.leases().holds(KEY, lease)).isTrue();
  }

  @Test
  void aReaderWhoseSoftTagWasInvalidatedDoesNotWaitAndOthersDo() {
    AsOf began = cache.asOf();
    long outdated = lead(alice);
    invalidate(0, "soft");
    Cache.Pending plain = ask(60_000);
    assertThat(outcome(plain)).isEqualTo("waits");
    Cache.Pending soft = ask(60_000, "soft");
    assertThat(outcome(soft)).isEqualTo("miss, lease");
    Cache.Pending second = ask(60_000, "soft");

    assertThat(put("x", began, outdated)).isEqualTo(PutOutcome.STORED);

    assertThat(outcome(plain)).isEqualTo("fresh x");
    assertThat(outcome(second)).isEqualTo("waits");
    put("y", lease(soft));
    assertThat(outcome(second)).isEqualTo("fresh y");
  }

  @Test
  void aPurgeOfTheKeyIsForWhoeverGeneratesIt() {
    lead(alice);
    Cache.Pending before = ask(60_000);
    cache.purge(KEY);
    time.advance(LeaseTable.OVERTAKE_AFTER);
    assertThat(outcome(before)).isEqualTo("miss, lease");
  }

  @Test
  void whatOnlyMakesStaleIsWaitedFor() {
    AsOf began = leadsOver(alice);
    Cache.Pending before = ask(60_000);
    invalidate(60, "a");
    time.advance(1_000);
    Cache.Pending after = ask(50_000);
    assertThat(outcome(after)).isEqualTo("waits");
    put("x", began, 0, "a");
    assertThat(outcome(before)).isEqualTo("stale x");
    assertThat(outcome(after)).isEqualTo("stale x");
  }

  @Test
  void onceItsDeadlineHasPassedItIsNot() {
    leadsOver(alice);
    invalidate(5, "a");
    time.advance(5_000);
    assertThat(outcome(ask(60_000))).isEqualTo("miss, lease");
  }

  @Test
  void whatDoesNotConcernTheKeyIsNothingToIt() {
    leadsOver(alice);
    Cache.Pending follower = ask(60_000);
    invalidate(0, "other");
    time.advance(LeaseTable.OVERTAKE_AFTER);
    assertThat(outcome(follower)).isEqualTo("waits");
    assertThat(outcome(ask(60_000))).isEqualTo("waits");
  }

  @Test
  void withoutABudgetNobodyIsGrantedMoreThanOneLeasePerInvalidation() {
    leadsOver(alice);
    invalidate(0, "a");
    assertThat(outcome(ask(0))).isEqualTo("miss, lease");
    assertThat(outcome(ask(0))).isEqualTo("miss");
  }
}
