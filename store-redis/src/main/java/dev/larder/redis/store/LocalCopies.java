package dev.larder.redis.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.HotKey;
import dev.larder.core.StoreIdentity;
import java.util.List;
import java.util.Optional;

/**
 * The copies of entries that this server keeps in memory, of all namespaces. Their bytes are
 * bounded; those used least are evicted. A copy is served only after the store has confirmed its
 * seal.
 */
final class LocalCopies {
  /** How many entries are looked at for the hottest ones, while nothing can be evicted. */
  private static final int EXAMINED = 65_536;

  private final Cache<Location, Copy> entries;

  /**
   * No copies.
   *
   * @param maxBytes the most bytes they take
   */
  LocalCopies(long maxBytes) {
    this.entries =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((Location location, Copy copy) -> copy.entry().memoryBytes())
            .executor(Runnable::run)
            .build();
  }

  /**
   * Where an entry is.
   *
   * @param history its history
   * @param key its key
   */
  record Location(StoreIdentity history, CacheKey key) {}

  /**
   * A copy of an entry.
   *
   * @param seal the seal that the store has while the copy is current
   * @param entry the entry
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Copy(byte[] seal, CacheEntry entry) {}

  /**
   * The size of the copies of a history.
   *
   * @param entries how many there are
   * @param bytes the bytes of their values
   */
  record Size(long entries, long bytes) {}

  /** The copy of an entry. A use of it. */
  Optional<Copy> get(Location location) {
    return Optional.ofNullable(entries.getIfPresent(location));
  }

  /** Keeps a copy, in place of the one before. */
  void put(Location location, Copy copy) {
    entries.put(location, copy);
  }

  /** Drops a copy, if there is one. */
  void remove(Location location) {
    entries.invalidate(location);
  }

  /** Drops all copies of a history. */
  void removeAll(StoreIdentity history) {
    entries.asMap().keySet().removeIf(location -> location.history().equals(history));
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

  /** The bytes of the value of a copy; 0 if there is none. Not a use of it. */
  long size(Location location) {
    Copy copy = entries.policy().getIfPresentQuietly(location);
    return copy == null ? 0 : copy.entry().value().length;
  }

  /** The size of the copies of a history. */
  Size size(StoreIdentity history) {
    long[] size = new long[2];
    entries
        .asMap()
        .forEach((location, copy) -> {
          if (location.history().equals(history)) {
            size[0]++;
            size[1] += copy.entry().value().length;
          }
        });
    return new Size(size[0], size[1]);
  }
}
