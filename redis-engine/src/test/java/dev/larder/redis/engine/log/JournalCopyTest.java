package dev.larder.redis.engine.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.redis.engine.Contents;
import dev.larder.redis.engine.Engine;
import dev.larder.redis.engine.resp.Command;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalCopyTest {
  @TempDir private Path temporary;

  @Test
  void aCopyIsTheDatabaseOfItsMoment() throws IOException {
    Path original = temporary.resolve("original");
    // So small that snapshots replace files all the time, also those that a copy holds open.
    try (Engine engine =
        Engine.builder().journal(FileJournal.open(original, Fsync.NEVER, 2_000)).open()) {
      for (int i = 0; i < 300; i++) {
        engine.execute(Command.of("SET", "k" + i % 40, "value " + i));
        engine.execute(Command.of("RPUSH", "list", "element " + i));
        if (i % 20 == 0) {
          var then = Contents.of(engine);
          try (JournalCopy copy = JournalCopy.of(original)) {
            for (int more = 0; more < 100; more++) {
              engine.execute(Command.of("SET", "later", "value ".repeat(more)));
            }
            engine.execute(Command.of("DEL", "later"));
            Path other = Files.createDirectory(temporary.resolve("copy-" + i));
            write(copy, other);
            try (Engine copied =
                Engine.builder().journal(FileJournal.open(other, Fsync.NEVER)).open()) {
              assertThat(Contents.of(copied)).isEqualTo(then);
            }
          }
        }
      }
    }
  }

  private static void write(JournalCopy copy, Path to) throws IOException {
    for (JournalCopy.Part part : copy.parts()) {
      try (FileChannel file =
          FileChannel.open(
              to.resolve(part.name()), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        part.file().transferTo(0, part.length(), file);
      }
    }
  }
}
