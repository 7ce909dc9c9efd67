package dev.larder.server.metrics;

import static java.util.Objects.requireNonNull;

import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Origin;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.spi.CacheObserver;
import dev.larder.server.metrics.hot.Hottest;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the cache of a namespace has done since the server started, in numbers.
 *
 * <p>Called by many threads at once, for every lookup: adders, which have no lock, are all there
 * is. They are read one by one, so that two of a page may differ by what happens meanwhile.
 */
final class NamespaceCounters implements CacheObserver {
  /** The size of the sketch of keys: three quarters of it are counted at a time. */
  private static final int HOT_KEYS = 4_096;

  /** Lookups that were given a fresh entry. */
  final LongAdder fresh = new LongAdder();

  /** Lookups that were given a fresh one with the lease to regenerate it. */
  final LongAdder early = new LongAdder();

  /** Lookups that were given a stale one, with the lease or without. */
  final LongAdder stale = new LongAdder();

  /** Lookups of what is not stored. */
  final LongAdder miss = new LongAdder();

  /** Lookups that the store failed. */
  final LongAdder failed = new LongAdder();

  /** Entries that the cache removed because nobody could be served them. */
  final LongAdder evictions = new LongAdder();

  /** Leases that ended by their deadline. */
  final LongAdder leasesExpired = new LongAdder();

  /** How long lookups took that waited for nobody's generation. */
  final Durations lookups = new Durations();

  /** How long the others took. */
  final Durations waited = new Durations();

  private final StoreDurations store;

  /** Lookups of an entry that had expired, which are misses to their callers. */
  private final Map<Freshness.Cause, LongAdder> expired = adders(Freshness.Cause.class);

  private final Map<WaitEnd, LongAdder> waits = adders(WaitEnd.class);
  private final Map<PutOutcome, LongAdder> puts = adders(PutOutcome.class);

  /** By how they came; there from the beginning, so that a rate begins at 0. */
  private final Map<Via, Durations> invalidations =
      new ConcurrentHashMap<>(
          Map.of(
              Via.CONNECTION, new Durations(),
              Via.BATCH, new Durations(),
              Via.HTTP, new Durations()));

  /** By kind, those of which there were any. */
  private final Map<Origin.Kind, Generations> generations = new ConcurrentHashMap<>();

  /** The keys that are looked up most. */
  final Hottest<CacheKey> hot = new Hottest<>(HOT_KEYS);

  /** The keys that are generated again most. */
  final Regenerations regenerations = new Regenerations();

  /** What invalidations cost, by tag. */
  final TagCosts tagCosts = new TagCosts();

  /**
   * Nothing is counted yet.
   *
   * @param store is told how long the store takes
   */
  NamespaceCounters(StoreDurations store) {
    this.store = store;
  }

  @Override
  public void onHit(CacheKey key) {
    fresh.increment();
  }

  @Override
  public void onStale(CacheKey key, Freshness.Cause cause, boolean leased) {
    (cause == Freshness.Cause.EARLY ? early : stale).increment();
  }

  /** An entry that was there and had expired is counted by its cause, and not as a miss. */
  @Override
  public void onMiss(CacheKey key, Optional<Freshness.Cause> cause, boolean leased) {
    cause.map(this::expired).orElse(miss).increment();
  }

  @Override
  public void onFailure(CacheKey key, Throwable failure) {
    failed.increment();
  }

  @Override
  public void onRegeneration(CacheKey key, String tag) {
    if (!CacheKey.isTagOfKey(tag)) {
      tagCosts.decided(key, tag);
    }
  }

  @Override
  public void onLookedUp(CacheKey key, long nanos, boolean hasWaited) {
    hot.add(key);
    (hasWaited ? waited : lookups).add(nanos);
  }

  @Override
  public void onStoreOperation(StoreOperation operation, long nanos, boolean failure) {
    store.add(operation, nanos, failure);
  }

  @Override
  public void onWaited(CacheKey key, long millis, WaitEnd end) {
    waits(end).increment();
  }

  @Override
  public void onPut(Put put, PutOutcome outcome) {
    puts(outcome).increment();
    // What says how long it took was generated; a put that ends a lease says nothing.
    if (put.origin().generation() > 0) {
      Generations ofKind =
          generations.computeIfAbsent(put.origin().kind(), first -> new Generations());
      ofKind.durations.add(TimeUnit.MILLISECONDS.toNanos(put.origin().generation()));
      tagCosts.generated(put.key(), put.origin().generation());
      // What lives no moment is for whoever made it only.
      if (outcome == PutOutcome.STORED && put.life().expire() > 0) {
        Regenerations.Comparison comparison = regenerations.generated(put);
        ofKind.repeated.add(comparison.known() ? 1 : 0);
        ofKind.unchanged.add(comparison.unchanged() ? 1 : 0);
      }
    }
  }

  @Override
  public void onInvalidated(Invalidation invalidation, InvalidationSource source, long nanos) {
    invalidations.computeIfAbsent(source.via(), first -> new Durations()).add(nanos);
  }

  @Override
  public void onLeaseExpired(CacheKey key) {
    leasesExpired.increment();
  }

  @Override
  public void onEviction(long entries) {
    evictions.add(entries);
  }

  /** Lookups of entries that had expired for that reason. */
  LongAdder expired(Freshness.Cause cause) {
    return requireNonNull(expired.get(cause));
  }

  /** Waits for somebody else's entry that ended so. */
  LongAdder waits(WaitEnd end) {
    return requireNonNull(waits.get(end));
  }

  LongAdder puts(PutOutcome outcome) {
    return requireNonNull(puts.get(outcome));
  }

  /**
   * How long invalidations took that were asked of this server, from then until they were durable,
   * by how they came. What caches do by themselves is none.
   */
  Map<Via, Durations> invalidations() {
    return invalidations;
  }

  /** Entries that were brought and said how long they took, by kind. */
  Map<Origin.Kind, Generations> generations() {
    return generations;
  }

  /** Generations of one kind. */
  static final class Generations {
    /** How long they took. */
    final Durations durations = new Durations();

    /** Those of a key whose generation before is remembered. */
    final LongAdder repeated = new LongAdder();

    /** Those of them that came to the same. */
    final LongAdder unchanged = new LongAdder();
  }

  /** One for each, so that the map is only read from now on. */
  private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
    var adders = new EnumMap<E, LongAdder>(type);
    for (E each : type.getEnumConstants()) {
      adders.put(each, new LongAdder());
    }
    return adders;
  }
}
