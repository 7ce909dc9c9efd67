package dev.larder.server.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.server.simulation.FleetSimulation.Flaw;
import dev.larder.server.simulation.FleetSimulation.Weather;
import dev.larder.server.simulation.FleetStats.Kind;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Simulated fleets. {@code -Dlarder.fleet.seed=n} replays one seed in every weather; {@code
 * -Dlarder.fleet.count=n} runs that many in each, {@code -Dlarder.fleet.several=n} so many of
 * several servers in each, from seed {@code -Dlarder.fleet.first=n} on; {@code
 * -Dlarder.evictions=n} evicts that many keys beside fleets of each kind.
 */
class FleetSimulationTest {
  private static FleetStats run(Weather weather, int fleets) {
    Long replayed = Long.getLong("larder.fleet.seed");
    if (replayed != null) {
      return new FleetSimulation(replayed, weather, Flaw.NONE).run();
    }
    FleetStats stats = FleetStats.NONE;
    int count = Integer.getInteger("larder.fleet.count", fleets);
    long first = Long.getLong("larder.fleet.first", 1);
    for (long seed = first; seed < first + count; seed++) {
      stats = stats.plus(new FleetSimulation(seed, weather, Flaw.NONE).run());
    }
    System.out.printf("%d fleets in %s weather from seed %d: %s%n", count, weather, first, stats);
    return stats;
  }

  @Nested
  class AFleet {
    @Test
    void withoutFaultsGeneratesNothingTwice() {
      FleetStats stats = run(Weather.CALM, 50);
      assertThat(stats.of(Kind.ALONE)).isZero();
      assertThat(stats.of(Kind.GIVEN)).isPositive();
      assertThat(stats.of(Kind.NEAR)).isPositive();
    }

    @Test
    void keepsItsPromisesWhateverHappens() {
      FleetStats stats = run(Weather.ROUGH, 400);
      assertThat(stats.of(Kind.CRASHES)).isPositive();
      assertThat(stats.of(Kind.EDITS)).isPositive();
      assertThat(stats.of(Kind.GIVEN)).isGreaterThan(stats.of(Kind.REQUESTS) / 10);
    }

    @Test
    void keepsItsPromisesWhenDataIsLost() {
      run(Weather.RUINOUS, 250);
    }

    @Test
    void ofSeveralServersGeneratesNothingTwice() {
      FleetStats stats = several(Weather.CALM, 30);
      assertThat(stats.of(Kind.ALONE)).isZero();
      assertThat(stats.of(Kind.EARLY)).isPositive();
      assertThat(stats.of(Kind.GIVEN)).isPositive();
    }

    @Test
    void ofSeveralServersKeepsItsPromisesWhateverHappens() {
      FleetStats stats = several(Weather.ROUGH, 200);
      assertThat(stats.of(Kind.CRASHES)).isPositive();
      assertThat(stats.of(Kind.GIVEN)).isGreaterThan(stats.of(Kind.REQUESTS) / 10);
    }

    /** 300 a second, 12,000 beside each fleet. */
    @ParameterizedTest
    @CsvSource({"CALM, 1", "ROUGH, 1", "CALM, 3", "ROUGH, 3"})
    void besideManyEvictionsDoesAsWithoutThem(Weather weather, int size) {
      // A quarter each of what is evicted in all; one fleet alone may be given next to nothing.
      int evictions = Integer.getInteger("larder.evictions", 50_000);
      int fleets = Math.max(2, Math.ceilDiv(evictions, 4 * 12_000));
      FleetStats stats = FleetStats.NONE;
      for (long seed = 1; seed <= fleets; seed++) {
        stats = stats.plus(new FleetSimulation(seed, weather, Flaw.NONE, size, 300).run());
      }
      System.out.printf(
          "%d fleets of %d servers in %s weather, %d keys evicted beside them: %s%n",
          fleets, size, weather, fleets * 12_000, stats);
      if (weather == Weather.CALM) {
        assertThat(stats.of(Kind.ALONE)).isZero();
      }
      assertThat(stats.of(Kind.GIVEN)).isGreaterThan(stats.of(Kind.REQUESTS) / 10);
      assertThat(stats.of(Kind.NEAR)).isPositive();
    }

    private static FleetStats several(Weather weather, int fleets) {
      FleetStats stats = FleetStats.NONE;
      int count = Integer.getInteger("larder.fleet.several", fleets);
      long first = Long.getLong("larder.fleet.first", 1);
      for (long seed = first; seed < first + count; seed++) {
        int size = (int) (2 + seed % 3);
        stats = stats.plus(new FleetSimulation(seed, weather, Flaw.NONE, size).run());
      }
      System.out.printf(
          "%d fleets of 2 to 4 servers in %s weather from seed %d: %s%n",
          count, weather, first, stats);
      return stats;
    }

    @Test
    void doesTheSameThingsForTheSameSeed() {
      FleetStats first = new FleetSimulation(11, Weather.RUINOUS, Flaw.NONE).run();
      assertThat(new FleetSimulation(11, Weather.RUINOUS, Flaw.NONE).run()).isEqualTo(first);
    }
  }

  /** The checker is worth something only if it finds what is wrong. */
  @Nested
  class AFlaw {
    private static final int TRIES = 1_000;

    @ParameterizedTest
    @CsvSource({
      "CLIENT_STAMPS_AT_THE_END, was promised",
      "CLIENT_TRUSTS_WHAT_IT_CANNOT_KNOW, was promised",
      "CLIENT_KEEPS_WHAT_IS_PURGED, was promised",
      "CLIENT_KEEPS_WHAT_IS_REPLACED, is stored",
      "SERVER_ACKNOWLEDGES_FIRST, was promised",
      "SERVER_ACKNOWLEDGES_FIRST, was acknowledged, and is lost",
      "SERVER_LEASES_TO_EVERYBODY, at once",
      "SERVER_FORGETS_TO_ANSWER, was not answered"
    })
    void isFound(Flaw flaw, String violation) {
      assertThat(
              LongStream.rangeClosed(1, TRIES)
                  .anyMatch(seed -> violation(seed, flaw).contains(violation)))
          .as("found in one of %d fleets", TRIES)
          .isTrue();
    }

    private static String violation(long seed, Flaw flaw) {
      try {
        return new FleetSimulation(seed, Weather.ROUGH, flaw).run().toString();
      } catch (AssertionError found) {
        return String.valueOf(found.getMessage()).lines().findFirst().orElse("");
      }
    }
  }
}
