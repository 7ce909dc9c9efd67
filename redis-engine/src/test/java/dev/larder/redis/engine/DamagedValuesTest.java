package dev.larder.redis.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Values that others wrote are answered, whatever bytes they have. */
class DamagedValuesTest {
  @Test
  void anEstimateOfAnyBytesIsAnsweredOrAnError() throws IOException {
    var random = new Random(1);
    int answered = 0;
    try (Engine engine = Engine.builder().open()) {
      for (int i = 0; i < 20_000; i++) {
        byte[] bytes = new byte[random.nextInt(16, 60)];
        random.nextBytes(bytes);
        System.arraycopy("HYLL\1".getBytes(US_ASCII), 0, bytes, 0, 5);
        engine.execute(Command.of(List.of(Bytes.of("SET"), Bytes.of("k"), Bytes.wrap(bytes))));
        for (Command command :
            List.of(
                Command.of("PFADD", "k", "e" + i),
                Command.of("PFCOUNT", "k"),
                Command.of("PFMERGE", "other", "k"))) {
          Reply reply = engine.execute(command);
          assertThat(reply).isNotNull();
          answered += reply instanceof Reply.SimpleError ? 0 : 1;
        }
      }
    }
    assertThat(answered).as("some were not damaged enough to be noticed").isPositive();
  }
}
