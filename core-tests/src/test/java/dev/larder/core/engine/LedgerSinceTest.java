package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Invalidation;
import dev.larder.core.Missed;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which invalidations are listed for somebody who knows a revision, and how many. */
class LedgerSinceTest extends LedgerScenario {
  private static final int ALL = Limits.MAX_LISTED;

  private Missed missed(long known, int limit) {
    Missed missed = ledger.since(new Revision(known), limit);
    assertThat(missed.upTo()).isEqualTo(ledger.revision());
    return missed;
  }

  private List<Invalidation> since(long known) {
    Missed missed = missed(known, ALL);
    assertThat(missed.since()).as("nothing is left out").isEqualTo(new Revision(known));
    return missed.invalidations();
  }

  private void assertBegins(Missed missed, long since, Invalidation... listed) {
    assertThat(missed.since()).isEqualTo(new Revision(since));
    assertThat(missed.invalidations()).containsExactly(listed);
  }

  @Test
  void theLatestKnowsEverything() {
    invalidate(Invalidation.NOW, "a");
    assertThat(since(1)).isEmpty();
  }

  @Test
  void nothingHappenedInAnEmptyLedger() {
    assertThat(since(0)).isEmpty();
  }

  @Test
  void whatWasMissedIsListedInOrder() {
    invalidate(Invalidation.NOW, "a");
    Invalidation second = invalidate(5_000, "b");
    Invalidation third = invalidate(Invalidation.NEVER, "c", "d");
    assertThat(since(1)).containsExactly(second, third);
  }

  @Test
  void whatIsDominatedIsLeftOut() {
    invalidate(5_000, "a", "b");
    Invalidation later = invalidate(Invalidation.NOW, "a");
    assertThat(since(0))
        .containsExactly(new Invalidation(new Revision(1), TagSet.of("b"), 5_000), later);
  }

  @Test
  void aTagIsListedOncePerDeadlineThatCanMatter() {
    Invalidation first = invalidate(5_000, "a");
    Invalidation second = invalidate(9_000, "a");
    assertThat(since(0)).containsExactly(first, second);
    assertThat(since(1)).containsExactly(second);
  }

  @Test
  void oneRevisionIsListedPerDeadlineItsTagsHaveNow() {
    invalidate(5_000, "a", "b");
    now = 6_000;
    invalidate(9_000, "a");
    assertThat(since(0))
        .containsExactly(
            new Invalidation(new Revision(1), TagSet.of("a"), Invalidation.NOW),
            new Invalidation(new Revision(1), TagSet.of("b"), 5_000),
            new Invalidation(new Revision(2), TagSet.of("a"), 9_000));
  }

  @Test
  void whoComesFromTheFutureIsToldEverything() {
    Invalidation only = invalidate(Invalidation.NOW, "a");
    assertBegins(missed(2, ALL), 0, only);
    assertBegins(missed(Long.MAX_VALUE, ALL), 0, only);
  }

  @Test
  void aListBeginsAtTheFloorIfNotLater() {
    invalidate(Invalidation.NOW, "old");
    Invalidation second = invalidate(Invalidation.NOW, "a");
    invalidateMany("t", TAGS - 1);
    assertThat(ledger.floor()).isEqualTo(new Revision(1));

    Missed fromTheFloor = missed(1, ALL);
    assertThat(fromTheFloor.since()).isEqualTo(new Revision(1));
    assertThat(fromTheFloor.invalidations()).hasSize(2).startsWith(second);
    assertThat(missed(0, ALL)).isEqualTo(fromTheFloor);
    assertThat(missed(4, ALL)).isEqualTo(fromTheFloor);
    assertThat(since(2)).hasSize(1);
  }

  @Test
  void exactlyTheLimitIsListed() {
    Invalidation first = invalidate(Invalidation.NOW, "a");
    Invalidation second = invalidate(Invalidation.NOW, "b", "c");
    assertBegins(missed(0, 3), 0, first, second);
    assertBegins(missed(1, 2), 1, second);
  }

  @Test
  void overTheLimitTheNewestAreListed() {
    invalidate(Invalidation.NOW, "a");
    Invalidation second = invalidate(Invalidation.NOW, "b", "c");
    Invalidation third = invalidate(Invalidation.NOW, "d");
    assertBegins(missed(0, 3), 1, second, third);
  }

  @Test
  void aRevisionIsListedWholeOrNotAtAll() {
    invalidate(Invalidation.NOW, "a", "b", "c");
    Invalidation second = invalidate(Invalidation.NOW, "d");
    assertBegins(missed(0, 3), 1, second);
    assertBegins(missed(0, 1), 1, second);
  }

  @Test
  void whereNotEvenTheLastFitsNothingIsListed() {
    invalidate(Invalidation.NOW, "a");
    invalidate(Invalidation.NOW, "b", "c");
    assertBegins(missed(0, 1), 2);
  }

  @Test
  void everyDeadlineOfATagCounts() {
    invalidate(5_000, "a");
    Invalidation second = invalidate(9_000, "a");
    Invalidation third = invalidate(Invalidation.NOW, "b");
    assertBegins(missed(0, 2), 1, second, third);
  }

  @Test
  void aTagInvalidatedOftenDoesNotHideOthers() {
    Invalidation first = invalidate(5_000, "often");
    Invalidation second = invalidate(Invalidation.NOW, "b");
    Invalidation third = invalidate(9_000, "often");
    assertBegins(missed(0, 3), 0, first, second, third);
    assertBegins(missed(0, 2), 1, second, third);
    assertBegins(missed(0, 1), 2, third);
  }

  @Test
  void itBeginsAtTheEarliestRevisionWithinTheLimit() {
    var random = new Random(5);
    for (int i = 0; i < 200; i++) {
      long deadline = random.nextBoolean() ? Invalidation.NOW : now + random.nextInt(1_000);
      invalidate(
          deadline,
          IntStream.range(0, 1 + random.nextInt(4))
              .mapToObj(tag -> "t" + random.nextInt(40))
              .distinct()
              .toArray(String[]::new));
      now += random.nextInt(100);
    }
    for (int limit = 1; limit < 60; limit++) {
      long known = random.nextInt(200);
      long earliest = known;
      while (tags(since(earliest)) > limit) {
        earliest++;
      }
      Missed missed = missed(known, limit);
      assertThat(missed.since()).isEqualTo(new Revision(earliest));
      assertThat(missed.invalidations()).isEqualTo(since(earliest));
    }
  }

  private static int tags(List<Invalidation> invalidations) {
    return invalidations.stream().mapToInt(invalidation -> invalidation.tags().size()).sum();
  }

  @Test
  void longTagsCountByTheirBytes() {
    Ledger large = Ledger.empty(4 * TAGS);
    String padding = "é".repeat((TagSet.MAX_TAG_BYTES - 8) / 2);
    for (int i = 0; i < 2 * TAGS; i++) {
      TagSet tag = TagSet.of(padding + "%08d".formatted(i));
      large.apply(new Invalidation(large.revision().next(), tag, Invalidation.NOW), now);
    }
    int fit = MissedList.MAX_BYTES / (TagSet.MAX_TAG_BYTES + 20);
    Missed missed = large.since(Revision.ZERO, ALL);
    assertThat(missed.invalidations()).hasSize(fit);
    assertThat(missed.since()).isEqualTo(new Revision(2 * TAGS - fit));
  }

  @Test
  void asManyBytesAsMayBeListedAreListed() {
    int tagBytes = 4_076;
    int count = MissedList.MAX_BYTES / (tagBytes + 20);
    assertThat(count * (tagBytes + 20)).isEqualTo(MissedList.MAX_BYTES);
    Ledger large = Ledger.empty(4 * TAGS);
    for (int i = 0; i < count; i++) {
      TagSet tag = TagSet.of("x".repeat(tagBytes - 4) + "%04d".formatted(i));
      large.apply(new Invalidation(large.revision().next(), tag, Invalidation.NOW), now);
    }
    assertThat(large.since(Revision.ZERO, ALL).since()).isEqualTo(Revision.ZERO);
  }

  @Test
  void theLargestInvalidationIsListed() {
    String padding = "x".repeat(TagSet.MAX_TAG_BYTES - 4);
    invalidate(
        Invalidation.NOW,
        IntStream.range(0, TAGS)
            .mapToObj(i -> padding + "%04d".formatted(i))
            .toArray(String[]::new));
    assertThat(since(0)).hasSize(1);
  }
}
