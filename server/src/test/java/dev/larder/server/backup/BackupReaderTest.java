package dev.larder.server.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Namespace;
import dev.larder.core.spi.StoreException;
import dev.larder.redis.engine.log.JournalCopy;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupReaderTest {
  @TempDir private Path temporary = Path.of("");
  private byte[] whole = {};

  @BeforeEach
  void write() throws IOException {
    var bytes = new ByteArrayOutputStream();
    var backup = new BackupWriter(bytes);
    for (String name : new String[] {"shop", "other"}) {
      Path journal = Files.createDirectory(temporary.resolve(name));
      Files.writeString(journal.resolve("journal-000000000000"), "what happened in " + name);
      try (JournalCopy copy = JournalCopy.of(journal)) {
        backup.database(new Namespace(name), copy);
      }
    }
    backup.end();
    whole = bytes.toByteArray();
  }

  @Test
  void whatWasWrittenIsRestored() throws IOException {
    Path data = temporary.resolve("data");
    BackupReader.Contents contents = restored(whole, data);
    assertThat(contents).isEqualTo(new BackupReader.Contents(2, 21 + 22));
    assertThat(data.resolve("redis/shop/journal-000000000000")).hasContent("what happened in shop");
    assertThat(data.resolve("redis/other/journal-000000000000"))
        .hasContent("what happened in other");
    assertThat(data.resolve("LARDER")).exists();
    assertThat(data.resolve("restoring")).doesNotExist();
  }

  @Test
  void whatIsCutIsNamedAndLeavesNothing() {
    for (int length = 0; length < whole.length; length++) {
      assertRefused(Arrays.copyOf(whole, length), "cut to %d bytes".formatted(length));
    }
  }

  /** Some bits of a gzip mean nothing: when it was made, and what fills the last byte. */
  @Test
  void aBitThatIsFlippedChangesNothingOrIsNamed() throws IOException {
    for (int at = 0; at < whole.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] flipped = whole.clone();
        flipped[at] ^= (byte) (1 << bit);
        var files = new ArrayList<ByteArrayOutputStream>();
        try {
          BackupReader.read(
              new ByteArrayInputStream(flipped),
              (namespace, file) -> {
                files.add(new ByteArrayOutputStream());
                return files.getLast();
              });
        } catch (DamagedBackupException e) {
          continue;
        }
        assertThat(files)
            .as("bit %d of byte %d flipped", bit, at)
            .extracting(bytes -> bytes.toString(UTF_8))
            .containsExactly("what happened in shop", "what happened in other");
      }
    }
  }

  @Test
  void somethingElseIsNoBackup() {
    assertThatThrownBy(() -> restored("no backup".getBytes(UTF_8), temporary.resolve("data")))
        .isInstanceOf(DamagedBackupException.class)
        .hasMessage("it is no backup of Larder");
  }

  @Test
  void aDirectoryWithSomethingInItIsLeftAsItIs() throws IOException {
    Path data = Files.createDirectory(temporary.resolve("data"));
    Path mine = Files.writeString(data.resolve("mine"), "mine");
    assertThatThrownBy(() -> restored(whole, data))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(data.toString())
        .hasMessageContaining("--data");
    assertThat(mine).hasContent("mine");
  }

  @Test
  void whatAnAttemptHasLeftIsRemoved() throws IOException {
    Path left = temporary.resolve("data/restoring/data/redis/gone");
    Files.createDirectories(left);
    Files.writeString(left.resolve("journal-000000000000"), "half");
    Path data = temporary.resolve("data");
    Files.createDirectories(data.resolve("redis/moved"));
    restored(whole, data);
    assertThat(data.resolve("redis/moved")).doesNotExist();
    assertThat(data.resolve("restoring")).doesNotExist();
    assertThat(data.resolve("redis/gone")).doesNotExist();
    assertThat(data.resolve("redis/shop")).exists();
  }

  private void assertRefused(byte[] damaged, String how) {
    Path data = temporary.resolve("data");
    assertThatThrownBy(() -> restored(damaged, data))
        .as(how)
        .isInstanceOf(DamagedBackupException.class);
    assertThat(data).as(how).doesNotExist();
  }

  private static BackupReader.Contents restored(byte[] backup, Path data) throws IOException {
    return Restore.into(new ByteArrayInputStream(backup), data);
  }
}
