package dev.larder.server.metrics;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.larder.core.CacheKey;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What invalidations of tags have cost: the generations they made necessary, and how long these
 * took. Of as many tags as are remembered, those that decide most. Safe for use by many threads.
 */
final class TagCosts {
  /** How many tags are remembered, and of how many keys it is known why they are generated. */
  private static final int MOST = 1_024;

  private final Cache<String, Cost> tags =
      Caffeine.newBuilder().maximumSize(MOST).executor(Runnable::run).build();

  /** By key, the tag that made somebody generate it who is not done. */
  private final Cache<CacheKey, String> generated =
      Caffeine.newBuilder()
          .maximumSize(MOST)
          .expireAfterWrite(RecentCount.WINDOW, TimeUnit.NANOSECONDS)
          .executor(Runnable::run)
          .build();

  /** What is remembered of a tag. */
  private static final class Cost {
    private final RecentCount times;
    private final RecentCount millis;

    Cost(long now) {
      this.times = new RecentCount(now);
      this.millis = new RecentCount(now);
    }

    synchronized void decided(long now) {
      times.add(now, 1);
    }

    synchronized void took(long now, long more) {
      millis.add(now, more);
    }

    synchronized ServerMetrics.TagCost lately(long now) {
      return new ServerMetrics.TagCost(times.sum(now), millis.sum(now));
    }
  }

  /** Somebody generates a key because this tag was invalidated. */
  void decided(CacheKey key, String tag) {
    generated.put(key, tag);
    long now = System.nanoTime();
    tags.get(tag, first -> new Cost(now)).decided(now);
  }

  /** A key was generated, which took so long, in ms. */
  void generated(CacheKey key, long millis) {
    String tag = generated.asMap().remove(key);
    Cost cost = tag == null ? null : tags.getIfPresent(tag);
    if (cost != null) {
      cost.took(System.nanoTime(), millis);
    }
  }

  /** What tags have cost lately. */
  Map<String, ServerMetrics.TagCost> lately() {
    long now = System.nanoTime();
    Map<String, ServerMetrics.TagCost> lately = new HashMap<>();
    tags.asMap().forEach((tag, cost) -> lately.put(tag, cost.lately(now)));
    lately.values().removeIf(cost -> cost.regenerations() == 0 && cost.generationMillis() == 0);
    return lately;
  }
}
