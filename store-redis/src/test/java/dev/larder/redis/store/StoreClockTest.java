package dev.larder.redis.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StoreClockTest {
  /** Some moment, in ms. */
  private static final long THEN = 1_700_000_000_000L;

  private static final long HOUR = TimeUnit.HOURS.toMillis(1);

  /** More than an answer takes, in ms. */
  private static final long MARGIN = 5_000;

  private final StoreClock clock = new StoreClock();

  private void heard(long millis) {
    clock.heard(TimeUnit.MILLISECONDS.toMicros(millis), StoreClock.now());
  }

  @Test
  void itIsTheTimeTheStoreSays() {
    heard(THEN);
    assertThat(clock.millis()).isBetween(THEN - 1, THEN + MARGIN);
  }

  @Test
  void aStoreThatIsAheadIsBelieved() {
    heard(THEN);
    heard(THEN + HOUR);
    assertThat(clock.millis()).isBetween(THEN + HOUR - 1, THEN + HOUR + MARGIN);
  }

  @Test
  void aStoreThatIsBehindTurnsNothingBack() {
    heard(THEN);
    heard(THEN - HOUR);
    assertThat(clock.millis()).isGreaterThanOrEqualTo(THEN - 1);
  }

  @Test
  void aSlowAnswerDoesNotReplaceAFastOne() {
    heard(THEN);
    long slow = StoreClock.now() - TimeUnit.SECONDS.toNanos(10);
    clock.heard(TimeUnit.MILLISECONDS.toMicros(THEN - 2_000), slow);
    assertThat(clock.millis()).isBetween(THEN - 1, THEN + MARGIN);
  }
}
