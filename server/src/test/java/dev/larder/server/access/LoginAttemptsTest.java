package dev.larder.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class LoginAttemptsTest {
  private long now = 1_000;
  private final LoginAttempts attempts = new LoginAttempts(() -> Instant.ofEpochMilli(now));

  @Test
  void fiveMayFailInAMinuteFromEachAddress() {
    fail("a", LoginAttempts.MOST - 1);
    assertThat(attempts.wait("a")).isEmpty();
    now += 20_000;
    fail("a", 1);
    assertThat(attempts.wait("a")).hasValue(40);
    assertThat(attempts.wait("b")).isEmpty();
    now += 39_999;
    assertThat(attempts.wait("a")).hasValue(1);
    now += 1;
    assertThat(attempts.wait("a")).isEmpty();
    fail("a", 1);
    assertThat(attempts.wait("a")).as("a minute begins anew").isEmpty();
  }

  @Test
  void addressesWithoutNumberTakeNoMemoryWithoutBound() {
    fail("first", LoginAttempts.MOST);
    for (int n = 1; n < LoginAttempts.ADDRESSES; n++) {
      fail("address " + n, 1);
    }
    assertThat(attempts.wait("first")).isPresent();
    fail("one more", 1);
    assertThat(attempts.wait("first")).isEmpty();
  }

  private void fail(String address, int times) {
    for (int n = 0; n < times; n++) {
      attempts.failed(address);
    }
  }
}
