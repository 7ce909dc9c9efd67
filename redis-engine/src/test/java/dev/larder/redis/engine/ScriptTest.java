package dev.larder.redis.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Scripts as Upstash's clients send them, and scripts that would not end. */
class ScriptTest {
  @Nested
  class Shebangs {
    @Test
    void ofUpstashChangeNothingAboutAScript() throws IOException {
      try (Engine engine = Engine.builder().open()) {
        for (String head :
            List.of(
                "#!lua flags=allow-key-locking\n",
                "\n  #!lua flags=allow-key-locking\n",
                "\n#!lua flags=no-writes,allow-key-locking\n")) {
          String script = head + "return ARGV[1]";
          assertThat(engine.execute(Command.of("EVAL_RO", script, "0", "x")))
              .isEqualTo(Reply.of(Bytes.of("x")));
          Reply loaded = engine.execute(Command.of("SCRIPT", "LOAD", script));
          String digest = ((Reply.BulkString) loaded).value().toString();
          assertThat(digest).isEqualTo(sha1(script));
          assertThat(
                  engine.execute(Command.of("EVALSHA", digest.toUpperCase(Locale.ROOT), "0", "y")))
              .isEqualTo(Reply.of(Bytes.of("y")));
        }
      }
    }

    @Test
    void thatSayNoWritesForbidThem() throws IOException {
      try (Engine engine = Engine.builder().open()) {
        Reply reply =
            engine.execute(
                Command.of(
                    "EVAL",
                    "#!lua flags=no-writes,allow-key-locking\nreturn redis.call('set','a','b')",
                    "0"));
        assertThat(reply).isInstanceOf(Reply.SimpleError.class);
        assertThat(engine.execute(Command.of("GET", "a"))).isEqualTo(Reply.NIL);
      }
    }

    private static String sha1(String text) {
      try {
        byte[] digest =
            MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest);
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Nested
  class Scripts {
    private void isEnded(String script, String why) throws IOException {
      try (Engine engine = Engine.builder().scripts(Duration.ofMillis(300), 64 << 20).open()) {
        Reply reply = engine.execute(Command.of("EVAL", script, "0"));
        assertThat(reply).isInstanceOf(Reply.SimpleError.class);
        assertThat(reply.toString()).contains("Script killed").contains(why);
        assertThat(engine.execute(Command.of("EVAL", "return 1", "0"))).isEqualTo(Reply.ONE);
      }
    }

    @Test
    void anEndlessLoopIsEnded() throws IOException {
      isEnded("while true do end", "more than 300 ms");
    }

    @Test
    void whoeverCatchesItIsEndedToo() throws IOException {
      isEnded("while true do pcall(function() while true do end end) end", "more than 300 ms");
    }

    @Test
    void aPatternThatTriesForEverIsEnded() throws IOException {
      isEnded(
          "return string.find(string.rep('a', 60), string.rep('a?', 60) .. string.rep('a', 61))",
          "more than 300 ms");
      isEnded("return string.find(string.rep('a', 3000), '.-.-.-.-b')", "more than");
    }

    @Test
    void aStringThatDoublesForEverIsEnded() throws IOException {
      isEnded("local s = 'xxxxxxxx' while true do s = s .. s end", "memory");
      isEnded("return string.rep('x', 1e9)", "memory");
      isEnded("local t = {} while true do t[#t + 1] = {1, 2, 3} end", "more than");
    }

    @Test
    void aRecursionWithoutEndIsAnError() throws IOException {
      try (Engine engine = Engine.builder().open()) {
        String script = "local function f(x) return 1 + f(x + 1) end return f(1)";
        assertThat(engine.execute(Command.of("EVAL", script, "0")).toString())
            .contains("stack overflow");
      }
    }

    @Test
    void upstashsFlagIsKnownAndTheDigestIsThatOfTheSource() throws IOException {
      String script = "#!lua flags=allow-key-locking\nreturn redis.call('INCR', KEYS[1])";
      try (Engine engine = Engine.builder().open()) {
        Reply digest = engine.execute(Command.of("SCRIPT", "LOAD", script));
        String sha = ((Reply.BulkString) digest).value().toString();
        assertThat(engine.execute(Command.of("EVALSHA", sha.toUpperCase(Locale.ROOT), "1", "k")))
            .isEqualTo(Reply.ONE);
        assertThat(engine.execute(Command.of("EVAL", script, "1", "k"))).isEqualTo(Reply.of(2));
      }
    }
  }
}
