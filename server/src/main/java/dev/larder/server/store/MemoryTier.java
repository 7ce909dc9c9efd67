package dev.larder.server.store;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.HotKey;
import dev.larder.core.StoreIdentity;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The entries kept in memory, of all namespaces, bounded by their bytes. */
final class MemoryTier {
  /** How many entries are looked at for the hottest ones, while nothing can be evicted. */
  private static final int EXAMINED = 65_536;

  private final AsyncCache<Place, CacheEntry> entries;

  /**
   * An empty tier.
   *
   * @param maxBytes the most it holds
   */
  MemoryTier(long maxBytes) {
    this.entries =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((Place place, CacheEntry entry) -> entry.memoryBytes())
            .executor(Runnable::run)
            .buildAsync();
  }

  /** Where an entry is: its key, in its history. */
  record Place(StoreIdentity namespace, CacheKey key) {}

  /**
   * The entry at that place, read once for all who ask meanwhile if it is not here. A {@link #put}
   * during the read wins over what it finds.
   *
   * @param read begins to read it; never fails
   */
  CompletableFuture<Optional<CacheEntry>> get(
      Place place, Supplier<CompletableFuture<@Nullable CacheEntry>> read) {
    return entries.get(place, (missing, executor) -> read.get()).thenApply(Optional::ofNullable);
  }

  /** The entry at that place, if it is here. */
  Optional<CacheEntry> atHand(Place place) {
    CompletableFuture<CacheEntry> kept = entries.getIfPresent(place);
    return kept != null && kept.state() == Future.State.SUCCESS
        ? Optional.ofNullable(kept.resultNow())
        : Optional.empty();
  }

  void put(Place place, CacheEntry entry) {
    entries.put(place, CompletableFuture.completedFuture(entry));
  }

  /**
   * The keys of a namespace that are read most, hottest first.
   *
   * @param count the most to name
   */
  List<HotKey> hottest(StoreIdentity namespace, int count) {
    return entries
        .synchronous()
        .policy()
        .eviction()
        .orElseThrow()
        .hottest(all ->
            all.limit(EXAMINED)
                .filter(hot -> hot.getKey().namespace().equals(namespace))
                .limit(count)
                .map(hot -> new HotKey(hot.getKey().key(), hot.getValue().value().length))
                .toList());
  }

  void remove(Place place) {
    entries.synchronous().invalidate(place);
  }

  void removeAll(StoreIdentity namespace) {
    entries.asMap().keySet().removeIf(place -> place.namespace().equals(namespace));
  }
}
