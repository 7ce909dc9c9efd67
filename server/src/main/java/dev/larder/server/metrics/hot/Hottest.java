package dev.larder.server.metrics.hot;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.datasketches.frequencies.ErrorType;
import org.apache.datasketches.frequencies.ItemsSketch;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for most, be it there or not: in a sketch, which takes a bounded memory however
 * many things there are, and is right about those that are hot.
 *
 * <p>It is of the last ten to twenty minutes: a sketch is begun every ten minutes, and two are
 * added up. Nothing is held before the first thing. Called by many threads, of keys for every
 * lookup; what is done under its lock takes about as long as a few counters.
 *
 * @param <T> what is counted, equal where it is the same
 */
public final class Hottest<T> {
  /** How long a window is, in ns. What is told is of one to two of them. */
  public static final long WINDOW = TimeUnit.MINUTES.toNanos(10);

  /** After how many times it looks at the clock: each time would cost as much as to count. */
  private static final int CLOCK_EVERY = 256;

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private final int size;
  private final LongSupplier clock;
  private @Nullable ItemsSketch<T> current;
  private @Nullable ItemsSketch<T> before;

  /** When the older of the two was begun, and the younger. */
  private long began;

  private long turned;
  private int counted;

  /**
   * Nothing yet.
   *
   * @param size a power of two, of which three quarters are the most things that are counted at a
   *     time
   */
  public Hottest(int size) {
    this(size, System::nanoTime);
  }

  /** One with a clock of its own, in ns. */
  Hottest(int size, LongSupplier clock) {
    this.size = size;
    this.clock = clock;
  }

  /** It was asked for once more. */
  public synchronized void add(T thing) {
    if (current == null || ++counted % CLOCK_EVERY == 0) {
      turn(clock.getAsLong());
    }
    sketch().update(thing);
  }

  /**
   * It was asked for so many times more.
   *
   * @param times from 0 on
   */
  public synchronized void add(T thing, long times) {
    turn(clock.getAsLong());
    if (times > 0) {
      sketch().update(thing, times);
    }
  }

  /**
   * How often things were asked for in the last ten to twenty minutes, of those that were most. Of
   * more things than are counted at a time all numbers may be too great, by the same.
   */
  public synchronized Map<T, Long> counts() {
    turn(clock.getAsLong());
    Map<T, Long> counts = new HashMap<>();
    count(before, counts);
    count(current, counts);
    return counts;
  }

  /**
   * How often things were asked for a minute lately, of those that were most; in the first minute,
   * how often they were at all.
   */
  public synchronized Map<T, Long> perMinute() {
    Map<T, Long> counts = counts();
    double minutes = Math.max(1, (clock.getAsLong() - began) / (double) MINUTE);
    counts.replaceAll((thing, count) -> Math.round(count / minutes));
    counts.values().removeIf(count -> count == 0);
    return counts;
  }

  private static <T> void count(@Nullable ItemsSketch<T> sketch, Map<T, Long> counts) {
    if (sketch != null && !sketch.isEmpty()) {
      for (ItemsSketch.Row<T> row : sketch.getFrequentItems(ErrorType.NO_FALSE_NEGATIVES)) {
        counts.merge(row.getItem(), row.getEstimate(), Long::sum);
      }
    }
  }

  /** The one that is under way; it begins now if there is none. */
  private ItemsSketch<T> sketch() {
    ItemsSketch<T> sketch = current;
    if (sketch == null) {
      sketch = new ItemsSketch<>(size);
      current = sketch;
      began = clock.getAsLong();
      turned = began;
    }
    return sketch;
  }

  /** Begins another sketch, if it is time. */
  private void turn(long now) {
    if (current == null || now - turned < WINDOW) {
      return;
    }
    boolean late = now - turned >= 2 * WINDOW;
    before = late ? null : current;
    began = late ? now : turned;
    current = late ? null : new ItemsSketch<>(size);
    turned = now;
  }
}
