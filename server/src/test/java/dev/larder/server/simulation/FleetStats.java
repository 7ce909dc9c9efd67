package dev.larder.server.simulation;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What happened in a simulated fleet, counted.
 *
 * @param counts how often each kind of thing happened
 */
public record FleetStats(Map<Kind, Integer> counts) {
  /** Nothing happened. */
  static final FleetStats NONE = new FleetStats(Map.of());

  /** Things that happen. */
  public enum Kind {
    /** Requests that began. */
    REQUESTS,
    /** Requests that were given an entry of the cache, by the server or the near cache. */
    GIVEN,
    /** Those of them that were given an entry of the near cache. */
    NEAR,
    /** Generations that began. */
    GENERATIONS,
    /** Those of them without a lease. */
    ALONE,
    /** Leases granted for entries that were fresh, and due. */
    EARLY,
    /** Edits that were acknowledged. */
    EDITS,
    /** Servers that died. */
    CRASHES,
    /** Everything else that was done to the fleet. */
    FAULTS
  }

  /** How often that happened. */
  public int of(Kind kind) {
    return counts.getOrDefault(kind, 0);
  }

  /** In words: {@code 24,014 requests, 20,900 given, …}. */
  @Override
  public String toString() {
    return Arrays.stream(Kind.values())
        .map(kind -> "%,d %s".formatted(of(kind), kind.name().toLowerCase(Locale.ROOT)))
        .collect(Collectors.joining(", "));
  }

  /** Both together. */
  public FleetStats plus(FleetStats other) {
    var sum = new EnumMap<Kind, Integer>(Kind.class);
    sum.putAll(counts);
    other.counts.forEach((kind, count) -> sum.merge(kind, count, Integer::sum));
    return new FleetStats(sum);
  }
}
