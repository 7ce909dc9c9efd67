package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonArray;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * A percentile of durations that are counted by bounds: within its two bounds in proportion, as
 * {@code histogram_quantile} of Prometheus has it; the last bound, of what is beyond it.
 */
final class Percentile {
  private Percentile() {}

  /**
   * The percentile of what happened between two answers, in s; empty if nothing did.
   *
   * @param share from 0 to 1
   * @param bounds in s
   * @param then how many took how long by the earlier answer, without zeros at the end
   * @param now the same by the later one
   */
  static OptionalDouble of(double share, List<Double> bounds, JsonArray then, JsonArray now) {
    long[] counts =
        IntStream.range(0, now.size())
            .mapToLong(i -> Math.max(0, now.getLong(i) - (i < then.size() ? then.getLong(i) : 0)))
            .toArray();
    double rank = share * IntStream.range(0, counts.length).mapToLong(i -> counts[i]).sum();
    double before = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0 && before + counts[i] >= rank) {
        if (i == bounds.size()) {
          return OptionalDouble.of(bounds.getLast());
        }
        double lower = i == 0 ? 0 : bounds.get(i - 1);
        return OptionalDouble.of(lower + (bounds.get(i) - lower) * (rank - before) / counts[i]);
      }
      before += counts[i];
    }
    return OptionalDouble.empty();
  }
}
