package dev.larder.server.metrics;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.larder.core.CacheKey;
import dev.larder.core.Put;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What was generated again, and how often to no use, because what came out was the same: of as many
 * keys as are remembered, those that are generated most. Safe for use by many threads.
 */
final class Regenerations {
  /** How many keys are remembered. */
  private static final int MOST = 2_048;

  private final Cache<CacheKey, Generated> keys =
      Caffeine.newBuilder().maximumSize(MOST).executor(Runnable::run).build();

  /**
   * How a generation compares with the one before.
   *
   * @param known whether there was one that is remembered
   * @param unchanged whether the value of that had the same checksum
   */
  record Comparison(boolean known, boolean unchanged) {}

  /** What is remembered of a key. */
  private static final class Generated {
    private final String label;
    private final RecentCount times;
    private final RecentCount unchanged;
    private boolean again;
    private int checksum;

    Generated(String label, long now) {
      this.label = label;
      this.times = new RecentCount(now);
      this.unchanged = new RecentCount(now);
    }

    synchronized Comparison generated(int checksumNow, long now) {
      var comparison = new Comparison(again, again && checksum == checksumNow);
      times.add(now, comparison.known() ? 1 : 0);
      unchanged.add(now, comparison.unchanged() ? 1 : 0);
      again = true;
      checksum = checksumNow;
      return comparison;
    }

    synchronized ServerMetrics.Regenerated lately(long now) {
      return new ServerMetrics.Regenerated(times.sum(now), unchanged.sum(now));
    }
  }

  /** Takes a generation into account whose result was stored. */
  Comparison generated(Put put) {
    long now = System.nanoTime();
    Generated key = keys.get(put.key(), first -> new Generated(put.origin().label(), now));
    return key.generated(put.checksum(), now);
  }

  /** How often keys were generated again lately. */
  Map<CacheKey, ServerMetrics.Regenerated> lately() {
    long now = System.nanoTime();
    Map<CacheKey, ServerMetrics.Regenerated> lately = new HashMap<>();
    keys.asMap().forEach((key, generated) -> lately.put(key, generated.lately(now)));
    lately.values().removeIf(regenerated -> regenerated.times() == 0);
    return lately;
  }

  /** What is stored under a key, as far as it is remembered. */
  Optional<String> label(CacheKey key) {
    return Optional.ofNullable(keys.getIfPresent(key)).map(generated -> generated.label);
  }
}
