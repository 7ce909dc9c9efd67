package dev.larder.server.metrics;

import dev.larder.core.CacheKey;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.datasketches.frequencies.ErrorType;
import org.apache.datasketches.frequencies.ItemsSketch;
import org.jspecify.annotations.Nullable;

/**
 * The keys that are looked up most, also those under which nothing is stored: in a sketch, which
 * takes a bounded memory however many keys there are, and is right about those that are hot.
 *
 * <p>It is of the last ten to twenty minutes: a sketch is begun every ten minutes, and two are
 * added up. Nothing is held before the first lookup. Called by many threads, for every lookup; what
 * is done under its lock takes about as long as a few counters.
 */
final class HotKeys {
  /** The most keys a sketch counts at a time is three quarters of this, a power of two. */
  private static final int SIZE = 4_096;

  /** After how many lookups it looks at the clock: each time would cost as much as to count. */
  private static final int CLOCK_EVERY = 256;

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private @Nullable ItemsSketch<CacheKey> current;
  private @Nullable ItemsSketch<CacheKey> before;

  /** When the older of the two was begun, and the younger, as {@link System#nanoTime} has it. */
  private long began;

  private long turned;
  private int counted;

  /** A key was looked up. */
  synchronized void add(CacheKey key) {
    if (++counted % CLOCK_EVERY == 0) {
      turn(System.nanoTime());
    }
    if (current == null) {
      current = new ItemsSketch<>(SIZE);
      began = System.nanoTime();
      turned = began;
    }
    current.update(key);
  }

  /**
   * How often keys were looked up a minute lately, of those that were most; in the first minute,
   * how often they were at all.
   */
  synchronized Map<CacheKey, Long> perMinute() {
    long now = System.nanoTime();
    turn(now);
    Map<CacheKey, Long> counts = new HashMap<>();
    count(before, counts);
    count(current, counts);
    double minutes = Math.max(1, (now - began) / (double) MINUTE);
    counts.replaceAll((key, count) -> Math.round(count / minutes));
    counts.values().removeIf(count -> count == 0);
    return counts;
  }

  private static void count(@Nullable ItemsSketch<CacheKey> sketch, Map<CacheKey, Long> counts) {
    if (sketch != null && !sketch.isEmpty()) {
      for (ItemsSketch.Row<CacheKey> row : sketch.getFrequentItems(ErrorType.NO_FALSE_NEGATIVES)) {
        counts.merge(row.getItem(), row.getEstimate(), Long::sum);
      }
    }
  }

  /** Begins another sketch, if it is time. */
  private void turn(long now) {
    if (current == null || now - turned < RecentCount.WINDOW) {
      return;
    }
    boolean late = now - turned >= 2 * RecentCount.WINDOW;
    before = late ? null : current;
    began = late ? now : turned;
    current = late ? null : new ItemsSketch<>(SIZE);
    turned = now;
  }
}
