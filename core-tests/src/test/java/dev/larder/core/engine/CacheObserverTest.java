package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.SharedLeases;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What metrics count is called, once for each that happens. */
class CacheObserverTest extends CacheScenario {
  private final List<String> observed = new ArrayList<>();
  private final Cache watched = watchedBy(new Recording(observed));

  private Cache watchedBy(CacheObserver observer) {
    opened++;
    return Cache.over(
        new NamespaceStore(entries, stored.log(), SharedLeases.unshared(), time),
        time,
        random,
        new Limits(TagSet.MAX_TAGS, LEASE, MAX_WAITING, MAX_LISTED),
        observer);
  }

  /** Writes down every call. */
  private record Recording(List<String> calls) implements CacheObserver {
    @Override
    public void onHit(CacheKey key) {
      calls.add("hit");
    }

    @Override
    public void onStale(CacheKey key, Freshness.Cause cause, boolean leased) {
      calls.add("stale by %s%s".formatted(cause, leased ? ", leased" : ""));
    }

    @Override
    public void onMiss(CacheKey key, Optional<Freshness.Cause> cause, boolean leased) {
      calls.add(
          "miss by %s%s"
              .formatted(cause.map(Enum::name).orElse("absence"), leased ? ", leased" : ""));
    }

    @Override
    public void onFailure(CacheKey key, Throwable failure) {
      calls.add("failure of " + failure.getClass().getSimpleName());
    }

    @Override
    public void onWaited(CacheKey key, long millis, WaitEnd end) {
      calls.add("waited %d ms, %s".formatted(millis, end));
    }

    @Override
    public void onPut(Put put, PutOutcome outcome) {
      calls.add("put " + outcome);
    }

    @Override
    public void onInvalidation(Invalidation invalidation) {
      calls.add("invalidation %s".formatted(invalidation.revision()));
    }

    @Override
    public void onEviction(long entries) {
      calls.add("eviction of " + entries);
    }

    @Override
    public void onLeaseExpired(CacheKey key) {
      calls.add("lease expired");
    }
  }

  /** Throws whatever it is called with. */
  private record Failing(Fault fault) implements CacheObserver {
    @Override
    public void onHit(CacheKey key) {
      fault.raise();
    }

    @Override
    public void onStale(CacheKey key, Freshness.Cause cause, boolean leased) {
      fault.raise();
    }

    @Override
    public void onMiss(CacheKey key, Optional<Freshness.Cause> cause, boolean leased) {
      fault.raise();
    }

    @Override
    public void onFailure(CacheKey key, Throwable failure) {
      fault.raise();
    }

    @Override
    public void onWaited(CacheKey key, long millis, WaitEnd end) {
      fault.raise();
    }

    @Override
    public void onPut(Put put, PutOutcome outcome) {
      fault.raise();
    }

    @Override
    public void onInvalidation(Invalidation invalidation) {
      fault.raise();
    }

    @Override
    public void onEviction(long entries) {
      fault.raise();
    }

    @Override
    public void onLeaseExpired(CacheKey key) {
      fault.raise();
    }
  }

  /** Writes down what took how long, but not how long, unless nothing can have taken that. */
  private record Measuring(List<String> calls) implements CacheObserver {
    private static final long BEGAN = System.nanoTime();

    private static String taking(long nanos, String what) {
      return nanos >= 0 && nanos <= System.nanoTime() - BEGAN ? what : "impossible";
    }

    @Override
    public void onLookedUp(CacheKey key, long nanos, boolean waited) {
      calls.add(taking(nanos, "looked up") + (waited ? ", after a wait" : ""));
    }

    @Override
    public void onRegeneration(CacheKey key, String tag) {
      calls.add("regenerated for " + tag);
    }

    @Override
    public void onInvalidated(Invalidation invalidation, InvalidationSource source, long nanos) {
      calls.add(taking(nanos, "invalidated"));
    }

    @Override
    public void onStoreOperation(StoreOperation operation, long nanos, boolean failed) {
      calls.add(taking(nanos, operation.name()) + (failed ? " failed" : ""));
    }
  }

  private static Lookup lookup(boolean leased, long budget) {
    return new Lookup(KEY, TagSet.EMPTY, leased, budget);
  }

  private Cache.Pending look(boolean leased, long budget) {
    return watched.lookup(lookup(leased, budget), caller());
  }

  private PutOutcome store(long lease, CacheLife life, String... tags) {
    var put = new Put(KEY, watched.asOf(), lease, TagSet.of(tags), life, 0, 0, new byte[0]);
    return watched.put(put).toCompletableFuture().join();
  }

  private void leave() {
    callers.forEach(watched.leases()::close);
  }

  private List<String> observed() {
    List<String> calls = List.copyOf(observed);
    observed.clear();
    return calls;
  }

  @Test
  void everyLookupIsCountedOnceByWhatItFound() {
    look(false, 0);
    assertThat(observed()).containsExactly("miss by absence");
    store(0, new CacheLife(0, 10, 20), "a");
    assertThat(observed()).containsExactly("put STORED");
    look(true, 0);
    assertThat(observed()).containsExactly("hit");
    time.advance(10_000);
    look(false, 0);
    look(true, 0);
    assertThat(observed()).containsExactly("stale by AGE", "stale by AGE, leased");
    time.advance(10_000);
    look(false, 0);
    assertThat(observed()).containsExactly("lease expired", "miss by AGE");
    store(0, FOREVER, "a");
    watched.invalidate(TagSet.of("a"), 60).toCompletableFuture().join();
    look(false, 0);
    assertThat(observed()).containsExactly("put STORED", "invalidation 1", "stale by TAG");
    watched.invalidate(TagSet.of("a"), 0).toCompletableFuture().join();
    look(false, 0);
    assertThat(observed()).containsExactly("invalidation 2", "miss by TAG");
    leave();
  }

  @Test
  void whatIsAtHandIsCountedOnlyWhenItIsAskedFor() {
    assertThat(watched.isAtHand(lookup(false, 0))).isFalse();
    assertThat(watched.atHand(lookup(false, 0))).isEmpty();
    assertThat(observed()).isEmpty();
    store(0, FOREVER);
    observed();
    assertThat(watched.isAtHand(lookup(false, 0))).isTrue();
    assertThat(observed()).isEmpty();
    assertThat(watched.atHand(lookup(false, 0))).isPresent();
    assertThat(observed()).containsExactly("hit");
  }

  @Test
  void whatIsDoneIsMeasuredOnce() {
    Cache measured = watchedBy(new Measuring(observed));
    long lease = lease(measured.lookup(lookup(true, 0), alice));
    assertThat(observed()).containsOnlyOnce("looked up").contains("GET");
    Cache.Pending following = measured.lookup(lookup(true, 60_000), bob);
    observed();
    var put = new Put(KEY, measured.asOf(), lease, TagSet.of("a"), FOREVER, 0, 0, new byte[0]);
    assertThat(measured.put(put).toCompletableFuture().join()).isEqualTo(PutOutcome.STORED);
    assertThat(outcome(following)).isEqualTo("fresh ");
    assertThat(observed()).containsExactlyInAnyOrder("PUT", "looked up, after a wait");
    assertThat(measured.atHand(lookup(false, 0))).isPresent();
    assertThat(observed()).containsExactly("looked up");
    measured.invalidate(TagSet.of("a"), 0).toCompletableFuture().join();
    assertThat(observed()).containsExactly("APPEND", "invalidated");
    // Whoever is not to generate does not do so for the tag.
    measured.lookup(lookup(false, 0), bob);
    assertThat(observed()).containsExactly("GET", "looked up");
    measured.lookup(lookup(true, 0), bob);
    assertThat(observed()).contains("regenerated for a").containsOnlyOnce("looked up");
    measured.leases().close(bob);
  }

  @Test
  void whatIsFreshIsReadOnceAndWhatIsStaleIsRegeneratedForItsTag() {
    Cache measured = watchedBy(new Measuring(observed));
    var put = new Put(KEY, measured.asOf(), 0, TagSet.of("a"), FOREVER, 0, 0, new byte[0]);
    measured.put(put).toCompletableFuture().join();
    observed();
    measured.lookup(lookup(true, 0), bob);
    assertThat(observed()).containsExactly("GET", "looked up");
    measured.invalidate(TagSet.of("a"), 60).toCompletableFuture().join();
    observed();
    measured.lookup(lookup(true, 0), bob);
    assertThat(observed())
        .containsExactlyInAnyOrder("GET", "GET", "regenerated for a", "looked up");
    measured.leases().close(bob);
  }

  @Test
  void whatFailsIsMeasuredToo() {
    Cache measured = watchedBy(new Measuring(observed));
    entries.fail();
    measured.lookup(lookup(false, 0), bob);
    assertThat(observed()).containsExactly("GET failed", "looked up");
    entries.recover();
    measured.lookup(lookup(true, 0), bob);
    for (int i = 0; i < MAX_WAITING; i++) {
      measured.lookup(lookup(true, 60_000), bob);
    }
    observed();
    assertThat(measured.lookup(lookup(true, 60_000), bob).outcome().toCompletableFuture())
        .isCompletedExceptionally();
    assertThat(observed()).containsExactly("GET", "looked up");
    measured.leases().close(bob);
  }

  @Test
  void aLeaseThatNobodyRenewsIsCountedWhenItExpires() {
    Cache.Pending leading = watched.lookup(lookup(true, 0), alice);
    observed();
    time.advance(LEASE - 1);
    watched.renew(KEY, lease(leading), alice);
    time.advance(LEASE - 1);
    assertThat(observed()).isEmpty();
    time.advance(1);
    assertThat(observed()).containsExactly("lease expired");
  }

  @Test
  void waitsAreMeasuredWhateverEndsThem() {
    long lease = lease(look(true, 0));
    look(true, 60_000);
    observed();
    time.advance(30);
    store(lease, FOREVER);
    assertThat(observed()).containsExactlyInAnyOrder("waited 30 ms, ARRIVED", "hit", "put STORED");
    watched.purge(KEY).toCompletableFuture().join();
    observed();

    long again = lease(look(true, 0));
    look(true, 5_000);
    look(true, 5_000);
    observed();
    time.advance(40);
    assertThat(watched.release(KEY, again).toCompletableFuture().join()).isTrue();
    assertThat(observed()).containsExactly("waited 40 ms, PROMOTED", "miss by absence, leased");
    time.advance(5_000);
    assertThat(observed()).containsExactly("waited 5000 ms, SPENT", "miss by absence");
    leave();
  }

  @Test
  void whoDoesNotWaitHasNotWaited() {
    look(true, 0);
    observed();
    look(true, 0);
    assertThat(observed()).containsExactly("miss by absence");
    for (int i = 0; i < MAX_WAITING; i++) {
      look(true, 60_000);
    }
    assertThatThrownBy(() -> look(true, 60_000).outcome().toCompletableFuture().join())
        .hasCauseInstanceOf(OverloadedException.class);
    assertThat(observed()).containsExactly("failure of OverloadedException");
    leave();
  }

  @Test
  void refusedPutsAndSweepsAreCounted() {
    var late = watched.asOf();
    store(0, FOREVER, "a");
    watched.invalidate(TagSet.of("a"), 0).toCompletableFuture().join();
    observed();
    watched.put(new Put(KEY, late, 0, TagSet.of("a"), FOREVER, 0, 0, new byte[0]));
    assertThat(observed()).containsExactly("put EXPIRED");
    watched.purge(TagSet.of("b")).toCompletableFuture().join();
    assertThat(observed()).containsExactly("invalidation 2", "eviction of 1");
    store(0, FOREVER, "a");
    watched.invalidate(TagSet.of("a"), 0).toCompletableFuture().join();
    observed();
    time.advance(60_000);
    assertThat(observed()).containsExactly("eviction of 1");
  }

  @Test
  void onlyTheFirstFailureOfAnObserverIsLogged() {
    var logged = new ArrayList<LogRecord>();
    var handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            logged.add(entry);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger log = Logger.getLogger(GuardedObserver.class.getName());
    log.addHandler(handler);
    try {
      Cache failing = watchedBy(new Failing(Fault.EXCEPTION));
      failing.lookup(lookup(false, 0), bob);
      failing.lookup(lookup(false, 0), bob);
    } finally {
      log.removeHandler(handler);
    }
    assertThat(logged).hasSize(1);
    assertThat(logged.getFirst().getThrown()).hasMessage("injected");
  }

  @ParameterizedTest
  @EnumSource
  void anObserverThatFailsChangesNothing(Fault fault) {
    Cache failing = watchedBy(new Failing(fault));
    Cache.Pending leading = failing.lookup(lookup(true, 0), alice);
    Cache.Pending following = failing.lookup(lookup(true, 60_000), bob);
    var put =
        new Put(KEY, failing.asOf(), lease(leading), TagSet.of("a"), FOREVER, 0, 0, new byte[0]);
    assertThat(failing.put(put).toCompletableFuture().join()).isEqualTo(PutOutcome.STORED);
    assertThat(outcome(following)).isEqualTo("fresh ");
    assertThat(failing.atHand(lookup(false, 0))).isPresent();
    failing.invalidate(TagSet.of("a"), 60).toCompletableFuture().join();
    assertThat(outcome(failing.lookup(lookup(false, 0), bob))).isEqualTo("stale ");
    failing.purge(TagSet.of("a")).toCompletableFuture().join();
    assertThat(outcome(failing.lookup(lookup(false, 0), bob))).isEqualTo("miss");
    assertThat(failing.asOf().revision().number()).isEqualTo(2);
    failing.close();
  }
}
