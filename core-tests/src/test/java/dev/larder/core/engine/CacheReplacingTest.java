package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.Invalidation;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.testkit.Entries;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** An entry that is replaced while it is fresh has its copies invalidated. */
class CacheReplacingTest extends CacheScenario {
  private static final CacheLife BRIEF = new CacheLife(0, 1, 60);

  private final List<Invalidation> notified = new ArrayList<>();
  private final Runnable unsubscribe = cache.subscribe(notified::add);

  private void assertNotified(int times) {
    assertThat(notified).extracting(Invalidation::tags).allMatch(TagSet.of(KEY.copyTag())::equals);
    assertThat(notified).hasSize(times);
  }

  @Test
  void whatIsFreshIsNotifiedOf() {
    put("first", 0, "a");
    assertNotified(0);
    put("second", 0, "a");
    assertNotified(1);
    assertThat(read()).isEqualTo("fresh second");
  }

  @Test
  void whatCannotEvenBeBegunIsToldLater() {
    for (Throwable fault :
        List.of(new IllegalStateException("injected"), new InternalError("injected"))) {
      var failing = new AtomicBoolean(true);
      Cache other = over(new FaultyLog(stored.log(), failing, fault));
      var notifiedHere = new ArrayList<Invalidation>();
      other.subscribe(notifiedHere::add);
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
      assertThat(notifiedHere).isEmpty();
      failing.set(false);
      time.advance(Replacements.TRY_AGAIN_AFTER);
      assertThat(notifiedHere)
          .extracting(Invalidation::tags)
          .containsExactly(TagSet.of(KEY.copyTag()));
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
    assertNotified(0);
  }

  @Test
  void whatWasInvalidatedIsNot() {
    put("first", 0, "a");
    invalidate(60, "a");
    put("second", 0, "a");
    invalidate(0, "a");
    put("third", 0, "a");
    notified.removeIf(invalidation -> invalidation.tags().equals(TagSet.of("a")));
    assertNotified(0);
  }

  @Test
  void whatOnlySomeReadersMayNotHaveIs() {
    put("first", 0);
    invalidate(0, "soft");
    notified.clear();
    put("second", lead(alice, "soft"));
    assertNotified(1);
  }

  @Test
  void aRefusedEntryReplacesNothing() {
    AsOf began = cache.asOf();
    invalidate(0, "a");
    put("first", 0);
    notified.clear();
    put("expired", began, 0, "a");
    put("superseded", began, 0);
    putting("unshareable", cache.asOf(), 0, new CacheLife(0, 0, 0), 0);
    assertNotified(0);
  }

  @Test
  void whoUnsubscribedIsToldNothing() {
    unsubscribe.run();
    put("first", 0);
    put("second", 0);
    assertNotified(0);
  }
}
