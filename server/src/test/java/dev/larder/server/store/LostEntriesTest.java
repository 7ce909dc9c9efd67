package dev.larder.server.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Namespace;
import dev.larder.core.spi.EntryStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries need not be there after the end of a process; that they are not is said all the same. */
class LostEntriesTest {
  private static final Namespace SHOP = new Namespace("shop");

  @TempDir private Path temporary = Path.of("");

  private static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static EmbeddedStore open(Path directory) {
    return EmbeddedStore.open(directory, StoreFixture.OPTIONS, "boot");
  }

  /** The log of the database whose end is the end of a record: nothing in it tells of more. */
  @Test
  void whatIsCutOffTheLogBetweenTwoRecordsIsAMissWithALine() throws IOException {
    Path live = temporary.resolve("live");
    Path killed = temporary.resolve("killed");
    long end;
    try (var store = open(live)) {
      EntryStore entries = done(store.open(SHOP)).entries();
      done(entries.put(key("first"), entry("x", 0)));
      end = Files.size(log(live));
      done(entries.put(key("second"), entry("x", 0)));
      assertThat(Files.size(log(live))).isGreaterThan(end);
      copy(live, killed);
    }
    Path whole = temporary.resolve("whole");
    copy(killed, whole);
    assertThat(linesOf(whole, "first", "second")).isEmpty();

    try (var log = FileChannel.open(log(killed), StandardOpenOption.WRITE)) {
      log.truncate(end);
    }
    assertThat(linesOf(killed, "first")).singleElement().asString().contains("are lost");
    // It is said once.
    assertThat(linesOf(killed, "first")).isEmpty();
  }

  /** What a store says that is opened and has these of the two entries. */
  private static List<String> linesOf(Path directory, String... present) {
    var said = new Said();
    Logger.getLogger("").addHandler(said);
    try (var store = open(directory)) {
      EntryStore entries = done(store.open(SHOP)).entries();
      for (String name : List.of("first", "second")) {
        assertThat(done(entries.get(key(name))).isPresent())
            .as(name)
            .isEqualTo(List.of(present).contains(name));
      }
      return said.lines;
    } finally {
      Logger.getLogger("").removeHandler(said);
    }
  }

  private static Path log(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("db"))) {
      return files.filter(file -> file.toString().endsWith(".log")).findFirst().orElseThrow();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  /** What is logged of losses. */
  private static final class Said extends Handler {
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void publish(LogRecord line) {
      if (line.getMessage().contains("lost")) {
        lines.add(line.getMessage());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
