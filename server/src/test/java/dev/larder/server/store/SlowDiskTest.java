package dev.larder.server.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.StoreIdentity;
import dev.larder.server.store.MemoryTier.Place;
import dev.larder.server.store.StoreOptions.Fsync;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that does not answer: the one thread that reads from it waits for it. */
class SlowDiskTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Place PLACE = new Place(new StoreIdentity(7), key("key"));
  private static final StoreOptions NOTHING_IN_MEMORY = new StoreOptions(0, 64 << 20, Fsync.ALWAYS);

  @TempDir private Path temporary = Path.of("");

  @Test
  void aReadThatTakesTooLongIsAMissAndTheNextMayFareBetter() throws IOException {
    try (Database database = StoreFixture.database(temporary);
        EntryWriter writer = new EntryWriter(database);
        Readers readers = new Readers("test-read-", 1, 10)) {
      var table = StoreFixture.table(database, writer, readers, temporary, NOTHING_IN_MEMORY);
      table.put(PLACE, entry("value", 1)).join();
      var disk = new CompletableFuture<String>();
      CompletableFuture<String> hangs = readers.ask(disk::join);

      assertThat(table.get(PLACE)).succeedsWithin(SOON).isEqualTo(Optional.empty());
      assertThat(hangs).isNotDone();

      disk.complete("answers");
      assertThat(table.get(PLACE))
          .succeedsWithin(SOON)
          .satisfies(found -> assertThat(found).isPresent());
    }
  }
}
