package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.key;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.EarlyRefresh;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.SharedStore;
import java.util.Random;

/** Two servers over one store, and the callers of both, in time that stands still. */
abstract class SharingScenario {
  static final long LEASE = 10_000;
  static final int MAX_WAITING = 4;
  static final CacheKey KEY = key("key");

  final ManualTime time = new ManualTime(1_000_000);
  final Random random = new Random(3);
  final SharedStore store = new SharedStore(time, random, LEASE);
  final SharedStore.Server north = store.join();
  final SharedStore.Server south = store.join();
  final Cache first = over(north.opened());
  final Cache second = over(south.opened());
  final Caller alice = new Caller();
  final Caller bob = new Caller();
  final Caller carol = new Caller();
  final Caller dave = new Caller();

  Cache over(NamespaceStore opened) {
    return Cache.over(
        opened,
        time,
        random,
        new Limits(TagSet.MAX_TAGS, LEASE, MAX_WAITING, Limits.MAX_LISTED)
            .with(EarlyRefresh.DEFAULT));
  }

  static Cache.Pending ask(Cache cache, Caller caller, long budget, String... softTags) {
    return cache.lookup(new Lookup(KEY, TagSet.of(softTags), true, budget), caller);
  }

  static PutOutcome put(Cache cache, String value, AsOf asOf, long lease, String... tags) {
    return put(cache, value, asOf, lease, FOREVER, tags);
  }

  static PutOutcome put(
      Cache cache, String value, AsOf asOf, long lease, CacheLife life, String... tags) {
    byte[] bytes = value.getBytes(UTF_8);
    int checksum = CacheEntry.checksum(bytes);
    return cache
        .put(new Put(KEY, asOf, lease, TagSet.of(tags), life, 0, checksum, bytes))
        .toCompletableFuture()
        .join();
  }

  static AsOf invalidate(Cache cache, String... tags) {
    return cache.invalidate(TagSet.of(tags), 0).toCompletableFuture().join();
  }

  static String outcome(Cache.Pending pending) {
    return CacheScenario.outcome(pending);
  }

  static long lease(Cache.Pending pending) {
    return CacheScenario.lease(pending);
  }
}
