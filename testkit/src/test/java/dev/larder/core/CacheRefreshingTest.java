package dev.larder.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a cache tells those who were away. */
class CacheRefreshingTest extends CacheScenario {
  @Test
  void listsWhatWasMissed() {
    AsOf known = invalidate(0, "a");
    invalidate(0, "b");
    assertThat(cache.refresh(known).asOf()).isEqualTo(cache.asOf());
    assertThat(cache.refresh(known).missed().orElseThrow())
        .extracting(Invalidation::tags)
        .containsExactly(TagSet.of("b"));
  }

  @Test
  void nothingIsKnownOfAnotherHistory() {
    assertThat(cache.refresh(AsOf.NONE).missed()).isEmpty();
  }

  @Test
  void nothingIsKnownOfTheFuture() {
    var future = new AsOf(cache.asOf().store(), new Revision(1));
    assertThat(cache.refresh(future).missed()).isEmpty();
  }
}
