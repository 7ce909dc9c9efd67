package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.Freshness;
import dev.larder.core.HotKey;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What a lookup finds, and what it is worth. */
class CacheReadingTest extends CacheScenario {
  @Test
  void whatIsNotThereIsAMiss() {
    assertThat(read()).isEqualTo("miss");
  }

  @Test
  void whatWasPutIsFresh() {
    put("x", 0);
    assertThat(read()).isEqualTo("fresh x");
  }

  @Test
  void whatIsFreshInMemoryIsAtHand() {
    put("x", 0, "a");
    var lookup = new Lookup(KEY, TagSet.EMPTY, true, 60_000);
    assertThat(cache.atHand(lookup)).isPresent();
    invalidate(60, "a");
    assertThat(cache.atHand(lookup)).as("stale").isEmpty();
    invalidate(0, "a");
    assertThat(cache.atHand(lookup)).as("expired").isEmpty();
  }

  @Test
  void nothingIsAtHandWhereOthersInvalidateToo() {
    put("x", 0);
    InvalidationLog shared = new SharedLog(stored.log());
    assertThat(over(shared).atHand(new Lookup(KEY, TagSet.EMPTY, false, 0))).isEmpty();
  }

  /** A log others append to. */
  private record SharedLog(InvalidationLog log) implements LogOver {
    @Override
    public boolean exclusive() {
      return false;
    }

    @Override
    public CompletionStage<Void> catchUp() {
      return new CompletableFuture<>();
    }
  }

  @Test
  void ageIsCountedFromTheBeginningOfGeneration() {
    putting("x", cache.asOf(), 0, new CacheLife(0, 10, 20), 4_000);
    time.advance(5_999);
    assertThat(read()).isEqualTo("fresh x");
    time.advance(1);
    assertThat(read()).isEqualTo("stale x");
    time.advance(10_000);
    assertThat(read()).isEqualTo("miss");
  }

  @Test
  void theReadersSoftTagsCount() {
    put("x", 0, "a");
    invalidate(0, "soft");
    assertThat(read()).isEqualTo("fresh x");
    assertThat(read("soft")).isEqualTo("miss");
  }

  @Test
  void aStoreThatFailsIsAMiss() {
    put("x", 0);
    entries.fail();
    assertThat(read()).isEqualTo("miss");
  }

  @Test
  void theOutcomeNamesTheRevisionItIsTrueFor() {
    AsOf asOf = invalidate(0, "a");
    var lookup = new Lookup(KEY, TagSet.EMPTY, false, 0);
    LookupOutcome outcome = cache.lookup(lookup, alice).outcome().toCompletableFuture().join();
    assertThat(outcome.asOf()).isEqualTo(asOf);
  }

  @Test
  void withoutAWishForALeaseNobodyWaits() {
    lead(alice);
    var lookup = new Lookup(KEY, TagSet.EMPTY, false, 60_000);
    assertThat(outcome(cache.lookup(lookup, bob))).isEqualTo("miss");
  }

  @Test
  void anInvalidationWhileTheStoreReadsCounts() {
    put("x", 0, "a");
    entries.hold();
    Cache.Pending pending = ask(alice, 0);
    invalidate(0, "a");
    entries.letAll();
    assertThat(outcome(pending)).isEqualTo("miss, lease");
  }

  @Test
  void theHottestKeysAreTheStores() {
    put("x", 0);
    assertThat(cache.hottest(5).toCompletableFuture().join()).containsExactly(new HotKey(KEY, 1));
  }

  @Test
  void aStoreThatCannotTellHasNoHottestKeys() {
    put("x", 0);
    entries.fail();
    assertThat(cache.hottest(5).toCompletableFuture().join()).isEmpty();
  }

  @Test
  void whatIsStoredIsShownByItsHeads() {
    put("value", 0, "a");
    var heads = new ArrayList<EntryHead>();
    cache.walk(Optional.empty(), 1_000, heads::add).toCompletableFuture().join();
    assertThat(heads).extracting(EntryHead::key).containsExactly(KEY);
    assertThat(cache.freshness(heads.getFirst())).isEqualTo(Freshness.FRESH);
    invalidate(0, "a");
    assertThat(cache.freshness(heads.getFirst())).isInstanceOf(Freshness.Expired.class);
    assertThat(cache.ordered()).isEqualTo(stored.entries().ordered());
  }
}
