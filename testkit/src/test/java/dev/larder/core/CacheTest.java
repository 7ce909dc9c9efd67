package dev.larder.core;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Put.Outcome;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreException;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.MemoryStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** After each test everybody leaves, and nothing may be left: no lease, no wait, no timer. */
class CacheTest {
  private static final long LEASE = 10_000;
  private static final int MAX_WAITING = 4;
  private static final Namespace SHOP = new Namespace("shop");
  private static final CacheKey KEY = key("key");

  private final ManualTime time = new ManualTime(1_000_000);
  private final Random random = new Random(3);
  private final NamespaceStore stored =
      new MemoryStore(time, random).open(SHOP).toCompletableFuture().join();
  private final HeldEntries entries = new HeldEntries(stored.entries());
  private final List<Caller> callers = new ArrayList<>();
  private int opened;
  private final Caller alice = caller();
  private final Caller bob = caller();
  private final Cache cache = over(stored.log());

  private Cache over(InvalidationLog log) {
    opened++;
    return Cache.over(
        new NamespaceStore(entries, log),
        time,
        time,
        random,
        new Limits(TagSet.MAX_TAGS, LEASE, MAX_WAITING));
  }

  private Caller caller() {
    var caller = new Caller();
    callers.add(caller);
    return caller;
  }

  @AfterEach
  void nothingIsLeftOnceEverybodyIsGone() {
    callers.forEach(cache.leases()::close);
    assertThat(cache.leases().held()).isZero();
    assertThat(cache.leases().waiting()).isZero();
    assertThat(time.scheduled()).as("nothing but the sweeps").isLessThanOrEqualTo(opened);
  }

  /** What a lookup without a lease finds: {@code fresh x}, {@code stale x} or {@code miss}. */
  private String read(String... softTags) {
    var lookup = new Lookup(KEY, TagSet.of(softTags), false, 0);
    return told(cache.lookup(lookup, caller()).outcome());
  }

  private Cache.Pending ask(Caller caller, long budget, String... softTags) {
    return cache.lookup(new Lookup(KEY, TagSet.of(softTags), true, budget), caller);
  }

  private Cache.Pending ask(long budget, String... softTags) {
    return ask(caller(), budget, softTags);
  }

  private long lead(Caller caller, String... softTags) {
    return lease(ask(caller, 0, softTags));
  }

  private static String told(Cache.Pending pending) {
    return told(pending.outcome());
  }

  private static String told(CompletionStage<LookupOutcome> outcome) {
    if (!outcome.toCompletableFuture().isDone()) {
      return "waits";
    }
    return switch (outcome.toCompletableFuture().join()) {
      case LookupOutcome.Fresh(var asOf, var entry) -> "fresh " + text(entry);
      case LookupOutcome.Stale(var asOf, long lease, var entry) ->
          "stale " + text(entry) + (lease == 0 ? "" : ", lease");
      case LookupOutcome.Miss(var asOf, long lease) -> "miss" + (lease == 0 ? "" : ", lease");
    };
  }

  private static long lease(Cache.Pending pending) {
    return switch (pending.outcome().toCompletableFuture().join()) {
      case LookupOutcome.Fresh fresh -> throw new AssertionError("fresh, not a lease");
      case LookupOutcome.Stale(var asOf, long lease, var entry) -> lease;
      case LookupOutcome.Miss(var asOf, long lease) -> lease;
    };
  }

  private Outcome put(String value, AsOf asOf, long lease, String... tags) {
    return putting(value, asOf, lease, FOREVER, 0, tags).toCompletableFuture().join();
  }

  private Outcome put(String value, long lease, String... tags) {
    return put(value, cache.asOf(), lease, tags);
  }

  private CompletionStage<Outcome> putting(
      String value, AsOf asOf, long lease, CacheLife life, long age, String... tags) {
    byte[] bytes = value.getBytes(UTF_8);
    return cache.put(
        new Put(KEY, asOf, lease, TagSet.of(tags), life, age, CacheEntry.checksum(bytes), bytes));
  }

  private AsOf invalidate(long expire, String... tags) {
    return cache.invalidate(TagSet.of(tags), expire).toCompletableFuture().join();
  }

  @Nested
  class Reading {
    @Test
    void whatIsNotThereIsAMiss() {
      assertThat(read()).isEqualTo("miss");
    }

    @Test
    void whatWasPutIsFresh() {
      put("x", 0);
      assertThat(read()).isEqualTo("fresh x");
    }

    @Test
    void ageIsCountedFromTheBeginningOfGeneration() {
      putting("x", cache.asOf(), 0, new CacheLife(0, 10, 20), 4_000);
      time.advance(5_999);
      assertThat(read()).isEqualTo("fresh x");
      time.advance(1);
      assertThat(read()).isEqualTo("stale x");
      time.advance(10_000);
      assertThat(read()).isEqualTo("miss");
    }

    @Test
    void theReadersSoftTagsCount() {
      put("x", 0, "a");
      invalidate(0, "soft");
      assertThat(read()).isEqualTo("fresh x");
      assertThat(read("soft")).isEqualTo("miss");
    }

    @Test
    void aStoreThatFailsIsAMiss() {
      put("x", 0);
      entries.fail();
      assertThat(read()).isEqualTo("miss");
    }

    @Test
    void theOutcomeNamesTheRevisionItIsTrueFor() {
      AsOf asOf = invalidate(0, "a");
      var lookup = new Lookup(KEY, TagSet.EMPTY, false, 0);
      LookupOutcome outcome = cache.lookup(lookup, alice).outcome().toCompletableFuture().join();
      assertThat(outcome.asOf()).isEqualTo(asOf);
    }

    @Test
    void withoutAWishForALeaseNobodyWaits() {
      lead(alice);
      var lookup = new Lookup(KEY, TagSet.EMPTY, false, 60_000);
      assertThat(told(cache.lookup(lookup, bob))).isEqualTo("miss");
    }

    @Test
    void anInvalidationWhileTheStoreReadsCounts() {
      put("x", 0, "a");
      entries.hold();
      Cache.Pending pending = ask(alice, 0);
      invalidate(0, "a");
      entries.letAll();
      assertThat(told(pending)).isEqualTo("miss, lease");
    }
  }

  @Nested
  class Invalidating {
    @Test
    void nowMakesAMiss() {
      put("x", 0, "a");
      invalidate(0, "a");
      assertThat(read()).isEqualTo("miss");
    }

    @Test
    void softlyMakesStaleUntilTheDeadline() {
      put("x", 0, "a");
      invalidate(60, "a");
      assertThat(read()).isEqualTo("stale x");
      time.advance(59_999);
      assertThat(read()).isEqualTo("stale x");
      time.advance(1);
      assertThat(read()).isEqualTo("miss");
    }

    @Test
    void withNeverStaysStale() {
      put("x", 0, "a");
      invalidate(CacheLife.NEVER, "a");
      time.advance(TimeUnit.DAYS.toMillis(400));
      assertThat(read()).isEqualTo("stale x");
    }

    @Test
    void softlyAfterHardlyDoesNotReviveTheEntry() {
      put("x", 0, "a");
      invalidate(0, "a");
      invalidate(CacheLife.NEVER, "a");
      assertThat(read()).isEqualTo("miss");
    }

    @Test
    void anEntryMadeAfterwardsOutlivesTheDeadline() {
      invalidate(60, "a");
      put("x", 0, "a");
      time.advance(61_000);
      assertThat(read()).isEqualTo("fresh x");
    }

    @Test
    void countsRevisions() {
      assertThat(invalidate(0, "a").revision()).isEqualTo(new Revision(1));
      assertThat(invalidate(0, "a")).isEqualTo(cache.asOf());
    }

    @Test
    void withoutTagsIsRefused() {
      assertThat(cache.invalidate(TagSet.EMPTY, 0))
          .failsWithin(1, TimeUnit.SECONDS)
          .withThrowableThat()
          .withCauseInstanceOf(InvalidValueException.class);
      assertThat(cache.asOf().revision()).isEqualTo(Revision.ZERO);
    }

    @Test
    void isNotAcknowledgedWhenTheLogFails() {
      var failing = over(new FailingLog(stored.log()));
      assertThat(failing.invalidate(TagSet.of("a"), 0))
          .failsWithin(1, TimeUnit.SECONDS)
          .withThrowableThat()
          .withCauseInstanceOf(StoreException.class);
    }

    @Test
    void isToldToSubscribersInOrderUntilTheyLeave() {
      var told = new ArrayList<Revision>();
      Runnable unsubscribe = cache.subscribe(invalidation -> told.add(invalidation.revision()));
      invalidate(0, "a");
      invalidate(0, "b");
      unsubscribe.run();
      invalidate(0, "c");
      assertThat(told).containsExactly(new Revision(1), new Revision(2));
    }
  }

  @Nested
  class Refreshing {
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

  @Nested
  class Putting {
    @Test
    void anEntryAlreadyExpiredByItsStampIsRefused() {
      AsOf began = cache.asOf();
      invalidate(0, "a");
      assertThat(put("x", began, 0, "a")).isEqualTo(Outcome.EXPIRED);
      assertThat(read()).isEqualTo("miss");
    }

    @Test
    void anEntryAlreadyStaleByItsStampIsKeptAsStale() {
      AsOf began = cache.asOf();
      invalidate(60, "a");
      assertThat(put("x", began, 0, "a")).isEqualTo(Outcome.STORED);
      assertThat(read()).isEqualTo("stale x");
    }

    @Test
    void anEntryWhoseDeadlineHasPassedIsRefused() {
      AsOf began = cache.asOf();
      invalidate(60, "a");
      time.advance(60_000);
      assertThat(put("x", began, 0, "a")).isEqualTo(Outcome.EXPIRED);
    }

    @Test
    void anEntryOfANewerRevisionStays() {
      AsOf began = cache.asOf();
      invalidate(0, "other");
      put("new", 0);
      assertThat(put("old", began, 0)).isEqualTo(Outcome.SUPERSEDED);
      assertThat(read()).isEqualTo("fresh new");
    }

    @Test
    void withinOneRevisionArrivalDecides() {
      put("first", 0);
      assertThat(put("second", 0)).isEqualTo(Outcome.STORED);
      assertThat(read()).isEqualTo("fresh second");
    }

    @Test
    void withoutAStampIsRefused() {
      assertThat(put("x", AsOf.NONE, 0)).isEqualTo(Outcome.UNSTAMPED);
    }

    @Test
    void withAStampOfAnotherHistoryIsRefused() {
      var foreign = new AsOf(new StoreIdentity(42), Revision.ZERO);
      assertThat(put("x", foreign, 0)).isEqualTo(Outcome.UNSTAMPED);
    }

    @Test
    void withAStampOfTheFutureIsRefused() {
      var future = new AsOf(cache.asOf().store(), new Revision(1));
      assertThat(put("x", future, 0)).isEqualTo(Outcome.UNSTAMPED);
    }

    @Test
    void anEntryThatWasNeverToBeServedIsNotKept() {
      put("before", 0);
      assertThat(
              putting("x", cache.asOf(), 0, new CacheLife(0, 0, 0), 0).toCompletableFuture().join())
          .isEqualTo(Outcome.STORED);
      assertThat(read()).isEqualTo("fresh before");
    }

    @Test
    void anEntryTooOldToServeIsRefused() {
      assertThat(
              putting("x", cache.asOf(), 0, new CacheLife(0, 1, 2), 2_000)
                  .toCompletableFuture()
                  .join())
          .isEqualTo(Outcome.EXPIRED);
    }

    @Test
    void aStoreThatFailsDropsIt() {
      entries.fail();
      assertThat(put("x", 0)).isEqualTo(Outcome.DROPPED);
    }
  }

  @Nested
  class Leading {
    @Test
    void theFirstMissIsGrantedTheLease() {
      assertThat(told(ask(alice, 0))).isEqualTo("miss, lease");
      assertThat(told(ask(bob, 0))).isEqualTo("miss");
    }

    @Test
    void theFirstStaleHitIsGrantedTheLeaseAndTheOthersAreServed() {
      put("x", 0, "a");
      invalidate(60, "a");
      assertThat(told(ask(alice, 1_000))).isEqualTo("stale x, lease");
      assertThat(told(ask(bob, 1_000))).isEqualTo("stale x");
    }

    @Test
    void aFreshHitNeedsNoLease() {
      put("x", 0);
      assertThat(told(ask(alice, 1_000))).isEqualTo("fresh x");
      assertThat(cache.leases().held()).isZero();
    }

    @Test
    void aCallerWhoIsGoneLeadsNothing() {
      cache.leases().close(alice);
      assertThat(told(ask(alice, 0))).isEqualTo("miss");
      assertThat(told(ask(alice, 1_000))).isEqualTo("miss");
    }

    @Test
    void looksOnceMoreUnderTheLease() {
      long lease = lead(alice);
      entries.holdAnswers();
      Cache.Pending late = ask(bob, 0);
      entries.pass();
      put("x", lease);
      entries.letAll();

      assertThat(told(late)).isEqualTo("fresh x");
      assertThat(cache.leases().held()).isZero();
    }

    @Test
    void keepsTheLeaseIfWhatItFindsUnderItIsStale() {
      AsOf began = cache.asOf();
      long lease = lead(alice);
      entries.holdAnswers();
      Cache.Pending late = ask(bob, 0);
      entries.pass();
      invalidate(60, "a");
      put("x", began, lease, "a");
      entries.letAll();

      assertThat(told(late)).isEqualTo("stale x, lease");
      assertThat(cache.leases().renew(KEY, lease(late))).isTrue();
    }

    @Test
    void theEntryFoundUnderTheLeaseIsForAllWhoWait() {
      entries.holdAnswers();
      Cache.Pending first = ask(bob, 0);
      Cache.Pending second = ask(1_000);
      stored.entries().put(KEY, entry("x", 0));
      entries.letOne();
      entries.letOne();
      assertThat(told(second)).isEqualTo("waits");
      assertThat(cache.leases().waiting()).isEqualTo(1);
      entries.letAll();

      assertThat(told(first)).isEqualTo("fresh x");
      assertThat(told(second)).isEqualTo("fresh x");
      assertThat(cache.leases().held()).isZero();
    }
  }

  @Nested
  class Following {
    @Test
    void theLeadersEntryArrives() {
      long lease = lead(alice);
      Cache.Pending follower = ask(1_000);
      assertThat(told(follower)).isEqualTo("waits");
      put("x", lease);
      assertThat(told(follower)).isEqualTo("fresh x");
    }

    @Test
    void anEntryAlreadyStaleArrivesAsStale() {
      AsOf began = cache.asOf();
      long lease = lead(alice);
      Cache.Pending follower = ask(1_000);
      invalidate(60, "a");
      put("x", began, lease, "a");
      assertThat(told(follower)).isEqualTo("stale x");
    }

    @Test
    void anybodysEntryArrives() {
      lead(alice);
      Cache.Pending follower = ask(1_000);
      put("x", 0);
      assertThat(told(follower)).isEqualTo("fresh x");
      assertThat(cache.leases().held()).isZero();
    }

    @Test
    void anEntryThatCouldNotBeStoredArrivesAllTheSame() {
      long lease = lead(alice);
      Cache.Pending follower = ask(1_000);
      entries.fail();
      put("x", lease);
      assertThat(told(follower)).isEqualTo("fresh x");
    }

    @Test
    void aRefusedEntryPassesTheLeaseOn() {
      AsOf began = cache.asOf();
      long lease = lead(alice);
      Cache.Pending first = ask(1_000);
      Cache.Pending second = ask(1_000);
      invalidate(0, "a");

      put("x", began, lease, "a");

      assertThat(told(first)).isEqualTo("miss, lease");
      assertThat(told(second)).isEqualTo("waits");
      put("y", lease(first), "a");
      assertThat(told(second)).isEqualTo("fresh y");
    }

    @Test
    void anUnstampedEntryPassesTheLeaseOn() {
      long lease = lead(alice);
      Cache.Pending follower = ask(1_000);
      put("x", AsOf.NONE, lease);
      assertThat(told(follower)).isEqualTo("miss, lease");
    }

    @Test
    void anEntryNeverToBeServedPassesTheLeaseOn() {
      long lease = lead(alice);
      Cache.Pending follower = ask(1_000);
      putting("x", cache.asOf(), lease, new CacheLife(0, 0, 0), 0);
      assertThat(told(follower)).isEqualTo("miss, lease");
    }

    @Test
    void aSupersededEntryIsReplacedByTheNewerOne() {
      AsOf began = cache.asOf();
      long lease = lead(alice, "soft");
      Cache.Pending follower = ask(1_000, "soft");
      invalidate(0, "other");
      stored.entries().put(KEY, entry("newer", 1));
      assertThat(put("x", began, lease)).isEqualTo(Outcome.SUPERSEDED);
      assertThat(told(follower)).isEqualTo("fresh newer");
      assertThat(cache.leases().held()).isZero();
    }

    @Test
    void somebodyElsesRefusedEntryChangesNothing() {
      AsOf began = cache.asOf();
      long lease = lead(alice);
      Cache.Pending follower = ask(1_000);
      invalidate(0, "a");
      put("x", began, 0, "a");
      assertThat(told(follower)).isEqualTo("waits");
      assertThat(cache.leases().renew(KEY, lease)).isTrue();
    }

    @Test
    void aReleaseOrALostHolderOrADeadlinePromotesOne() {
      long lease = lead(alice);
      Cache.Pending first = ask(bob, 60_000);
      Cache.Pending second = ask(60_000);
      Cache.Pending third = ask(60_000);

      cache.leases().release(KEY, lease);
      assertThat(List.of(told(first), told(second), told(third)))
          .containsExactly("miss, lease", "waits", "waits");
      cache.leases().close(bob);
      assertThat(List.of(told(second), told(third))).containsExactly("miss, lease", "waits");
      time.advance(LEASE);
      assertThat(told(third)).isEqualTo("miss, lease");
    }

    @Test
    void aSpentBudgetIsAMissWithoutALease() {
      lead(alice);
      Cache.Pending follower = ask(1_000);
      time.advance(1_000);
      assertThat(told(follower)).isEqualTo("miss");
    }

    @Test
    void aCancelledWaitIsAMissWithoutALease() {
      lead(alice);
      Cache.Pending follower = ask(1_000);
      follower.cancel();
      assertThat(told(follower)).isEqualTo("miss");
    }

    @Test
    void cancellingWhatIsDoneChangesNothing() {
      Cache.Pending leader = ask(alice, 0);
      leader.cancel();
      assertThat(told(leader)).isEqualTo("miss, lease");
      assertThat(cache.leases().held()).isEqualTo(1);
    }

    @Test
    void aWaitEndsWithItsCaller() {
      lead(alice);
      Cache.Pending follower = ask(bob, 1_000);
      cache.leases().close(bob);
      assertThat(told(follower)).isEqualTo("miss");
    }

    @Test
    void tooManyAreTurnedAway() {
      lead(alice);
      for (int i = 0; i < MAX_WAITING; i++) {
        assertThat(told(ask(1_000))).isEqualTo("waits");
      }
      assertThat(ask(1_000).outcome())
          .failsWithin(1, TimeUnit.SECONDS)
          .withThrowableThat()
          .withCauseInstanceOf(OverloadedException.class);
    }

    @Test
    void aFollowerWhoseSoftTagExpiresTheEntryTakesOver() {
      AsOf began = cache.asOf();
      long lease = lead(alice);
      Cache.Pending plain = ask(60_000);
      Cache.Pending first = ask(60_000, "soft");
      Cache.Pending second = ask(60_000, "soft");
      invalidate(0, "soft");

      put("x", began, lease);

      assertThat(told(plain)).isEqualTo("fresh x");
      assertThat(told(first)).isEqualTo("miss, lease");
      assertThat(told(second)).isEqualTo("waits");
      put("y", lease(first));
      assertThat(told(second)).isEqualTo("fresh y");
    }

    @Test
    void aFollowerWhoWaitsAgainWaitsOnlyForWhatIsLeftOfItsBudget() {
      AsOf began = cache.asOf();
      long lease = lead(alice);
      ask(bob, 60_000, "soft");
      Cache.Pending second = ask(5_000, "soft");
      invalidate(0, "soft");
      time.advance(4_000);
      put("x", began, lease);
      time.advance(999);
      assertThat(told(second)).isEqualTo("waits");
      time.advance(1);
      assertThat(told(second)).isEqualTo("miss");
    }

    @Test
    void oneFollowerTurnedAwayDoesNotKeepTheOthersFromBeingTold() {
      AsOf began = cache.asOf();
      long lease = lead(alice);
      CacheKey otherKey = key("other");
      Caller busy = caller();
      cache.lookup(new Lookup(otherKey, TagSet.EMPTY, true, 0), busy);
      // Whoever is told first fills the room that the followers left.
      CompletionStage<LookupOutcome> first = ask(60_000).outcome();
      CompletionStage<?> crowd =
          first.thenAccept(told -> {
            for (int i = 0; i < MAX_WAITING; i++) {
              cache.lookup(new Lookup(otherKey, TagSet.EMPTY, true, 60_000), busy);
            }
          });
      Cache.Pending promoted = ask(60_000, "soft");
      Cache.Pending turnedAway = ask(60_000, "soft");
      Cache.Pending last = ask(60_000);
      invalidate(0, "soft");

      assertThat(put("x", began, lease)).isEqualTo(Outcome.STORED);

      assertThat(crowd).isCompleted();
      assertThat(told(promoted)).isEqualTo("miss, lease");
      assertThat(turnedAway.outcome())
          .failsWithin(1, TimeUnit.SECONDS)
          .withThrowableThat()
          .withCauseInstanceOf(OverloadedException.class);
      assertThat(told(last)).isEqualTo("fresh x");
    }
  }

  @Nested
  class Reopening {
    @Test
    void everyInvalidationIsThere() {
      put("x", 0, "a");
      invalidate(0, "a");
      assertThat(over(stored.log()).asOf()).isEqualTo(cache.asOf());
    }

    @Test
    void aSnapshotYoungerThanWhatItWasKeptForLosesNothing() {
      invalidate(0, "a");
      Ledger ledger = Ledger.empty(TagSet.MAX_TAGS);
      for (int i = 1; i <= 2; i++) {
        ledger.apply(
            new Invalidation(new Revision(i), TagSet.of("a"), Invalidation.NOW), time.millis());
      }
      invalidate(0, "a");
      invalidate(0, "b");
      stored.log().compact(new Revision(1), ledger.snapshot());

      assertThat(over(stored.log()).asOf()).isEqualTo(cache.asOf());
    }

    @Test
    void manyInvalidationsAreCompacted() {
      put("x", 0, "t1");
      for (int i = 0; i < 3_000; i++) {
        invalidate(0, "t" + i % 5);
        time.advance(1);
      }
      InvalidationLog.History history = stored.log().follow(invalidation -> {});
      assertThat(history.snapshot()).isPresent();
      assertThat(history.after()).hasSizeLessThan(2_000);
      Cache reopened = over(stored.log());
      assertThat(reopened.asOf()).isEqualTo(cache.asOf());
      assertThat(told(reopened.lookup(new Lookup(KEY, TagSet.EMPTY, false, 0), caller()).outcome()))
          .isEqualTo("miss");
    }
  }

  /**
   * Time stands still, so that no budget and no deadline can cover a wake-up that was lost: a
   * lookup nobody answers hangs, and fails the test.
   */
  @Nested
  class ManyAtOnce {
    private static final int THREADS = 16;
    private static final int LOOKUPS = 400;

    private final Cache busy =
        Cache.over(
            stored,
            time,
            (delay, task) -> () -> {},
            random,
            new Limits(TagSet.MAX_TAGS, LEASE, 10_000));
    private final AtomicInteger generating = new AtomicInteger();
    private final AtomicInteger atOnce = new AtomicInteger();

    @Test
    void noWakeUpIsLostAndOneGeneratesAtATime() throws Exception {
      var threads = new ArrayList<CompletableFuture<Void>>();
      for (int i = 0; i < THREADS; i++) {
        var own = new Random(i);
        threads.add(CompletableFuture.runAsync(() -> work(own), Thread::startVirtualThread));
      }
      CompletableFuture.allOf(threads.toArray(CompletableFuture<?>[]::new))
          .get(30, TimeUnit.SECONDS);
      assertThat(atOnce.get()).isEqualTo(1);
      assertThat(busy.leases().held()).isZero();
      assertThat(busy.leases().waiting()).isZero();
    }

    private void work(Random own) {
      var caller = new Caller();
      for (int i = 0; i < LOOKUPS; i++) {
        if (own.nextInt(20) == 0) {
          busy.invalidate(TagSet.of("a"), 0).toCompletableFuture().join();
        }
        AsOf began = busy.asOf();
        LookupOutcome outcome =
            busy.lookup(new Lookup(KEY, TagSet.EMPTY, true, 60_000), caller)
                .outcome()
                .toCompletableFuture()
                .join();
        if (outcome instanceof LookupOutcome.Miss(var asOf, long lease)) {
          assertThat(lease).isNotZero();
          atOnce.accumulateAndGet(generating.incrementAndGet(), Math::max);
          generating.decrementAndGet();
          if (finished(own.nextInt(3), began, lease, caller)) {
            caller = new Caller();
          }
        }
      }
      busy.leases().close(caller);
    }

    /** True if the caller is gone. */
    private boolean finished(int how, AsOf began, long lease, Caller caller) {
      switch (how) {
        case 0 -> busy.leases().release(KEY, lease);
        case 1 -> busy.leases().close(caller);
        default ->
            busy.put(
                new Put(
                    KEY,
                    began,
                    lease,
                    TagSet.of("a"),
                    FOREVER,
                    0,
                    CacheEntry.checksum(new byte[0]),
                    new byte[0]));
      }
      return how == 1;
    }
  }

  /** A log that cannot make anything durable. */
  private record FailingLog(InvalidationLog log) implements InvalidationLog {
    @Override
    public StoreIdentity identity() {
      return log.identity();
    }

    @Override
    public History follow(Consumer<Invalidation> subscriber) {
      return log.follow(subscriber);
    }

    @Override
    public CompletionStage<Invalidation> append(TagSet tags, long expire) {
      return CompletableFuture.failedStage(new StoreException("the disk is full"));
    }

    @Override
    public CompletionStage<Void> compact(Revision upTo, byte[] snapshot) {
      return log.compact(upTo, snapshot);
    }
  }
}
