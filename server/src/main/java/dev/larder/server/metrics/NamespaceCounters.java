package dev.larder.server.metrics;

import static java.util.Objects.requireNonNull;

import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Origin;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.spi.CacheObserver;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the cache of a namespace has done since the server started, in numbers.
 *
 * <p>Called by many threads at once, for every lookup: adders, which have no lock, are all there
 * is. They are read one by one, so that two of a page may differ by what happens meanwhile.
 */
final class NamespaceCounters implements CacheObserver {
  /** Lookups that were given a fresh entry. */
  final LongAdder fresh = new LongAdder();

  /** Lookups that were given a stale one, with the lease or without. */
  final LongAdder stale = new LongAdder();

  /** Lookups of what is not stored. */
  final LongAdder miss = new LongAdder();

  /** Lookups that the store failed. */
  final LongAdder failed = new LongAdder();

  /** Those that took effect here, whichever server took them. */
  final LongAdder invalidations = new LongAdder();

  /**
   * Those that were asked of this server, and are durable: what caches do by themselves is none.
   */
  final LongAdder asked = new LongAdder();

  /** Entries that were removed because nobody could be served them. */
  final LongAdder evictions = new LongAdder();

  /** How long lookups took that waited for nobody's generation. */
  final Durations lookups = new Durations();

  /** How long the others took. */
  final Durations waited = new Durations();

  /** How long invalidations took, from when they were asked for until they were durable. */
  final Durations invalidating = new Durations();

  private final StoreDurations store;

  /** Lookups of an entry that had expired, which are misses to their callers. */
  private final Map<Freshness.Cause, LongAdder> expired = adders(Freshness.Cause.class);

  private final Map<WaitEnd, LongAdder> waits = adders(WaitEnd.class);
  private final Map<PutOutcome, LongAdder> puts = adders(PutOutcome.class);
  private final Map<Origin.Kind, LongAdder> generations = adders(Origin.Kind.class);
  private final Map<Origin.Kind, LongAdder> generationMillis = adders(Origin.Kind.class);

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
    stale.increment();
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
  public void onLookedUp(CacheKey key, long nanos, boolean hasWaited) {
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
      generations(put.origin().kind()).increment();
      generationMillis(put.origin().kind()).add(put.origin().generation());
    }
  }

  @Override
  public void onInvalidation(Invalidation invalidation) {
    invalidations.increment();
  }

  @Override
  public void onInvalidated(Invalidation invalidation, InvalidationSource source, long nanos) {
    asked.increment();
    invalidating.add(nanos);
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

  /** Entries that were brought and said how long they took. */
  LongAdder generations(Origin.Kind kind) {
    return requireNonNull(generations.get(kind));
  }

  /** How long these took together, in ms. */
  LongAdder generationMillis(Origin.Kind kind) {
    return requireNonNull(generationMillis.get(kind));
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
