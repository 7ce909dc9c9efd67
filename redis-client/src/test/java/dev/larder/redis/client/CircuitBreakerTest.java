package dev.larder.redis.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private long now;
  private final CircuitBreaker circuit = new CircuitBreaker(() -> now);

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(circuit.allows()).isTrue();
      circuit.record(false);
    }
  }

  @Test
  void aFewFailuresDoNotOpenIt() {
    fail(2);
    assertThat(circuit.isOpen()).isFalse();
    assertThat(circuit.allows()).isTrue();
  }

  @Test
  void onlyFailuresInARowCount() {
    fail(2);
    circuit.record(true);
    fail(2);
    assertThat(circuit.isOpen()).isFalse();
  }

  @Test
  void anOpenOneAllowsOneAttemptNowAndThen() {
    fail(3);
    assertThat(circuit.isOpen()).isTrue();
    assertThat(circuit.allows()).isFalse();
    now += TimeUnit.MILLISECONDS.toNanos(500);
    assertThat(circuit.allows()).isTrue();
    assertThat(circuit.allows()).isFalse();
  }

  @Test
  void theFirstSuccessClosesIt() {
    fail(3);
    circuit.record(true);
    assertThat(circuit.isOpen()).isFalse();
    assertThat(circuit.allows()).isTrue();
    assertThat(circuit.allows()).isTrue();
  }
}
