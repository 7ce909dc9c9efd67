package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Invalidation;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import dev.larder.testkit.Entries;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Whoever keeps a copy of an entry that is replaced while it is fresh is told. */
class CacheReplacingTest extends CacheScenario {
  private static final CacheLife BRIEF = new CacheLife(0, 1, 60);

  private final List<Invalidation> told = new ArrayList<>();
  private final Runnable unsubscribe = cache.subscribe(told::add);

  private void assertTold(int times) {
    assertThat(told).extracting(Invalidation::tags).allMatch(TagSet.of(KEY.copyTag())::equals);
    assertThat(told).hasSize(times);
  }

  @Test
  void whatIsFreshIsToldOf() {
    put("first", 0, "a");
    assertTold(0);
    put("second", 0, "a");
    assertTold(1);
    assertThat(read()).isEqualTo("fresh second");
  }

  @Test
  void whatCannotEvenBeBegunIsToldLater() {
    for (Throwable fault :
        List.of(new IllegalStateException("injected"), new InternalError("injected"))) {
      var failing = new AtomicBoolean(true);
      Cache other = over(new FaultyLog(stored.log(), failing, fault));
      var toldHere = new ArrayList<Invalidation>();
      other.subscribe(toldHere::add);
      byte[] value = new byte[0];
      for (int i = 0; i < 2; i++) {
        var put =
            new Put(
                KEY,
                other.asOf(),
                0,
                TagSet.of("a"),
                Entries.FOREVER,
                0,
                CacheEntry.checksum(value),
                value);
        assertThat(other.put(put)).isCompletedWithValue(PutOutcome.STORED);
      }
      assertThat(toldHere).isEmpty();
      failing.set(false);
      time.advance(Replacements.TRY_AGAIN_AFTER);
      assertThat(toldHere).extracting(Invalidation::tags).containsExactly(TagSet.of(KEY.copyTag()));
      other.close();
    }
  }

  /** A log that may throw what it is given. */
  private record FaultyLog(InvalidationLog log, AtomicBoolean failing, Throwable fault)
      implements LogOver {
    @Override
    public CompletionStage<Invalidation> append(TagSet tags, long expire) {
      if (!failing.get()) {
        return log.append(tags, expire);
      }
      if (fault instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) fault;
    }
  }

  @Test
  void whatIsStaleByAgeIsNot() {
    putting("first", cache.asOf(), 0, BRIEF, 0);
    time.advance(1_000);
    putting("second", cache.asOf(), 0, BRIEF, 0);
    assertTold(0);
  }

  @Test
  void whatWasInvalidatedIsNot() {
    put("first", 0, "a");
    invalidate(60, "a");
    put("second", 0, "a");
    invalidate(0, "a");
    put("third", 0, "a");
    told.removeIf(invalidation -> invalidation.tags().equals(TagSet.of("a")));
    assertTold(0);
  }

  @Test
  void whatOnlySomeReadersMayNotHaveIs() {
    put("first", 0);
    invalidate(0, "soft");
    told.clear();
    put("second", lead(alice, "soft"));
    assertTold(1);
  }

  @Test
  void aRefusedEntryReplacesNothing() {
    AsOf began = cache.asOf();
    invalidate(0, "a");
    put("first", 0);
    told.clear();
    put("expired", began, 0, "a");
    put("superseded", began, 0);
    putting("unshareable", cache.asOf(), 0, new CacheLife(0, 0, 0), 0);
    assertTold(0);
  }

  @Test
  void whoUnsubscribedIsToldNothing() {
    unsubscribe.run();
    put("first", 0);
    put("second", 0);
    assertTold(0);
  }

  @Test
  void whatIsReplacedMeanwhileIsToldTogether() {
    var asked = new ArrayList<TagSet>();
    var first = new CompletableFuture<Void>();
    var replacements =
        new Replacements(
            time,
            tags -> {
              asked.add(tags);
              return asked.size() == 1 ? first : CompletableFuture.completedFuture(null);
            });
    replacements.replaced(KEY);
    CacheKey other = CacheKey.of(new byte[] {7});
    replacements.replaced(other);
    replacements.replaced(KEY);
    replacements.replaced(other);
    assertThat(asked).containsExactly(TagSet.of(KEY.copyTag()));
    first.complete(null);
    assertThat(asked).hasSize(2);
    assertThat(asked.getLast()).isEqualTo(TagSet.of(other.copyTag(), KEY.copyTag()));
  }

  @Test
  void whatCannotBeToldIsToldLater() {
    var asked = new ArrayList<TagSet>();
    var replacements =
        new Replacements(
            time,
            tags -> {
              asked.add(tags);
              return asked.size() < 3
                  ? CompletableFuture.failedFuture(new StoreException("away"))
                  : CompletableFuture.completedFuture(null);
            });
    replacements.replaced(KEY);
    time.advance(Replacements.TRY_AGAIN_AFTER);
    assertThat(asked).hasSize(2);
    replacements.replaced(CacheKey.of(new byte[] {7}));
    assertThat(asked).hasSize(2);
    time.advance(Replacements.TRY_AGAIN_AFTER);
    assertThat(asked).hasSize(3);
    assertThat(asked.getLast())
        .isEqualTo(TagSet.of(KEY.copyTag(), CacheKey.of(new byte[] {7}).copyTag()));
    time.advance(Replacements.TRY_AGAIN_AFTER);
    assertThat(asked).hasSize(3);
  }

  @Test
  void whatWaitsWhenItIsClosedIsNotTold() {
    var asked = new ArrayList<TagSet>();
    var first = new CompletableFuture<Void>();
    var replacements =
        new Replacements(
            time,
            tags -> {
              asked.add(tags);
              return first;
            });
    replacements.replaced(KEY);
    replacements.replaced(CacheKey.of(new byte[] {7}));
    replacements.close();
    first.complete(null);
    assertThat(asked).hasSize(1);
  }

  @Test
  void noMoreWaitThanTheirBound() {
    var asked = new ArrayList<TagSet>();
    var first = new CompletableFuture<Void>();
    var replacements =
        new Replacements(
            time,
            tags -> {
              asked.add(tags);
              return asked.size() == 1 ? first : CompletableFuture.completedFuture(null);
            });
    for (int i = 0; i < Replacements.MOST + 2; i++) {
      replacements.replaced(Entries.key("key" + i));
    }
    first.complete(null);
    assertThat(asked.stream().mapToInt(TagSet::size).sum()).isEqualTo(Replacements.MOST + 1);
  }

  @Test
  void onceItIsClosedNobodyIsTold() {
    var asked = new ArrayList<TagSet>();
    var never = new CompletableFuture<Void>();
    var replacements =
        new Replacements(
            time,
            tags -> {
              asked.add(tags);
              return never;
            });
    replacements.replaced(KEY);
    replacements.close();
    never.completeExceptionally(new StoreException("away"));
    replacements.replaced(KEY);
    time.advance(Replacements.TRY_AGAIN_AFTER);
    assertThat(asked).hasSize(1);
  }
}
