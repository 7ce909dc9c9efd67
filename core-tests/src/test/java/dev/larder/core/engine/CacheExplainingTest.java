package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.Freshness;
import dev.larder.core.Freshness.Cause;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Explanation.Mark;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a cache says to whoever wants to know why. */
class CacheExplainingTest extends CacheScenario {
  private Explanation explain(String... softTags) {
    CacheEntry entry = cache.stored(KEY).toCompletableFuture().join().orElseThrow();
    return cache.explain(EntryHead.of(KEY, entry), TagSet.of(softTags));
  }

  private static Mark mark(String tag, boolean soft, long revision, long expiresAt) {
    return new Mark(tag, soft, new Revision(revision), expiresAt);
  }

  @Test
  void whatIsFreshHasNoMarks() {
    invalidate(0, "a");
    put("x", 0, "a");
    assertThat(explain("b")).isEqualTo(new Explanation(Freshness.FRESH, List.of(), Revision.ZERO));
    assertThat(explain().deciding(time.millis())).isEmpty();
  }

  @Test
  void whatIsOldIsSoByItsAge() {
    putting("x", cache.asOf(), 0, new CacheLife(0, 10, 20), 0);
    time.advance(10_000);
    assertThat(explain().freshness()).isEqualTo(new Freshness.Stale(Cause.AGE));
    time.advance(10_000);
    assertThat(explain().freshness()).isEqualTo(new Freshness.Expired(Cause.AGE));
  }

  @Test
  void theFirstMarkOfEachTagAfterItIsNamedAndTheEarliestThatExpiresItDecides() {
    put("x", 0, "a", "b");
    long later = time.millis() + 60_000;
    invalidate(60, "a");
    invalidate(CacheLife.NEVER, "a", "other");
    invalidate(60, "soft");
    invalidate(CacheLife.NEVER, "b");
    Explanation stale = explain("soft");
    assertThat(stale.freshness()).isEqualTo(new Freshness.Stale(Cause.TAG));
    assertThat(stale.marks())
        .containsExactly(
            mark("a", false, 1, later),
            mark("b", false, 4, Invalidation.NEVER),
            mark("soft", true, 3, later));
    assertThat(stale.deciding(time.millis())).contains(mark("a", false, 1, later));
    assertThat(explain().marks()).hasSize(2);

    invalidate(0, "b");
    Explanation expired = explain("soft");
    assertThat(expired.freshness()).isEqualTo(new Freshness.Expired(Cause.TAG));
    assertThat(expired.deciding(time.millis())).contains(mark("b", false, 5, Invalidation.NOW));
    assertThat(expired.deciding(later)).contains(mark("a", false, 1, later));
  }

  @Test
  void ofSeveralThatExpireItTheEarliestDecidesWhateverTheOrderOfItsTags() {
    put("x", 0, "a", "b");
    invalidate(0, "b");
    invalidate(0, "a");
    assertThat(explain().deciding(time.millis())).contains(mark("b", false, 1, Invalidation.NOW));
  }

  @Test
  void aPurgeIsAMarkOfTheKey() {
    put("x", 0);
    entries.fail();
    cache.purge(KEY);
    entries.recover();
    assertThat(explain().marks()).containsExactly(mark(KEY.purgeTag(), false, 1, Invalidation.NOW));
  }

  @Test
  void theFloorIsNamedBelowWhichEntriesAreForgotten() {
    put("x", 0, "a");
    for (int i = 0; i <= TagSet.MAX_TAGS; i++) {
      invalidate(0, "t" + i);
    }
    assertThat(explain().floor()).isEqualTo(new Revision(1));
    assertThat(explain().freshness()).isEqualTo(new Freshness.Expired(Cause.FORGOTTEN));
  }

  @Test
  void whoInvalidatedIsRememberedTheLatestFirst() {
    var source = new InvalidationSource("updateTag", "/edit", "one");
    cache.invalidate(TagSet.of("a"), 0, source);
    cache.purge(KEY, source);
    cache.purge(TagSet.of("b"), source);
    cache.invalidate(TagSet.of("c"), 60);
    List<AuditedInvalidation> all = audited(5, 10);
    assertThat(all)
        .extracting(each -> each.invalidation().revision().number())
        .containsExactly(4L, 3L, 2L, 1L);
    assertThat(all)
        .extracting(AuditedInvalidation::source)
        .containsExactly(InvalidationSource.NONE, source, source, source);
    assertThat(audited(4, 1))
        .containsExactly(
            AuditedInvalidation.of(
                new Invalidation(new Revision(3), TagSet.of("b"), Invalidation.NOW),
                time.millis(),
                source));
  }

  private List<AuditedInvalidation> audited(long before, int most) {
    return cache.audited(new Revision(before), most).toCompletableFuture().join();
  }

  @Test
  void theBytesOfAKeyAreKnownWithoutReadingIt() {
    assertThat(cache.size(KEY)).isZero();
    putting("twelve bytes", cache.asOf(), 0, FOREVER, 0);
    assertThat(cache.size(KEY)).isEqualTo(12);
  }

  @Test
  void aCacheIsUnusedUntilSomethingIsKeptOrAwaitedOrFollowed() {
    assertThat(cache.unused()).isTrue();
    Runnable unsubscribe = cache.subscribe(invalidation -> {});
    assertThat(cache.unused()).isFalse();
    unsubscribe.run();
    assertThat(cache.unused()).isTrue();
    long lease = lead(alice);
    assertThat(cache.unused()).isFalse();
    cache.release(KEY, lease);
    assertThat(cache.unused()).isTrue();
    put("x", 0);
    assertThat(cache.unused()).isFalse();
    stored.entries().remove(KEY);
    assertThat(cache.unused()).isTrue();
    invalidate(0, "a");
    assertThat(cache.unused()).isFalse();
  }

  @Test
  void aClosedCacheSaysSo() {
    assertThat(cache.closed()).isFalse();
    cache.close();
    assertThat(cache.closed()).isTrue();
  }
}
