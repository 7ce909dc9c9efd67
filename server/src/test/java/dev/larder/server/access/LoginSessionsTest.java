package dev.larder.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoginSessionsTest {
  private static final Principal SOMEBODY = new Principal("aaaaaaaaaa", Role.READ, Set.of(), "");

  private final List<String> ended = new ArrayList<>();
  private long now = 1_000;
  private final LoginSessions sessions =
      new LoginSessions(() -> Instant.ofEpochMilli(now), new Random(1));

  @Test
  void whoPresentsItIsWhoOpenedIt() {
    String session = opened("one");
    assertThat(session).matches("[0-9A-Za-z_-]{22}");
    assertThat(opened("two")).isNotEqualTo(session);
    assertThat(sessions.use(session)).contains(SOMEBODY);
    assertThat(sessions.use(session + "A")).isEmpty();
    assertThat(sessions.use("")).isEmpty();
    assertThat(ended).isEmpty();
  }

  @Test
  void itEndsAfterEightHoursWithoutUse() {
    String used = opened("used");
    String idle = opened("idle");
    now += LoginSessions.IDLE - 1;
    assertThat(sessions.use(used)).isPresent();
    now += 1;
    assertThat(sessions.use(idle)).as("before anybody looked for what is idle").isEmpty();
    sessions.endIdle();
    assertThat(ended).containsExactly("idle");
    assertThat(sessions.use(used)).isPresent();
    now += LoginSessions.IDLE;
    sessions.endIdle();
    assertThat(ended).containsExactly("idle", "used");
    assertThat(sessions.use(used)).isEmpty();
  }

  @Test
  void oneMoreThanThereMayBeEndsTheOneThatIsUsedLeast() {
    String first = opened("first");
    opened("second");
    for (int n = 2; n < LoginSessions.MOST; n++) {
      opened("another");
    }
    sessions.use(first);
    assertThat(ended).isEmpty();
    opened("last");
    assertThat(ended).containsExactly("second");
    assertThat(sessions.use(first)).isPresent();
  }

  @Test
  void whatIsHeldEndsWithItAndOnlyOnce() {
    String session = opened("session");
    sessions.onEnd(session, () -> ended.add("stream"));
    sessions.onEnd(session, () -> ended.add("left before")).run();
    sessions.end(session);
    assertThat(ended).containsExactly("session", "stream");
    sessions.end(session);
    assertThat(ended).hasSize(2);
    sessions.onEnd(session, () -> ended.add("too late")).run();
    assertThat(ended).endsWith("too late");
  }

  private String opened(String name) {
    String session = sessions.open(SOMEBODY);
    sessions.onEnd(session, () -> ended.add(name));
    return session;
  }
}
