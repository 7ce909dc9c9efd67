package dev.larder.redis.engine.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.redis.engine.Contents;
import dev.larder.redis.engine.Engine;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileJournalTest {
  @TempDir private Path directory;

  private Engine open() throws IOException {
    return Engine.builder().journal(FileJournal.open(directory, Fsync.NEVER)).open();
  }

  private Path journal() {
    return directory.resolve("journal-000000000000");
  }

  @Test
  void whatWasWrittenIsThereAgain() throws IOException {
    Map<String, String> before;
    try (Engine engine = open()) {
      engine.execute(Command.of("SET", "k", "v", "EX", "1000"));
      engine.execute(Command.of("SADD", "s", "a", "b", "c"));
      engine.execute(Command.of("SPOP", "s"));
      engine.execute(Command.of("HINCRBYFLOAT", "h", "f", "1.5"));
      engine.execute(
          Command.of("EVAL", "for i = 1, 3 do redis.call('RPUSH', KEYS[1], i) end", "1", "l"));
      before = Contents.of(engine);
    }
    try (Engine engine = open()) {
      assertThat(Contents.of(engine)).isEqualTo(before).hasSize(4);
    }
  }

  @Test
  void aTornTailIsThereAsAWholeOrNotAtAll() throws IOException {
    Map<String, String> before;
    Map<String, String> after;
    long whole;
    try (Engine engine = open()) {
      engine.execute(Command.of("SET", "a", "1"));
      before = Contents.of(engine);
      whole = Files.size(journal());
      engine.transaction(
          List.of(
              Command.of("SET", "a", "2"), Command.of("SET", "b", "2"), Command.of("DEL", "c")));
      after = Contents.of(engine);
    }
    byte[] all = Files.readAllBytes(journal());
    for (int length = (int) whole; length <= all.length; length++) {
      Files.write(journal(), Arrays.copyOf(all, length));
      try (Engine engine = open()) {
        assertThat(Contents.of(engine)).isEqualTo(length < all.length ? before : after);
        engine.execute(Command.of("SET", "later", "x"));
      }
      try (Engine engine = open()) {
        assertThat(Contents.of(engine)).containsKey("later");
      }
    }
  }

  @Test
  void damageIsAnError() throws IOException {
    try (Engine engine = open()) {
      for (int i = 0; i < 10; i++) {
        engine.execute(Command.of("SET", "k" + i, "some value"));
      }
    }
    byte[] all = Files.readAllBytes(journal());
    for (int at = 0; at < all.length / 2; at++) {
      byte[] damaged = all.clone();
      damaged[at] ^= 0x10;
      Files.write(journal(), damaged);
      assertThatThrownBy(this::open)
          .isInstanceOf(DamagedJournalException.class)
          .hasMessageContaining("damaged at byte");
    }
  }

  @Test
  void aFileThatIsMissingIsAnError() throws IOException {
    try (Engine engine = open()) {
      engine.execute(Command.of("SET", "k", "v"));
    }
    Files.move(journal(), directory.resolve("journal-000000000007"));
    assertThatThrownBy(this::open).isInstanceOf(DamagedJournalException.class);
  }

  @Test
  void anotherOneCannotOpenIt() throws IOException {
    try (Engine engine = open()) {
      assertThat(engine.execute(Command.of("DBSIZE"))).isEqualTo(Reply.ZERO);
      assertThatThrownBy(this::open)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("open already");
    }
  }

  @Test
  void snapshotsKeepItShort() throws IOException {
    Map<String, String> before;
    try (Engine engine =
        Engine.builder().journal(FileJournal.open(directory, Fsync.NEVER, 20_000)).open()) {
      for (int i = 0; i < 20_000; i++) {
        engine.execute(Command.of("INCR", "counter"));
        engine.execute(Command.of("ZADD", "z", "" + i % 7 + ".25", "m" + i % 100));
      }
      before = Contents.of(engine);
    }
    long size = 0;
    try (var files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        size += Files.size(file);
      }
    }
    // All of it together would be more than 2 MB.
    assertThat(size).isLessThan(1_500_000);
    try (Engine engine = open()) {
      assertThat(Contents.of(engine)).isEqualTo(before);
    }
  }

  @Test
  void nothingAcknowledgedIsLostWhenTheProcessIsKilled() throws Exception {
    int acknowledged = 0;
    for (int round = 0; round < 3; round++) {
      Process process =
          new ProcessBuilder(
                  System.getProperty("java.home")
                      + File.separator
                      + "bin"
                      + File.separator
                      + "java",
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Writer.class.getName(),
                  directory.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (var out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        for (int lines = 0; lines < 2_000; lines++) {
          acknowledged = Integer.parseInt(out.readLine());
        }
        process.toHandle().destroyForcibly();
        String line = out.readLine();
        while (line != null && out.ready()) {
          acknowledged = Integer.parseInt(line);
          line = out.readLine();
        }
      }
      process.waitFor();
      try (Engine engine = open()) {
        var replies = new ArrayList<Reply>();
        replies.add(engine.execute(Command.of("GET", "one")));
        replies.add(engine.execute(Command.of("GET", "other")));
        // Both of a transaction, and as many as were acknowledged at least.
        assertThat(replies.get(0)).isEqualTo(replies.get(1));
        assertThat(Integer.parseInt(((Reply.BulkString) replies.get(0)).value().toString()))
            .isGreaterThanOrEqualTo(acknowledged);
      }
    }
  }

  /** Counts in two keys until it is killed, and prints what was acknowledged. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) throws IOException {
      try (Engine engine =
          Engine.builder()
              .journal(FileJournal.open(Path.of(arguments[0]), Fsync.EVERY_SECOND, 30_000))
              .open()) {
        while (true) {
          Reply reply =
              engine.transaction(List.of(Command.of("INCR", "one"), Command.of("INCR", "other")));
          var counts = (Reply.Array) reply;
          System.out.println(((Reply.Int) counts.items().getFirst()).value());
        }
      }
    }
  }
}
