package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.Arrays;
import java.util.function.BiPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When keys expire, the earliest first: a binary heap. What a key's expiry was before is left in
 * it, found to be outdated when its turn comes, and swept out when most is.
 *
 * <p>Adding and taking out take logarithmic time. A key whose expiry is set again and again has one
 * entry for each; sweeping bounds them to about twice the current ones, and 1024, in constant time
 * for each on average. A hash is here with the earliest of its fields.
 */
final class Expiries {
  /**
   * The heap: the children of an index are at its double plus one and plus two; the times are in ms
   * of the epoch.
   */
  private long[] times = new long[16];

  private Bytes[] keys = new Bytes[16];
  private int size;

  /** How large it gets before it is swept: twice what was left last time, and some. */
  private int sweepAt = 1024;

  /** True if a key expires at this time still. */
  private final BiPredicate<Bytes, Long> current;

  /**
   * An empty heap.
   *
   * @param current tells whether an entry is up to date
   */
  Expiries(BiPredicate<Bytes, Long> current) {
    this.current = current;
  }

  /**
   * Adds a key, beside what is here of it already.
   *
   * @param time in ms of the epoch
   */
  void add(long time, Bytes key) {
    if (size == times.length) {
      times = Arrays.copyOf(times, size * 2);
      keys = Arrays.copyOf(keys, size * 2);
    }
    up(size++, time, key);
  }

  /**
   * Takes out a key that expired before a time, or null.
   *
   * <p>Outdated entries before it are taken out on the way.
   *
   * @param now in ms of the epoch
   */
  @Nullable Bytes poll(long now) {
    while (size > 0 && times[0] < now) {
      long time = times[0];
      Bytes key = keys[0];
      removeFirst();
      if (current.test(key, time)) {
        return key;
      }
    }
    return null;
  }

  /**
   * A key that expires, by chance, or null if a few attempts find none.
   *
   * <p>Keys that were set often are chosen no more often than by their current entries.
   */
  @Nullable Bytes sample(RandomGenerator random) {
    for (int attempt = 0; attempt < 16 && size > 0; attempt++) {
      int at = random.nextInt(size);
      if (current.test(keys[at], times[at])) {
        return keys[at];
      }
    }
    return null;
  }

  /** Sweeps out what is outdated, if much has come since the last time. */
  void tidy() {
    if (size < sweepAt) {
      return;
    }
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (current.test(keys[i], times[i])) {
        times[kept] = times[i];
        keys[kept++] = keys[i];
      }
    }
    Arrays.fill(keys, kept, size, Bytes.EMPTY);
    size = kept;
    sweepAt = (int) Math.min(Integer.MAX_VALUE, 1024 + 2L * kept);
    for (int i = size / 2 - 1; i >= 0; i--) {
      down(i, times[i], keys[i]);
    }
  }

  /** Forgets all keys. */
  void clear() {
    times = new long[16];
    keys = new Bytes[16];
    size = 0;
    sweepAt = 1024;
  }

  /** The last entry takes the place of the first, and sinks. */
  private void removeFirst() {
    size--;
    long time = times[size];
    Bytes key = keys[size];
    keys[size] = Bytes.EMPTY;
    if (size > 0) {
      down(0, time, key);
    }
  }

  /** Puts an entry where it belongs on the way from an index to the root. */
  private void up(int from, long time, Bytes key) {
    int at = from;
    while (at > 0 && times[(at - 1) / 2] > time) {
      times[at] = times[(at - 1) / 2];
      keys[at] = keys[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    times[at] = time;
    keys[at] = key;
  }

  /** Puts an entry where it belongs on the way from an index to the leaves. */
  private void down(int from, long time, Bytes key) {
    int at = from;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && times[child + 1] < times[child]) {
        child++;
      }
      if (times[child] >= time) {
        break;
      }
      times[at] = times[child];
      keys[at] = keys[child];
      at = child;
    }
    times[at] = time;
    keys[at] = key;
  }
}
