package dev.larder.redis;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.HotKey;
import dev.larder.core.StoreIdentity;
import java.util.List;
import java.util.Optional;

/** The entries this server keeps in memory, of all namespaces, bounded by their bytes. */
final class MemoryTier {
  /** How many entries are looked at for the hottest ones, while nothing can be evicted. */
  private static final int EXAMINED = 65_536;

  private final Cache<Place, Kept> entries;

  /**
   * An empty tier.
   *
   * @param maxBytes the most it holds
   */
  MemoryTier(long maxBytes) {
    this.entries =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((Place place, Kept kept) -> kept.entry().memoryBytes())
            .executor(Runnable::run)
            .build();
  }

  /** Where an entry is: its key, in its history. */
  record Place(StoreIdentity history, CacheKey key) {}

  /**
   * A copy of an entry.
   *
   * @param seal the seal of what is in the store, if it still is
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Kept(byte[] seal, CacheEntry entry) {}

  /** How many entries, and the bytes of their values. */
  record Size(long entries, long bytes) {}

  Optional<Kept> get(Place place) {
    return Optional.ofNullable(entries.getIfPresent(place));
  }

  void put(Place place, Kept kept) {
    entries.put(place, kept);
  }

  void remove(Place place) {
    entries.invalidate(place);
  }

  void removeAll(StoreIdentity history) {
    entries.asMap().keySet().removeIf(place -> place.history().equals(history));
  }

  /**
   * The keys of a history that are read most, hottest first.
   *
   * @param count the most to name
   */
  List<HotKey> hottest(StoreIdentity history, int count) {
    return entries
        .policy()
        .eviction()
        .orElseThrow()
        .hottest(all ->
            all.limit(EXAMINED)
                .filter(hot -> hot.getKey().history().equals(history))
                .limit(count)
                .map(hot -> new HotKey(hot.getKey().key(), hot.getValue().entry().value().length))
                .toList());
  }

  /** The bytes of the value kept at that place; 0 if there is none. */
  long size(Place place) {
    Kept kept = entries.policy().getIfPresentQuietly(place);
    return kept == null ? 0 : kept.entry().value().length;
  }

  /** What is kept of a history. */
  Size size(StoreIdentity history) {
    long[] size = new long[2];
    entries
        .asMap()
        .forEach((place, kept) -> {
          if (place.history().equals(history)) {
            size[0]++;
            size[1] += kept.entry().value().length;
          }
        });
    return new Size(size[0], size[1]);
  }
}
