package dev.larder.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.simulation.RandomHistory.Kind;
import org.junit.jupiter.api.Test;

/**
 * Random histories against the reference model. {@code -Dlarder.history.seed=n} replays one seed of
 * every kind; {@code -Dlarder.history.count=n} runs that many of each, from seed {@code
 * -Dlarder.history.first=n} on.
 */
class RandomHistoryTest {
  private static final int STEPS = 400;

  @Test
  void theEngineAgreesWithTheModel() {
    run(Kind.EXACT, 600);
  }

  @Test
  void aClockSetBackRevivesNothingAndExpiresNothingEarly() {
    run(Kind.CLOCK_SET_BACK, 200);
  }

  @Test
  void whatTheLedgerForgetsCountsAsExpired() {
    assertThat(run(Kind.FORGETFUL, 60)).isPositive();
  }

  private static int run(Kind kind, int histories) {
    Long replayed = Long.getLong("larder.history.seed");
    if (replayed != null) {
      new RandomHistory(replayed, kind).run(STEPS);
      return 1;
    }
    int tolerated = 0;
    int count = Integer.getInteger("larder.history.count", histories);
    long first = Long.getLong("larder.history.first", 1);
    for (long seed = first; seed < first + count; seed++) {
      var history = new RandomHistory(seed, kind);
      history.run(STEPS);
      tolerated += history.tolerated();
    }
    System.out.printf(
        "%d %s histories from seed %d: %,d steps, as the model has it%n",
        count, kind, first, (long) count * STEPS);
    return tolerated;
  }
}
