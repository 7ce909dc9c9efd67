package dev.larder.server.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vertx.core.json.JsonArray;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of durations of which only is known how many took at most how long. */
class PercentileTest {
  private static final List<Double> BOUNDS = List.of(0.001, 0.01, 0.1);
  private static final JsonArray NONE = new JsonArray();

  @Test
  void ofNothingThereIsNone() {
    assertThat(Percentile.of(0.99, BOUNDS, NONE, NONE)).isEmpty();
    var same = new JsonArray().add(5).add(3);
    assertThat(Percentile.of(0.99, BOUNDS, same, same)).isEmpty();
  }

  @Test
  void itIsBetweenItsBoundsInProportion() {
    var now = new JsonArray().add(90).add(10);
    assertThat(Percentile.of(0.45, BOUNDS, NONE, now)).hasValueCloseTo(0.0005, within(1e-9));
    assertThat(Percentile.of(0.95, BOUNDS, NONE, now)).hasValueCloseTo(0.0055, within(1e-9));
  }

  @Test
  void onlyWhatHappenedMeanwhileCounts() {
    var then = new JsonArray().add(1_000);
    var now = new JsonArray().add(1_000).add(0).add(100);
    assertThat(Percentile.of(0.5, BOUNDS, then, now)).hasValueCloseTo(0.055, within(1e-9));
  }

  @Test
  void whatIsBeyondAllBoundsIsTheLast() {
    var now = new JsonArray().add(0).add(0).add(0).add(7);
    assertThat(Percentile.of(0.99, BOUNDS, NONE, now)).hasValue(0.1);
  }
}
