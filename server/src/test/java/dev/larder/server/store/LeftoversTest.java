package dev.larder.server.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.EntryStore.Stats;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.EntryWriter.Made;
import dev.larder.server.store.MemoryTier.Place;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows whose erasure the database refused, as it does while the disk is full. */
class LeftoversTest {
  private static final StoreIdentity SHOP = new StoreIdentity(7);
  private static final Place BLOCKER = new Place(SHOP, key("blocker"));
  private static final Place REFUSED = new Place(SHOP, key("refused"));

  @TempDir private Path temporary = Path.of("");

  @Test
  void areErasedLaterAndAreNoDroppedPuts() throws IOException {
    try (Database database = StoreFixture.database(temporary);
        EntryWriter writer = new EntryWriter(database);
        Readers readers = new Readers("test-read-", 1, 10)) {
      var table = StoreFixture.table(database, writer, readers, temporary, StoreFixture.OPTIONS);
      table.learn(Set.of(SHOP));
      for (String name : List.of("a", "b", "c")) {
        table.put(new Place(SHOP, key(name)), entry("value", 1)).join();
      }
      assertThat(rows(database, Table.HEADERS)).hasSize(3);

      // The evictions are written together with what fails, and so fail with it.
      var begun = new CountDownLatch(1);
      var queued = new CountDownLatch(1);
      var blocker =
          writer.write(
              BLOCKER,
              0,
              "",
              batch -> {
                begun.countDown();
                awaited(queued);
                return new Made<>("", () -> {});
              });
      // From here on what is asked for waits, and is not written with the blocker.
      awaited(begun);
      var refused =
          writer.write(
              REFUSED,
              0,
              "refused",
              batch -> {
                throw new StoreException("No space left on device");
              });
      table.limit(0);
      queued.countDown();
      blocker.join();
      assertThat(refused.join()).isEqualTo("refused");
      // Whatever was asked for before has been tried once this is.
      writer.write(BLOCKER, 0, "", batch -> new Made<>("", () -> {})).join();
      assertThat(rows(database, Table.HEADERS)).hasSize(3);
      assertThat(table.stats(SHOP)).isEqualTo(new Stats(0, 0, 0, 0, 3, 0));

      table.eraseLeftovers();
      assertThat(rows(database, Table.HEADERS)).isEmpty();
      assertThat(rows(database, Table.ENTRIES)).isEmpty();
    }
  }

  private static List<byte[]> rows(Database database, Table table) {
    var keys = new ArrayList<byte[]>();
    database.scan(table, new byte[0], new byte[0], 100, (key, row) -> keys.add(key));
    return keys;
  }

  private static void awaited(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
