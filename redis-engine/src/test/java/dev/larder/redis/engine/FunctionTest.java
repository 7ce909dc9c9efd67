package dev.larder.redis.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.redis.engine.resp.RespWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Libraries of functions answer as in a real Redis, and are there again when it is opened again.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FunctionTest {
  private static final String LIBRARY =
      """
      #!lua name=shop
      local calls = 0
      local function put(keys, args)
        calls = calls + 1
        return {redis.call('SET', keys[1], args[1]), #keys, #args, calls}
      end
      redis.register_function('put', put)
      redis.register_function{function_name='get', callback=function(keys) return redis.call('GET', keys[1]) end,
        flags={'no-writes'}, description='reads'}
      redis.register_function('fail', function() return redis.error_reply('MY own') end)
      redis.register_function('table', function(keys, args) return {args[1], {keys[1]}, 7, false} end)
      """;

  private final RealRedis redis = new RealRedis();

  @AfterAll
  void stop() {
    redis.close();
  }

  private static String text(Reply reply) {
    return Bytes.wrap(RespWriter.bytesOf(reply)).toString().replace("\r\n", "|");
  }

  @Test
  void functionsAnswerAsInRedis() throws IOException {
    try (Engine engine = Engine.builder().open()) {
      for (Command command :
          List.of(
              Command.of("FUNCTION", "LOAD", LIBRARY),
              Command.of("FUNCTION", "LOAD", LIBRARY),
              Command.of("FCALL", "put", "1", "k", "v"),
              Command.of("FCALL", "put", "2", "k", "l", "w"),
              Command.of("FCALL", "get", "1", "k"),
              Command.of("FCALL_RO", "get", "1", "k"),
              Command.of("FCALL", "table", "1", "k", "v"),
              Command.of("FCALL", "nosuch", "0"),
              Command.of("FCALL", "get", "x"),
              Command.of("FCALL", "get", "2", "k"),
              Command.of("FCALL", "get", "-1", "k"),
              Command.of("FCALL", "get"),
              Command.of("FUNCTION", "LOAD", "REPLACE", LIBRARY),
              Command.of("FCALL", "put", "1", "k", "v"),
              Command.of("FUNCTION", "LOAD", "return 1"),
              Command.of("FUNCTION", "LOAD", "#!lua\nreturn 1"),
              Command.of("FUNCTION", "LOAD", "#!lua name=a-b\nreturn 1"),
              Command.of("FUNCTION", "LOAD", "#!js name=a\nreturn 1"),
              Command.of("FUNCTION", "LOAD", "#!lua name=a\nreturn 1"),
              Command.of("FUNCTION", "LOAD", "OTHER", "#!lua name=a\nreturn 1"),
              Command.of(
                  "FUNCTION",
                  "LOAD",
                  "#!lua name=a\nredis.register_function('get', function() end)"),
              Command.of("FUNCTION", "LIST", "LIBRARYNAME", "no*"),
              Command.of("FUNCTION", "LIST", "OTHER"),
              Command.of("FUNCTION", "STATS"),
              Command.of("FUNCTION", "KILL"),
              Command.of("FUNCTION", "DELETE", "nosuch"),
              Command.of("FUNCTION", "FLUSH", "OTHER"),
              Command.of("FUNCTION", "DELETE", "shop"),
              Command.of("FCALL", "get", "1", "k"),
              Command.of("FUNCTION", "LIST"),
              Command.of("FUNCTION", "FLUSH"),
              Command.of("FUNCTION", "NOSUCH"))) {
        assertThat(text(engine.execute(command)))
            .as("%s", command)
            .isEqualTo(text(redis.ask(command)));
      }
    }
  }

  @Test
  void aListShowsWhatWasLoaded() throws IOException {
    try (Engine engine = Engine.builder().open()) {
      engine.execute(Command.of("FUNCTION", "LOAD", LIBRARY));
      String listed = text(engine.execute(Command.of("FUNCTION", "LIST", "WITHCODE")));
      assertThat(listed)
          .contains("|library_name|", "|shop|", "|reads|", "+no-writes|", "local calls");
    }
  }

  @Test
  void functionsThatOnlyReadWriteNothing() throws IOException {
    try (Engine engine = Engine.builder().open()) {
      engine.execute(Command.of("FUNCTION", "LOAD", LIBRARY));
      assertThat(text(engine.execute(Command.of("FCALL_RO", "put", "1", "k", "v"))))
          .contains("Write commands are not allowed from read-only scripts");
      assertThat(engine.execute(Command.of("EXISTS", "k"))).isEqualTo(Reply.ZERO);
    }
  }

  @Test
  void librariesAreThereAgain() throws IOException {
    var journal = new ListJournal();
    try (Engine engine = Engine.builder().journal(journal).open()) {
      engine.execute(Command.of("FUNCTION", "LOAD", LIBRARY));
      engine.execute(
          Command.of(
              "FUNCTION", "LOAD", "#!lua name=gone\nredis.register_function('f', function() end)"));
      engine.execute(Command.of("FUNCTION", "DELETE", "gone"));
      engine.execute(Command.of("FCALL", "put", "1", "k", "v"));
    }
    try (Engine again = Engine.builder().journal(journal).open()) {
      assertThat(text(again.execute(Command.of("FCALL", "get", "1", "k")))).isEqualTo("$1|v|");
      assertThat(text(again.execute(Command.of("FCALL", "f", "0"))))
          .isEqualTo("-ERR Function not found|");
    }
  }

  @Test
  void aLibraryThatNeverEndsOrWritesWhileItIsLoadedIsRefused() throws IOException {
    try (Engine engine = Engine.builder().scripts(Duration.ofMillis(200), 256L << 20).open()) {
      assertThat(
              text(
                  engine.execute(
                      Command.of("FUNCTION", "LOAD", "#!lua name=a\nwhile true do end"))))
          .startsWith("-ERR Error registering functions");
      assertThat(
              text(
                  engine.execute(
                      Command.of("FUNCTION", "LOAD", "#!lua name=a\nredis.call('SET', 'k', 'v')"))))
          .startsWith("-ERR Error registering functions");
      assertThat(engine.execute(Command.of("EXISTS", "k"))).isEqualTo(Reply.ZERO);
    }
  }
}
