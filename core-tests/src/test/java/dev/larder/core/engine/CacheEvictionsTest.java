package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.Invalidation;
import dev.larder.core.Lookup;
import dev.larder.core.Missed;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** However many keys are purged, and whatever is replaced: it changes nothing for others. */
class CacheEvictionsTest extends CacheScenario {
  private static final int MANY = 5 * TagSet.MAX_TAGS;

  private void purge(int keys) {
    for (int i = 0; i < keys; i++) {
      cache.purge(key("purged" + i)).toCompletableFuture().join();
      // As the log is compacted.
      time.advance(0);
    }
  }

  @Test
  void entriesOfOtherKeysStayFresh() {
    put("x", 0, "a");
    invalidate(60, "b");
    purge(MANY);
    assertThat(read()).isEqualTo("fresh x");
    assertThat(cache.stats().floor()).isEqualTo(Revision.ZERO);
    assertThat(cache.stats().tags()).isEqualTo(1);
    invalidate(0, "a");
    assertThat(read()).isEqualTo("miss");
  }

  @Test
  void aRestartChangesNothing() {
    put("x", 0, "a");
    invalidate(0, "b");
    purge(MANY);
    Cache again = over(stored.log());
    assertThat(again.stats().floor()).isEqualTo(Revision.ZERO);
    assertThat(again.stats().tags()).isEqualTo(1);
    var lookup = new Lookup(KEY, TagSet.EMPTY, false, 0);
    assertThat(outcome(again.lookup(lookup, alice))).isEqualTo("fresh x");
    again.close();
  }

  @Test
  void aGenerationUnderWayIsTaken() {
    long lease = lead(alice);
    AsOf began = cache.asOf();
    Cache.Pending follower = ask(60_000);
    purge(TagSet.MAX_TAGS / 2);
    time.advance(LeaseTable.OVERTAKE_AFTER);
    assertThat(outcome(follower)).isEqualTo("waits");
    assertThat(put("x", began, lease, "a")).isEqualTo(PutOutcome.STORED);
    assertThat(outcome(follower)).isEqualTo("fresh x");
  }

  @Test
  void whatMayHaveBeenPurgedSinceIsNot() {
    AsOf began = cache.asOf();
    cache.purge(KEY).toCompletableFuture().join();
    purge(MANY);
    assertThat(put("x", began, 0, "a")).isEqualTo(PutOutcome.EXPIRED);
    Cache again = over(stored.log());
    assertThat(again.put(new Put(KEY, began, 0, TagSet.EMPTY, FOREVER, 0, 0, new byte[0])))
        .isCompletedWithValue(PutOutcome.EXPIRED);
    again.close();
  }

  @Test
  void whoBeginsIsToldOfTagsFirst() {
    invalidate(0, "a");
    purge(MANY);
    Missed missed = cache.refresh(AsOf.NONE).toCompletableFuture().join().missed();
    assertThat(missed.since()).isEqualTo(Revision.ZERO);
    assertThat(missed.invalidations().getFirst().tags()).isEqualTo(TagSet.of("a"));
  }

  @Test
  void whoWasAwayForTooManyForgetsWhatHeKept() {
    AsOf known = cache.asOf();
    purge(MANY);
    Missed missed = cache.refresh(known).toCompletableFuture().join().missed();
    assertThat(missed.since().number()).isGreaterThan(known.revision().number());
    AsOf later = cache.asOf();
    cache.purge(KEY).toCompletableFuture().join();
    missed = cache.refresh(later).toCompletableFuture().join().missed();
    assertThat(missed.since()).isEqualTo(later.revision());
    assertThat(missed.invalidations())
        .extracting(Invalidation::tags)
        .isEqualTo(List.of(TagSet.of(KEY.purgeTag(), KEY.copyTag())));
  }
}
