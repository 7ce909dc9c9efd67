package dev.larder.core.engine;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.EarlyRefresh;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.Namespace;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.SharedLeases;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.MemoryStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;

/**
 * A cache over entries that can be held up, in time that stands still.
 *
 * <p>After each test everybody leaves, and nothing may be left: no lease, no wait, no timer.
 */
abstract class CacheScenario {
  static final long LEASE = 10_000;
  static final int MAX_WAITING = 4;
  static final int MAX_LISTED = 3;
  static final Namespace SHOP = new Namespace("shop");
  static final CacheKey KEY = key("key");

  final ManualTime time = new ManualTime(1_000_000);
  final Random random = new Random(3);
  final NamespaceStore stored =
      new MemoryStore(time, random).open(SHOP).toCompletableFuture().join();
  final HeldEntries entries = new HeldEntries(stored.entries());
  final List<Caller> callers = new ArrayList<>();
  int opened;
  final Caller alice = caller();
  final Caller bob = caller();
  final Cache cache = over(stored.log());

  Cache over(InvalidationLog log) {
    return over(log, time);
  }

  Cache over(InvalidationLog log, InstantSource clock) {
    opened++;
    return Cache.over(
        new NamespaceStore(entries, log, SharedLeases.unshared(), clock),
        time,
        random,
        new Limits(TagSet.MAX_TAGS, LEASE, MAX_WAITING, MAX_LISTED).with(EarlyRefresh.DEFAULT));
  }

  Caller caller() {
    var caller = new Caller();
    callers.add(caller);
    return caller;
  }

  @AfterEach
  void nothingIsLeftOnceEverybodyIsGone() {
    callers.forEach(cache.leases()::close);
    time.advance(Math.max(LeaseTable.OVERTAKE_AFTER, Replacements.DROPPED_KEPT));
    assertThat(cache.leases().held()).isZero();
    assertThat(cache.leases().waiting()).isZero();
    assertThat(time.scheduled()).as("nothing but the sweeps").isLessThanOrEqualTo(opened);
  }

  /** What a lookup without a lease finds: {@code fresh x}, {@code stale x} or {@code miss}. */
  String read(String... softTags) {
    var lookup = new Lookup(KEY, TagSet.of(softTags), false, 0);
    String found = outcome(cache.lookup(lookup, caller()).outcome());
    cache
        .atHand(lookup)
        .ifPresent(known -> assertThat("fresh " + text(known.entry())).isEqualTo(found));
    return found;
  }

  Cache.Pending ask(Caller caller, long budget, String... softTags) {
    return cache.lookup(new Lookup(KEY, TagSet.of(softTags), true, budget), caller);
  }

  Cache.Pending ask(long budget, String... softTags) {
    return ask(caller(), budget, softTags);
  }

  long lead(Caller caller, String... softTags) {
    return lease(ask(caller, 0, softTags));
  }

  static String outcome(Cache.Pending pending) {
    return outcome(pending.outcome());
  }

  static String outcome(CompletionStage<LookupOutcome> outcome) {
    if (!outcome.toCompletableFuture().isDone()) {
      return "waits";
    }
    return switch (outcome.toCompletableFuture().join()) {
      case LookupOutcome.FreshHit(var asOf, var entry) -> "fresh " + text(entry);
      case LookupOutcome.StaleHit(var asOf, long lease, var entry) ->
          "stale " + text(entry) + (lease == 0 ? "" : ", lease");
      case LookupOutcome.Miss(var asOf, long lease) -> "miss" + (lease == 0 ? "" : ", lease");
    };
  }

  static long lease(Cache.Pending pending) {
    return switch (pending.outcome().toCompletableFuture().join()) {
      case LookupOutcome.FreshHit fresh -> throw new AssertionError("fresh, not a lease");
      case LookupOutcome.StaleHit(var asOf, long lease, var entry) -> lease;
      case LookupOutcome.Miss(var asOf, long lease) -> lease;
    };
  }

  PutOutcome put(String value, AsOf asOf, long lease, String... tags) {
    return putting(value, asOf, lease, FOREVER, 0, tags).toCompletableFuture().join();
  }

  PutOutcome put(String value, long lease, String... tags) {
    return put(value, cache.asOf(), lease, tags);
  }

  CompletionStage<PutOutcome> putting(
      String value, AsOf asOf, long lease, CacheLife life, long age, String... tags) {
    byte[] bytes = value.getBytes(UTF_8);
    return cache.put(
        new Put(KEY, asOf, lease, TagSet.of(tags), life, age, CacheEntry.checksum(bytes), bytes));
  }

  AsOf invalidate(long expire, String... tags) {
    return cache.invalidate(TagSet.of(tags), expire).toCompletableFuture().join();
  }
}
