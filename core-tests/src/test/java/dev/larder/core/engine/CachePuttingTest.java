package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import org.junit.jupiter.api.Test;

/** Which entries are taken, by their stamps and their age. */
class CachePuttingTest extends CacheScenario {
  @Test
  void anEntryAlreadyExpiredByItsStampIsRefused() {
    AsOf began = cache.asOf();
    invalidate(0, "a");
    assertThat(put("x", began, 0, "a")).isEqualTo(PutOutcome.EXPIRED);
    assertThat(read()).isEqualTo("miss");
  }

  @Test
  void anEntryAlreadyStaleByItsStampIsKeptAsStale() {
    AsOf began = cache.asOf();
    invalidate(60, "a");
    assertThat(put("x", began, 0, "a")).isEqualTo(PutOutcome.STORED);
    assertThat(read()).isEqualTo("stale x");
  }

  @Test
  void anEntryWhoseDeadlineHasPassedIsRefused() {
    AsOf began = cache.asOf();
    invalidate(60, "a");
    time.advance(60_000);
    assertThat(put("x", began, 0, "a")).isEqualTo(PutOutcome.EXPIRED);
  }

  @Test
  void anEntryOfANewerRevisionStays() {
    AsOf began = cache.asOf();
    invalidate(0, "other");
    put("new", 0);
    assertThat(put("old", began, 0)).isEqualTo(PutOutcome.SUPERSEDED);
    assertThat(read()).isEqualTo("fresh new");
  }

  @Test
  void withinOneRevisionArrivalDecides() {
    put("first", 0);
    assertThat(put("second", 0)).isEqualTo(PutOutcome.STORED);
    assertThat(read()).isEqualTo("fresh second");
  }

  @Test
  void withoutAStampIsRefused() {
    assertThat(put("x", AsOf.NONE, 0)).isEqualTo(PutOutcome.UNSTAMPED);
  }

  @Test
  void withAStampOfAnotherHistoryIsRefused() {
    var foreign = new AsOf(new StoreIdentity(42), Revision.ZERO);
    assertThat(put("x", foreign, 0)).isEqualTo(PutOutcome.UNSTAMPED);
  }

  @Test
  void withAStampOfTheFutureIsRefused() {
    var future = new AsOf(cache.asOf().store(), new Revision(1));
    assertThat(put("x", future, 0)).isEqualTo(PutOutcome.UNSTAMPED);
  }

  @Test
  void anEntryThatWasNeverToBeServedIsNotKept() {
    put("before", 0);
    assertThat(
            putting("x", cache.asOf(), 0, new CacheLife(0, 0, 0), 0).toCompletableFuture().join())
        .isEqualTo(PutOutcome.STORED);
    assertThat(read()).isEqualTo("fresh before");
  }

  @Test
  void anEntryTooOldToServeIsRefused() {
    assertThat(
            putting("x", cache.asOf(), 0, new CacheLife(0, 1, 2), 2_000)
                .toCompletableFuture()
                .join())
        .isEqualTo(PutOutcome.EXPIRED);
  }

  @Test
  void aStoreThatFailsDropsIt() {
    entries.fail();
    assertThat(put("x", 0)).isEqualTo(PutOutcome.DROPPED);
  }
}
