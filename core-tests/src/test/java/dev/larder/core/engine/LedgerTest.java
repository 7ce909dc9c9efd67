package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.Freshness;
import dev.larder.core.Freshness.Cause;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.Missed;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private static final CacheKey KEY = key("key");
  private static final int TAGS = TagSet.MAX_TAGS;
  private static final Freshness EXPIRED_BY_TAG = new Freshness.Expired(Cause.TAG);
  private static final Freshness STALE_BY_TAG = new Freshness.Stale(Cause.TAG);
  private static final Freshness FORGOTTEN = new Freshness.Expired(Cause.FORGOTTEN);

  private final Ledger ledger = Ledger.empty(TAGS);
  private long now = 1_000;

  private Invalidation invalidate(long deadline, String... tags) {
    var invalidation = new Invalidation(ledger.revision().next(), TagSet.of(tags), deadline);
    ledger.apply(invalidation, now);
    return invalidation;
  }

  private void invalidateMany(String prefix, int count) {
    invalidate(
        Invalidation.NOW,
        IntStream.range(0, count).mapToObj(i -> prefix + i).toArray(String[]::new));
  }

  private Freshness freshness(CacheEntry entry, String... softTags) {
    return ledger.freshness(KEY, entry, TagSet.of(softTags), now);
  }

  @Nested
  class FreshnessFromAge {
    private final CacheEntry entry = entry(new byte[0], 0, new CacheLife(0, 10, 20), 1_000, "a");

    private Freshness after(long millis) {
      return ledger.freshness(KEY, entry, TagSet.EMPTY, 1_000 + millis);
    }

    @Test
    void isFreshUntilRevalidate() {
      assertThat(after(9_999)).isEqualTo(Freshness.FRESH);
    }

    @Test
    void isStaleFromRevalidateOn() {
      assertThat(after(10_000)).isEqualTo(new Freshness.Stale(Cause.AGE));
      assertThat(after(19_999)).isEqualTo(new Freshness.Stale(Cause.AGE));
    }

    @Test
    void isExpiredFromExpireOn() {
      assertThat(after(20_000)).isEqualTo(new Freshness.Expired(Cause.AGE));
    }

    @Test
    void neverIsNever() {
      CacheEntry forever = entry("x", 0, "a");
      assertThat(ledger.freshness(KEY, forever, TagSet.EMPTY, Long.MAX_VALUE / 2))
          .isEqualTo(Freshness.FRESH);
    }

    @Test
    void anEntryFromTheFutureIsNew() {
      assertThat(after(-5_000)).isEqualTo(Freshness.FRESH);
    }

    @Test
    void expiryByAgeWinsOverStalenessByTag() {
      invalidate(Invalidation.NEVER, "a");
      assertThat(after(20_000)).isEqualTo(new Freshness.Expired(Cause.AGE));
    }

    @Test
    void expiryByTagWinsOverStalenessByAge() {
      invalidate(Invalidation.NOW, "a");
      assertThat(after(10_000)).isEqualTo(EXPIRED_BY_TAG);
    }
  }

  @Nested
  class FreshnessFromTags {
    @Test
    void anInvalidationAfterTheEntryExpiresIt() {
      invalidate(Invalidation.NOW, "a");
      assertThat(freshness(entry("x", 0, "a"))).isEqualTo(EXPIRED_BY_TAG);
    }

    @Test
    void anInvalidationOfAnotherTagDoesNot() {
      invalidate(Invalidation.NOW, "b");
      assertThat(freshness(entry("x", 0, "a"))).isEqualTo(Freshness.FRESH);
    }

    @Test
    void anEntryMadeAsOfTheInvalidationIsNotTouched() {
      invalidate(Invalidation.NOW, "a");
      assertThat(freshness(entry("x", 1, "a"))).isEqualTo(Freshness.FRESH);
    }

    @Test
    void anEntryMadeBetweenTwoSeesTheSecondOnly() {
      invalidate(Invalidation.NOW, "a");
      invalidate(Invalidation.NEVER, "a");
      assertThat(freshness(entry("x", 1, "a"))).isEqualTo(STALE_BY_TAG);
    }

    @Test
    void theStrongestOfAllTagsDecides() {
      invalidate(Invalidation.NEVER, "a");
      invalidate(Invalidation.NOW, "b");
      assertThat(freshness(entry("x", 0, "a", "b"))).isEqualTo(EXPIRED_BY_TAG);
      assertThat(freshness(entry("x", 0, "b", "a"))).isEqualTo(EXPIRED_BY_TAG);
    }

    @Test
    void aDeadlineExpiresTheEntryWhenItPasses() {
      invalidate(5_000, "a");
      assertThat(freshness(entry("x", 0, "a"))).isEqualTo(STALE_BY_TAG);
      now = 5_000;
      assertThat(freshness(entry("x", 0, "a"))).isEqualTo(EXPIRED_BY_TAG);
    }

    @Test
    void anEntryWithoutTagsIsNeverTouched() {
      invalidate(Invalidation.NOW, "a");
      assertThat(freshness(entry("x", 0))).isEqualTo(Freshness.FRESH);
    }
  }

  @Nested
  class FreshnessFromTheKey {
    private Freshness of(String name, long made) {
      return ledger.freshness(key(name), entry("x", made), TagSet.EMPTY, now);
    }

    @Test
    void anInvalidationOfItsTagExpiresTheEntryOfThatKeyOnly() {
      invalidate(Invalidation.NOW, key("key").purgeTag());
      assertThat(of("key", 0)).isEqualTo(EXPIRED_BY_TAG);
      assertThat(of("other", 0)).isEqualTo(Freshness.FRESH);
    }

    @Test
    void anEntryMadeAfterwardsIsNotTouched() {
      invalidate(Invalidation.NOW, key("key").purgeTag());
      assertThat(of("key", 1)).isEqualTo(Freshness.FRESH);
    }

    @Test
    void theTagIsTheKeyInHexadecimal() {
      assertThat(CacheKey.of(new byte[] {0, (byte) 0xab}).purgeTag())
          .isEqualTo("larder:purge:00ab");
    }

    @Test
    void itStrengthensTheEffectOfOtherTags() {
      invalidate(Invalidation.NEVER, "a");
      invalidate(Invalidation.NOW, KEY.purgeTag());
      assertThat(freshness(entry("x", 0, "a"))).isEqualTo(EXPIRED_BY_TAG);
    }

    @Test
    void aHeadIsJudgedByItsKeyToo() {
      invalidate(Invalidation.NOW, KEY.purgeTag());
      assertThat(ledger.freshness(EntryHead.of(KEY, entry("x", 0)), now)).isEqualTo(EXPIRED_BY_TAG);
    }

    @Test
    void oneThatIsForgottenTakesNoOtherWithIt() {
      long before = ledger.revision().number();
      invalidate(Invalidation.NOW, key("forgotten").purgeTag());
      invalidate(Invalidation.NOW, key("key").purgeTag());
      invalidate(Invalidation.NOW, key("key").purgeTag());
      for (int i = 0; i < TAGS - 1; i++) {
        invalidate(Invalidation.NOW, key("filler " + i).copyTag());
      }
      assertThat(ledger.keyFloor().number()).isEqualTo(before + 1);
      assertThat(ledger.floor()).isEqualTo(Revision.ZERO);
      assertThat(ledger.keys()).isEqualTo(TAGS);
      assertThat(of("forgotten", before)).isEqualTo(Freshness.FRESH);
      assertThat(of("key", before + 2)).isEqualTo(EXPIRED_BY_TAG);
    }

    @Test
    void theLongestKeyHasATag() {
      CacheKey longest = CacheKey.of(new byte[CacheKey.MAX_BYTES]);
      invalidate(Invalidation.NOW, longest.purgeTag());
      assertThat(ledger.freshness(longest, entry("x", 0), TagSet.EMPTY, now))
          .isEqualTo(EXPIRED_BY_TAG);
    }
  }

  @Nested
  class FreshnessFromSoftTags {
    @Test
    void countForTheReaderWhoNamesThem() {
      invalidate(Invalidation.NOW, "_N_T_/page");
      CacheEntry entry = entry("x", 0, "a");
      assertThat(freshness(entry, "_N_T_/page")).isEqualTo(EXPIRED_BY_TAG);
      assertThat(freshness(entry, "_N_T_/other")).isEqualTo(Freshness.FRESH);
      assertThat(freshness(entry)).isEqualTo(Freshness.FRESH);
    }

    @Test
    void strengthenTheEffectOfTheEntrysOwn() {
      invalidate(Invalidation.NEVER, "a");
      invalidate(Invalidation.NOW, "soft");
      assertThat(freshness(entry("x", 0, "a"), "soft")).isEqualTo(EXPIRED_BY_TAG);
    }

    @Test
    void doNotWeakenTheEffectOfTheEntrysOwn() {
      invalidate(Invalidation.NOW, "a");
      invalidate(Invalidation.NEVER, "soft");
      assertThat(freshness(entry("x", 0, "a"), "soft")).isEqualTo(EXPIRED_BY_TAG);
    }

    @Test
    void makeStaleToo() {
      invalidate(Invalidation.NEVER, "soft");
      assertThat(freshness(entry("x", 0, "a"), "soft")).isEqualTo(STALE_BY_TAG);
    }
  }

  @Nested
  class Applying {
    @Test
    void revisionsFollowEachOther() {
      invalidate(Invalidation.NOW, "a");
      var gap = new Invalidation(new Revision(3), TagSet.of("a"), Invalidation.NOW);
      assertThatThrownBy(() -> ledger.apply(gap, now)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theSameRevisionIsNotAppliedTwice() {
      Invalidation first = invalidate(Invalidation.NOW, "a");
      assertThatThrownBy(() -> ledger.apply(first, now))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("1");
    }

    @Test
    void aRefusedOneChangesNothing() {
      invalidate(Invalidation.NOW, "a");
      var gap = new Invalidation(new Revision(3), TagSet.of("b"), Invalidation.NOW);
      assertThatThrownBy(() -> ledger.apply(gap, now)).isInstanceOf(IllegalStateException.class);
      assertThat(ledger.revision()).isEqualTo(new Revision(1));
      assertThat(freshness(entry("x", 0, "b"))).isEqualTo(Freshness.FRESH);
    }
  }

  @Nested
  class Bounded {
    @Test
    void aLedgerSmallerThanOneInvalidationIsRefused() {
      assertThatThrownBy(() -> Ledger.empty(TAGS - 1))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("1023");
    }

    @Test
    void upToItsBoundNothingIsForgotten() {
      invalidateMany("t", TAGS);
      assertThat(ledger.size()).isEqualTo(TAGS);
      assertThat(ledger.floor()).isEqualTo(Revision.ZERO);
    }

    @Test
    void whatWasInvalidatedLongestAgoIsForgottenFirst() {
      invalidate(Invalidation.NEVER, "old");
      invalidateMany("t", TAGS - 1);
      invalidate(Invalidation.NOW, "new");

      assertThat(ledger.size()).isEqualTo(TAGS);
      assertThat(ledger.floor()).isEqualTo(new Revision(1));
    }

    @Test
    void entriesBelowTheFloorAreExpired() {
      invalidate(Invalidation.NEVER, "old");
      invalidateMany("t", TAGS - 1);
      invalidate(Invalidation.NOW, "new");

      assertThat(freshness(entry("x", 0))).isEqualTo(FORGOTTEN);
      assertThat(freshness(entry("x", 1))).isEqualTo(Freshness.FRESH);
      assertThat(freshness(entry("x", 1, "new"))).isEqualTo(EXPIRED_BY_TAG);
    }

    @Test
    void aTagInvalidatedAgainIsYoung() {
      invalidate(Invalidation.NEVER, "again");
      invalidate(Invalidation.NEVER, "old");
      invalidate(Invalidation.NEVER, "again");
      invalidateMany("t", TAGS - 1);

      assertThat(ledger.floor()).isEqualTo(new Revision(2));
      assertThat(freshness(entry("x", 2, "again"))).isEqualTo(STALE_BY_TAG);
    }

    @Test
    void theFloorNeverSinks() {
      Revision floor = Revision.ZERO;
      for (int i = 0; i < 50; i++) {
        invalidateMany("t" + i + "-", 300);
        assertThat(ledger.floor()).isGreaterThanOrEqualTo(floor);
        floor = ledger.floor();
        assertThat(ledger.size()).isLessThanOrEqualTo(TAGS);
      }
      assertThat(floor).isEqualTo(new Revision(47));
    }
  }

  @Nested
  class Since {
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

  /** Readers must see an invalidation of several tags with all of them or not at all. */
  @Nested
  class ConcurrentReaders {
    private static final int INVALIDATIONS = 20_000;

    @Test
    void seeAllTagsOfAnInvalidationOrNone() {
      var done = new AtomicBoolean();
      List<CompletableFuture<Integer>> readers = new ArrayList<>();
      for (int reader = 0; reader < 2; reader++) {
        var random = new Random(reader);
        readers.add(
            CompletableFuture.supplyAsync(() -> torn(done, random), Thread::startVirtualThread));
      }
      for (int i = 0; i < INVALIDATIONS; i++) {
        invalidate(i % 3 == 0 ? Invalidation.NOW : Invalidation.NEVER, "a", "b", "c", "d");
      }
      done.set(true);
      assertThat(readers).allSatisfy(reader -> assertThat(reader.join()).isZero());
    }

    /** How often an entry seen through one tag contradicted what the other tags said after. */
    private int torn(AtomicBoolean done, Random random) {
      List<String> tags = List.of("a", "b", "c", "d");
      int torn = 0;
      while (!done.get()) {
        CacheEntry entry =
            entry(new byte[0], ledger.revision().number(), FOREVER, 0, tags.get(random.nextInt(4)));
        boolean affected =
            !(ledger.freshness(KEY, entry, TagSet.EMPTY, now) instanceof Freshness.Fresh);
        if (affected) {
          for (String tag : tags) {
            CacheEntry other = entry(new byte[0], entry.revision().number(), FOREVER, 0, tag);
            torn +=
                ledger.freshness(KEY, other, TagSet.EMPTY, now) instanceof Freshness.Fresh ? 1 : 0;
          }
        }
      }
      return torn;
    }
  }
}
