package dev.larder.redis.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.redis.engine.resp.RespWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Scripts answer what they answer in a real Redis, errors and their texts too. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScriptDifferentialTest {
  private final RealRedis redis = new RealRedis();

  @AfterAll
  void stop() {
    redis.close();
  }

  static Stream<String> scripts() {
    try (var in = ScriptDifferentialTest.class.getResourceAsStream("scripts.lua")) {
      if (in == null) {
        throw new IllegalStateException("no file scripts.lua");
      }
      String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      var scripts = new ArrayList<String>();
      var script = new StringBuilder();
      for (String line : all.lines().toList()) {
        if (line.equals("---")) {
          scripts.add(script.toString().strip());
          script.setLength(0);
        } else {
          script.append(line).append('\n');
        }
      }
      return scripts.stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void answersAsRedisDoes(String script) throws IOException {
    redis.ask(Command.of("FLUSHALL"));
    try (Engine engine = Engine.builder().open()) {
      for (Command command : with(script)) {
        assertThat(text(engine.execute(command))).isEqualTo(text(redis.ask(command)));
      }
    }
  }

  @Test
  void scriptsByChanceDoToo() throws IOException {
    int count = Integer.getInteger("larder.redis.histories", 150) * 10;
    long first = Long.getLong("larder.redis.first", 1);
    try (Engine engine = Engine.builder().open()) {
      for (long seed = first; seed < first + count; seed++) {
        String script = new RandomScript(new Random(seed)).next();
        Command command = Command.of("EVAL", script, "1", "key", "7", "hello");
        assertThat(comparable(engine.execute(command)))
            .as("seed %d: %s", seed, script)
            .isEqualTo(comparable(redis.ask(command)));
      }
    }
  }

  /** Without the addresses of tables and functions, which are never the same. */
  private static String comparable(Reply reply) {
    return text(reply)
        .replaceAll("\\$\\d+\\|(?=(?:table|function): 0x)", "")
        .replaceAll("(?i)(table|function): 0x[0-9a-f]+", "$1");
  }

  /** The script on some data, which is looked at afterwards. */
  private static List<Command> with(String script) {
    return List.of(
        Command.of("SET", "string", "10"),
        Command.of("RPUSH", "list", "a", "b", "c"),
        Command.of("HSET", "hash", "f", "1", "g", "x"),
        Command.of("ZADD", "zset", "1", "a", "2.5", "b"),
        Command.of("EVAL", script, "2", "string", "list", "7", "hello", "3.5"),
        Command.of("EVAL_RO", script, "1", "hash", "x"),
        Command.of("GET", "string"),
        Command.of("LRANGE", "list", "0", "-1"),
        Command.of("HGETALL", "hash"),
        Command.of("ZRANGE", "zset", "0", "-1", "WITHSCORES"));
  }

  private static String text(Reply reply) {
    return Bytes.wrap(RespWriter.bytesOf(reply)).toString().replace("\r\n", "|");
  }
}
