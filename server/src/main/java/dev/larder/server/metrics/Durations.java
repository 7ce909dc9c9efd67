package dev.larder.server.metrics;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How long something took, each time it was done: how often it took at most as long as each of some
 * bounds, and how long all of it took together.
 *
 * <p>Called by many threads at once, for every lookup: it has no lock and allocates nothing.
 */
final class Durations {
  /** The bounds, in s. What takes longer than the last is counted apart. */
  static final List<Double> BOUNDS =
      DoubleStream.of(
              0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
              1, 2.5, 5, 10, 30, 60)
          .boxed()
          .toList();

  private static final long[] BOUND_NANOS =
      BOUNDS.stream().mapToLong(bound -> Math.round(bound * TimeUnit.SECONDS.toNanos(1))).toArray();

  /** By the first bound that is not exceeded; what exceeds all of them is the last. */
  private final LongAdder[] counts =
      Stream.generate(LongAdder::new).limit(BOUNDS.size() + 1L).toArray(LongAdder[]::new);

  private final LongAdder nanos = new LongAdder();

  /** It took so long, in ns. Most take least: bounds are looked at one after the other. */
  void add(long took) {
    int bound = 0;
    while (bound < BOUND_NANOS.length && took > BOUND_NANOS[bound]) {
      bound++;
    }
    counts[bound].increment();
    nanos.add(took);
  }

  /** How often it took how long: for each bound, and more than the last. */
  List<Long> counts() {
    return Stream.of(counts).map(LongAdder::sum).toList();
  }

  /** How often all of them together took how long, as {@link #counts} has it. */
  static List<Long> sum(Collection<Durations> all) {
    return IntStream.rangeClosed(0, BOUNDS.size())
        .mapToObj(bound -> all.stream().mapToLong(each -> each.counts[bound].sum()).sum())
        .toList();
  }

  /** How often it was done. */
  long count() {
    return Stream.of(counts).mapToLong(LongAdder::sum).sum();
  }

  /** How long all took together, in s. */
  double seconds() {
    return nanos.sum() / (double) TimeUnit.SECONDS.toNanos(1);
  }
}
