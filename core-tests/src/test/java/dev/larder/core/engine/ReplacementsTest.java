package dev.larder.core.engine;

import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheKey;
import dev.larder.core.TagSet;
import dev.larder.core.spi.StoreException;
import dev.larder.testkit.ManualTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Which copies are invalidated together, which are tried again, and how many may wait. */
class ReplacementsTest {
  private static final CacheKey KEY = key("key");
  private static final CacheKey OTHER = key("other");

  private final ManualTime time = new ManualTime(1_000_000);

  /** What was invalidated, in order. */
  private final List<TagSet> invalidated = new ArrayList<>();

  /** How the next invalidations end, in order; those after them succeed at once. */
  private final Queue<CompletableFuture<Void>> outcomes = new ArrayDeque<>();

  private final Replacements replacements = new Replacements(time, this::invalidate);

  private CompletableFuture<Void> invalidate(TagSet tags) {
    invalidated.add(tags);
    CompletableFuture<Void> next = outcomes.poll();
    return next == null ? CompletableFuture.completedFuture(null) : next;
  }

  /** The next invalidation, which is under way until this is completed. */
  private CompletableFuture<Void> next() {
    var outcome = new CompletableFuture<Void>();
    outcomes.add(outcome);
    return outcome;
  }

  private int keysInvalidated() {
    return invalidated.stream().mapToInt(TagSet::size).sum();
  }

  @Test
  void whatIsReplacedWhileOneIsUnderWayIsInvalidatedTogetherAfterIt() {
    CompletableFuture<Void> first = next();
    replacements.replaced(KEY);
    replacements.replaced(OTHER);
    replacements.replaced(KEY);
    replacements.replaced(OTHER);
    assertThat(invalidated).containsExactly(TagSet.of(KEY.copyTag()));
    first.complete(null);
    assertThat(invalidated)
        .containsExactly(TagSet.of(KEY.copyTag()), TagSet.of(OTHER.copyTag(), KEY.copyTag()));
  }

  @Test
  void whatFailsIsTriedAgainUntilItSucceeds() {
    next().completeExceptionally(new StoreException("away"));
    next().completeExceptionally(new StoreException("away"));
    replacements.replaced(KEY);
    time.advance(Replacements.TRY_AGAIN_AFTER);
    assertThat(invalidated).hasSize(2);
    replacements.replaced(OTHER);
    assertThat(invalidated).hasSize(2);
    time.advance(Replacements.TRY_AGAIN_AFTER);
    assertThat(invalidated).hasSize(3);
    assertThat(invalidated.getLast()).isEqualTo(TagSet.of(KEY.copyTag(), OTHER.copyTag()));
    time.advance(Replacements.TRY_AGAIN_AFTER);
    assertThat(invalidated).hasSize(3);
  }

  @Test
  void noMoreWaitThanTheirBound() {
    CompletableFuture<Void> first = next();
    for (int i = 0; i < Replacements.MOST + 2; i++) {
      replacements.replaced(key("key" + i));
    }
    first.complete(null);
    assertThat(keysInvalidated()).isEqualTo(Replacements.MOST + 1);
  }

  @Test
  void whatIsDroppedIsInvalidatedTogetherLaterUpToItsBound() {
    for (int i = 0; i <= Replacements.MOST; i++) {
      replacements.dropped(key("key" + i));
    }
    assertThat(invalidated).isEmpty();
    assertThat(time.scheduled()).isEqualTo(1);
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(invalidated).hasSize(Math.ceilDiv(Replacements.MOST, TagSet.MAX_TAGS));
    assertThat(keysInvalidated()).isEqualTo(Replacements.MOST);
  }

  @Test
  void whatWaitsWhenItIsClosedIsNotInvalidated() {
    CompletableFuture<Void> first = next();
    replacements.replaced(KEY);
    replacements.replaced(OTHER);
    replacements.close();
    first.complete(null);
    assertThat(invalidated).hasSize(1);
  }

  @Test
  void whatFailsOnceItIsClosedIsNotTriedAgain() {
    CompletableFuture<Void> first = next();
    replacements.replaced(KEY);
    replacements.close();
    first.completeExceptionally(new StoreException("away"));
    replacements.replaced(KEY);
    time.advance(Replacements.TRY_AGAIN_AFTER);
    assertThat(invalidated).hasSize(1);
  }

  @Test
  void whatIsDroppedIsNotInvalidatedOnceItIsClosed() {
    replacements.dropped(KEY);
    replacements.close();
    replacements.dropped(KEY);
    time.advance(Replacements.DROPPED_KEPT);
    assertThat(invalidated).isEmpty();
  }
}
