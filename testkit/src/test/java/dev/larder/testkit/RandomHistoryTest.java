package dev.larder.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.testkit.RandomHistory.Kind;
import org.junit.jupiter.api.Test;

/**
 * Random histories against the reference model. {@code -Dlarder.history.seed=n} replays one seed of
 * every kind; {@code -Dlarder.history.count=n} runs more of them.
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
    for (long seed = 1; seed <= count; seed++) {
      var history = new RandomHistory(seed, kind);
      history.run(STEPS);
      tolerated += history.tolerated();
    }
    return tolerated;
  }
}
