package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.key;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreException;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.SharedStore;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two servers over one store, of which the second is slow to reach it, or cannot. */
class CacheSharingFaultsTest {
  private static final long LEASE = 10_000;
  private static final int MAX_WAITING = 4;
  private static final CacheKey KEY = key("key");
  private static final CacheKey OTHER = key("other");

  private final ManualTime time = new ManualTime(1_000_000);
  private final Random random = new Random(3);
  private final SharedStore store = new SharedStore(time, random, LEASE);
  private final Cache first = over(store.join().opened());
  private final NamespaceStore opened = store.join().opened();
  private final HeldLeases leases = new HeldLeases(opened.leases());
  private final HeldEntries entries = new HeldEntries(opened.entries());
  private final Cache second = over(opened.log());
  private final Caller alice = new Caller();
  private final Caller bob = new Caller();
  private final Caller carol = new Caller();

  private Cache over(NamespaceStore from) {
    return Cache.over(
        from, time, random, new Limits(TagSet.MAX_TAGS, LEASE, MAX_WAITING, Limits.MAX_LISTED));
  }

  private Cache over(InvalidationLog log) {
    return over(new NamespaceStore(entries, log, leases, time));
  }

  @AfterEach
  void nothingIsLeftOnceEverybodyIsGone() {
    for (Caller caller : new Caller[] {alice, bob, carol}) {
      first.leases().close(caller);
      second.leases().close(caller);
    }
    time.advance(LeaseTable.TRY_AGAIN_AFTER);
    for (Cache cache : new Cache[] {first, second}) {
      assertThat(cache.leases().held()).isZero();
      assertThat(cache.leases().waiting()).isZero();
    }
  }

  private static Cache.Pending ask(Cache cache, CacheKey key, Caller caller, long budget) {
    return cache.lookup(new Lookup(key, TagSet.EMPTY, true, budget), caller);
  }

  private static Cache.Pending ask(Cache cache, Caller caller, long budget) {
    return ask(cache, KEY, caller, budget);
  }

  private static String outcome(Cache.Pending pending) {
    return CacheScenario.outcome(pending);
  }

  private static PutOutcome put(Cache cache, String value, AsOf asOf, long lease, CacheLife life) {
    byte[] bytes = value.getBytes(UTF_8);
    int checksum = CacheEntry.checksum(bytes);
    return cache
        .put(new Put(KEY, asOf, lease, TagSet.EMPTY, life, 0, checksum, bytes))
        .toCompletableFuture()
        .join();
  }

  private boolean renewed(long lease, Caller caller) {
    return second.renew(KEY, lease, caller).toCompletableFuture().join();
  }

  /** Whether some third server could let somebody lead. */
  private boolean isFree() {
    return store
        .join()
        .opened()
        .leases()
        .claim(KEY, 1, Revision.ZERO, Revision.ZERO)
        .toCompletableFuture()
        .join();
  }

  @Test
  void whoCannotAskTheOthersGeneratesWithoutALease() {
    leases.fail();
    assertThat(outcome(ask(second, bob, 60_000))).isEqualTo("miss");
    assertThat(second.leases().held()).isZero();
    put(first, "old", first.asOf(), 0, new CacheLife(0, 1, CacheLife.NEVER));
    time.advance(1_000);
    assertThat(outcome(ask(second, bob, 60_000))).isEqualTo("stale old");
    assertThat(second.leases().held()).isZero();
  }

  @Test
  void whoWaitsForThemGoesOnInItsPlace() {
    leases.hold();
    leases.fail();
    Cache.Pending asking = ask(second, bob, 60_000);
    Cache.Pending follower = ask(second, carol, 60_000);
    leases.recover();
    leases.let();
    assertThat(outcome(asking)).isEqualTo("miss");
    assertThat(outcome(follower)).isEqualTo("miss, lease");
  }

  @Test
  void whoIsCancelledWhileTheOthersAreAskedDoesNotWait() {
    ask(first, alice, 0);
    leases.hold();
    Cache.Pending pending = ask(second, bob, 60_000);
    pending.cancel();
    assertThat(outcome(pending)).isEqualTo("waits");
    leases.let();
    assertThat(outcome(pending)).isEqualTo("miss");
    assertThat(second.leases().waiting()).isZero();
  }

  @Test
  void whoHasGoneWhileTheOthersRefusedDoesNotWait() {
    ask(first, alice, 0);
    leases.hold();
    Cache.Pending pending = ask(second, bob, 60_000);
    second.leases().close(bob);
    leases.let();
    assertThat(outcome(pending)).isEqualTo("miss");
    assertThat(second.leases().held()).isZero();
  }

  @Test
  void whoHasGoneWhileTheOthersGrantedKeepsNobodyFromLeading() {
    leases.hold();
    Cache.Pending pending = ask(second, bob, 0);
    leases.fail();
    second.leases().close(bob);
    leases.recover();
    assertThat(isFree()).isFalse();
    leases.let();
    assertThat(outcome(pending)).isEqualTo("miss");
    assertThat(isFree()).isTrue();
  }

  @Test
  void whoWouldBeOneTooManyToWaitForAnotherServerIsTurnedAway() {
    ask(first, alice, 0);
    ask(first, OTHER, alice, 0);
    for (int i = 0; i < MAX_WAITING; i++) {
      ask(second, OTHER, carol, 60_000);
    }
    assertThat(ask(second, bob, 60_000).outcome())
        .failsWithin(1, TimeUnit.SECONDS)
        .withThrowableThat()
        .withCauseInstanceOf(OverloadedException.class);
    assertThat(second.leases().concerns(KEY)).isFalse();
  }

  @Test
  void whatIsFoundUnderTheLeaseIsForWhoWaitsOnAnyServer() {
    entries.holdAnswers();
    Cache.Pending late = ask(second, bob, 0);
    entries.pass();
    put(first, "x", first.asOf(), 0, FOREVER);
    entries.letAll();
    assertThat(outcome(late)).isEqualTo("fresh x");
    assertThat(second.leases().held()).isZero();
    assertThat(isFree()).isTrue();
  }

  @Test
  void aRenewalThatReachesNobodyIsNoneAndMayBeTriedAgain() {
    long lease = CacheScenario.lease(ask(second, bob, 0));
    leases.fail();
    assertThat(renewed(lease, bob)).isFalse();
    leases.recover();
    assertThat(renewed(lease, bob)).isTrue();
    assertThat(second.leases().holds(KEY, lease)).isTrue();
  }

  @Test
  void noLeaseIsRenewedThatThereIsNot() {
    assertThat(second.renew(KEY, 0, carol)).isCompletedWithValue(false);
    assertThat(second.leases().held()).isZero();
  }

  @Test
  void aLeaseIsNotTakenOverFromOthersThatCannotBeAsked() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    leases.fail();
    assertThat(renewed(lease, carol)).isFalse();
    assertThat(second.leases().held()).isZero();
    leases.recover();
    assertThat(renewed(lease, carol)).isTrue();
  }

  @Test
  void aLeaseIsNotTakenOverForACallerWhoHasGoneMeanwhile() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    leases.hold();
    CompletableFuture<Boolean> renewed = second.renew(KEY, lease, carol).toCompletableFuture();
    second.leases().close(carol);
    leases.let();
    assertThat(renewed).isCompletedWithValue(false);
    assertThat(isFree()).isTrue();
  }

  @Test
  void anEntryNobodyAsksForHereIsNotRead() {
    long lease = CacheScenario.lease(ask(first, alice, 0));
    entries.hold();
    put(first, "x", first.asOf(), lease, FOREVER);
    assertThat(entries.held()).isZero();
    entries.pass();
  }

  @Test
  void aStampThatCannotBeCheckedIsUnknown() {
    Cache cutOff = over(new CutOff(opened.log()));
    var later = new AsOf(first.asOf().store(), new Revision(1));
    assertThat(put(cutOff, "x", later, 0, FOREVER)).isEqualTo(PutOutcome.UNSTAMPED);
    assertThat(cutOff.catchUp()).isCompletedExceptionally();
    assertThat(second.catchUp()).isCompleted();
    cutOff.close();
  }

  /** A log whose store cannot be reached. */
  private record CutOff(InvalidationLog log) implements LogOver {
    @Override
    public CompletionStage<Void> catchUp() {
      return CompletableFuture.failedStage(new StoreException("the store cannot be reached"));
    }
  }
}
