package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Table;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A log of which a row was changed on disk. */
class DamagedLogTest {
  private final StoreFixture store = new StoreFixture();

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void isAClearErrorAndChangesNothing() {
    InvalidationLog log = store.shop().log();
    for (int i = 0; i < 3; i++) {
      log.append(TagSet.of("a"), 0).toCompletableFuture().join();
    }
    byte[] at = Records.logKey(log.identity(), 2);
    store.shut();
    byte[] row;
    try (var database = StoreFixture.database(store.directory())) {
      row = database.get(Table.LOG, at).orElseThrow();
      row[row.length - 1] ^= 1;
      database.change(batch -> batch.put(Table.LOG, at, row));
    }
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(store::reopen)
          .isInstanceOf(StoreException.class)
          .hasMessageContaining(store.directory().toString())
          .hasMessageContaining("damaged")
          .hasMessageContaining("remove it");
    }
    try (var database = StoreFixture.database(store.directory())) {
      assertThat(database.get(Table.LOG, at)).hasValue(row);
    }
  }
}
