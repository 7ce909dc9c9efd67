package dev.larder.redis.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.data.Eviction;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two engines with one budget, both of which may evict any key. */
class SharedMemoryTest {
  private static final String VALUE = "x".repeat(1_000);

  private final MemoryBudget budget = new MemoryBudget(1_000_000);
  private Engine large;
  private Engine small;

  @BeforeEach
  void open() throws IOException {
    large = Engine.builder().memory(budget, Eviction.ALL_KEYS).open();
    small = Engine.builder().memory(budget, Eviction.ALL_KEYS).open();
  }

  @AfterEach
  void close() {
    large.close();
    small.close();
  }

  @Test
  void whoTakesLessThanItsShareLosesNothingToWhoTakesMore() {
    set(small, 10);
    set(large, 5_000);
    set(small, 20);
    assertThat(small.execute(Command.of("DBSIZE"))).isEqualTo(Reply.of(20));
  }

  @Test
  void whoTakesMoreThanItsShareMakesRoomByItself() {
    set(large, 5_000);
    Reply before = large.execute(Command.of("DBSIZE"));
    set(small, 30);
    assertThat(budget.used()).isGreaterThan(1_000_000);
    large.removeExpired();
    assertThat(budget.used()).isLessThanOrEqualTo(1_000_000);
    assertThat(large.execute(Command.of("DBSIZE"))).isNotEqualTo(before);
    assertThat(small.execute(Command.of("DBSIZE"))).isEqualTo(Reply.of(30));
  }

  @Test
  void nobodyGoesFarBeyondTheBudgetWhileOthersMakeNoRoom() {
    set(large, 5_000);
    Reply reply = Reply.OK;
    for (int i = 0; i < 400 && reply.equals(Reply.OK); i++) {
      reply = small.execute(Command.of("SET", "k" + i, VALUE));
    }
    assertThat(reply).isInstanceOf(Reply.SimpleError.class);
    assertThat(budget.used()).isLessThan(1_070_000);
  }

  private static void set(Engine engine, int keys) {
    for (int i = 0; i < keys; i++) {
      assertThat(engine.execute(Command.of("SET", "k" + i, VALUE))).isEqualTo(Reply.OK);
    }
  }
}
