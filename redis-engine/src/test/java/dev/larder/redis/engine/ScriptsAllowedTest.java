package dev.larder.redis.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ScriptsAllowedTest {
  private static final String KNOWN = "return 1";
  private static final String DIGEST = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";

  @Test
  void onlyTheScriptsThatAreNamedAreRunOrLoaded() throws IOException {
    try (Engine engine = Engine.builder().scriptsAllowed(DIGEST::equals).open()) {
      assertThat(engine.execute(Command.of("EVAL", KNOWN, "0"))).isEqualTo(Reply.ONE);
      assertThat(engine.execute(Command.of("EVALSHA", DIGEST, "0"))).isEqualTo(Reply.ONE);
      isRefused(engine.execute(Command.of("EVAL", "return 2", "0")));
      isRefused(engine.execute(Command.of("EVAL_RO", "return 2", "0")));
      isRefused(engine.execute(Command.of("SCRIPT", "LOAD", "return 2")));
    }
  }

  private static void isRefused(Reply reply) {
    assertThat(reply)
        .isInstanceOfSatisfying(
            Reply.SimpleError.class,
            error -> assertThat(error.text().toString()).startsWith("NOPERM the script "));
  }
}
