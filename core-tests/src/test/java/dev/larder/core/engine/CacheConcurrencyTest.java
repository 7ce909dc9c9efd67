package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Time stands still, so that no budget and no deadline can cover a wake-up that was lost: a lookup
 * nobody answers hangs, and fails the test.
 */
class CacheConcurrencyTest extends CacheScenario {
  private static final int THREADS = 16;
  private static final int LOOKUPS = 400;

  private final Cache busy =
      Cache.over(
          stored,
          (delay, task) -> () -> {},
          random,
          new Limits(TagSet.MAX_TAGS, LEASE, 10_000, MAX_LISTED));

  /** Who generates, by lease, and as of which point. */
  private final ConcurrentHashMap<Long, AsOf> generating = new ConcurrentHashMap<>();

  /** Leases that were held at once, though no invalidation had made one of them outdated. */
  private final ConcurrentHashMap.KeySetView<Long, Boolean> together =
      ConcurrentHashMap.newKeySet();

  @Test
  void noWakeUpIsLostAndOneGeneratesAsOfAPointAtATime() throws Exception {
    var threads = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < THREADS; i++) {
      var own = new Random(i);
      threads.add(CompletableFuture.runAsync(() -> work(own), Thread::startVirtualThread));
    }
    CompletableFuture.allOf(threads.toArray(CompletableFuture<?>[]::new)).get(30, TimeUnit.SECONDS);
    assertThat(together).isEmpty();
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
        generating.put(lease, asOf);
        generating.forEach((other, point) -> {
          if (other != lease && point.equals(asOf)) {
            together.add(lease);
          }
        });
        generating.remove(lease);
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
