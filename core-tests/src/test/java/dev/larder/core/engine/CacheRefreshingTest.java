package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.Invalidation;
import dev.larder.core.Refreshed;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a cache tells those who were away. */
class CacheRefreshingTest extends CacheScenario {
  private Refreshed refresh(AsOf known) {
    return cache.refresh(known).toCompletableFuture().join();
  }

  private List<TagSet> missed(AsOf known) {
    return refresh(known).missed().invalidations().stream().map(Invalidation::tags).toList();
  }

  @Test
  void listsWhatWasMissed() {
    AsOf known = invalidate(0, "a");
    invalidate(0, "b");
    Refreshed refreshed = refresh(known);
    assertThat(refreshed.asOf()).isEqualTo(cache.asOf());
    assertThat(refreshed.missed().since()).isEqualTo(known.revision());
    assertThat(missed(known)).containsExactly(TagSet.of("b"));
  }

  @Test
  void listsEverythingToWhoKnowsNothing() {
    invalidate(0, "a");
    invalidate(0, "b");
    assertThat(refresh(AsOf.NONE).missed().since()).isEqualTo(Revision.ZERO);
    assertThat(missed(AsOf.NONE)).containsExactly(TagSet.of("a"), TagSet.of("b"));
  }

  @Test
  void listsEverythingToWhoKnowsAnotherHistory() {
    invalidate(0, "a");
    AsOf current = invalidate(0, "b");
    var other = new AsOf(new StoreIdentity(current.store().number() + 1), current.revision());
    assertThat(refresh(other).asOf()).isEqualTo(current);
    assertThat(missed(other)).containsExactly(TagSet.of("a"), TagSet.of("b"));
  }

  @Test
  void listsEverythingToWhoKnowsTheFuture() {
    AsOf current = invalidate(0, "a");
    var future = new AsOf(current.store(), current.revision().next());
    assertThat(refresh(future).missed().since()).isEqualTo(Revision.ZERO);
    assertThat(missed(future)).containsExactly(TagSet.of("a"));
  }

  @Test
  void tellsItsLogOfAFutureThatWasLost() {
    var lost = new ArrayList<Revision>();
    Cache doubtful = over(new Doubtful(stored.log(), lost));
    AsOf current = cache.asOf();
    doubtful.refresh(current);
    doubtful.refresh(AsOf.NONE);
    doubtful.refresh(new AsOf(new StoreIdentity(current.store().number() + 1), new Revision(7)));
    assertThat(lost).isEmpty();
    doubtful.refresh(new AsOf(current.store(), new Revision(7)));
    assertThat(lost).containsExactly(new Revision(7));
  }

  /** A log that records the loss it is notified of. */
  private record Doubtful(InvalidationLog log, List<Revision> lost) implements LogOver {
    @Override
    public void distrust(Revision known) {
      lost.add(known);
    }
  }

  @Test
  void listsNoMoreThanItsLimit() {
    IntStream.rangeClosed(0, MAX_LISTED).forEach(i -> invalidate(0, "t" + i));
    assertThat(refresh(AsOf.NONE).missed().since()).isEqualTo(new Revision(1));
    assertThat(missed(AsOf.NONE)).hasSize(MAX_LISTED);
  }
}
