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
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What is fresh, stale or expired by a ledger, and what it remembers. */
class LedgerTest extends LedgerScenario {
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
