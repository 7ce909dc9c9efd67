package dev.larder.server.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PaceTest {
  private long now = 1_000_000_000L;
  private final Pace pace = new Pace(new Target.Bounds(100, 1000, 5, 3), () -> now, new Random(1));

  @Test
  void afterABurstRequestsComeAsOftenAsTheyMay() {
    for (int n = 0; n < 3; n++) {
      assertThat(pace.take()).isZero();
    }
    assertThat(pace.take()).isEqualTo(200);
    assertThat(pace.take()).isEqualTo(400);
    now += 400_000_000L;
    assertThat(pace.take()).isEqualTo(200);
    now += 3_600_000_000_000L;
    assertThat(pace.take()).as("no more than a burst is saved up").isZero();
    assertThat(pace.take()).isZero();
    assertThat(pace.take()).isZero();
    assertThat(pace.take()).isEqualTo(200);
  }

  @Test
  void failuresMakePausesLongerUpToFiveMinutes() {
    long longest = 0;
    for (int n = 0; n < 200; n++) {
      long pause = pace.failed(Duration.ZERO);
      assertThat(pause)
          .isBetween(Pace.FIRST, Math.min(Pace.LONGEST, Pace.FIRST << Math.min(n + 1, 20)));
      longest = Math.max(longest, pause);
    }
    assertThat(longest).isGreaterThan(Pace.LONGEST / 2);
    pace.succeeded();
    assertThat(pace.failed(Duration.ZERO)).isBetween(Pace.FIRST, 2 * Pace.FIRST);
  }

  @Test
  void whatTheTargetAsksForIsKeptWithinReason() {
    assertThat(pace.failed(Duration.ofSeconds(30))).isEqualTo(30_000);
    assertThat(pace.failed(Duration.ofDays(30))).isEqualTo(Pace.LONGEST);
  }

  @Test
  void retryAfterIsSecondsOrADate() {
    Instant noon = Instant.parse("2026-11-30T12:00:00Z");
    assertThat(RetryAfter.of(Optional.of(" 7 "), noon)).isEqualTo(Duration.ofSeconds(7));
    assertThat(RetryAfter.of(Optional.of("Mon, 30 Nov 2026 12:01:00 GMT"), noon))
        .isEqualTo(Duration.ofMinutes(1));
    assertThat(RetryAfter.of(Optional.of("Mon, 30 Nov 2026 11:01:00 GMT"), noon)).isZero();
    for (String mad : new String[] {"", "-1", "soon", "99999999999999"}) {
      assertThat(RetryAfter.of(Optional.of(mad), noon)).isZero();
    }
    assertThat(RetryAfter.of(Optional.empty(), noon)).isZero();
  }
}
