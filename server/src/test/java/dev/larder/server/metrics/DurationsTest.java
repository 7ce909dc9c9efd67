package dev.larder.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Durations, counted by bounds. */
class DurationsTest {
  @Test
  void whatTookAsLongAsABoundIsWithinIt() {
    var durations = new Durations();
    for (double bound : Durations.BOUNDS) {
      durations.add(Math.round(bound * TimeUnit.SECONDS.toNanos(1)));
    }
    durations.add(0);
    durations.add(TimeUnit.HOURS.toNanos(1));
    assertThat(durations.counts()).hasSize(Durations.BOUNDS.size() + 1);
    assertThat(durations.counts().getFirst()).isEqualTo(2);
    assertThat(durations.counts().subList(1, durations.counts().size())).containsOnly(1L);
    assertThat(durations.count()).isEqualTo(Durations.BOUNDS.size() + 2L);
    assertThat(durations.seconds()).isCloseTo(3_709.444, within(0.001));
  }
}
