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
    try (var database = Database.open(store.directory().resolve("db"))) {
      row = database.get(Table.LOG, at).orElseThrow();
      row[row.length - 1] ^= 1;
      database.change(batch -> batch.put(Table.LOG, at, row));
    }
    for (int i = 0; i < 2; i++) {
      store.reopen();
      assertThatThrownBy(store::shop)
          .cause()
          .isInstanceOf(StoreException.class)
          .hasMessageContaining(log.identity().toString())
          .hasMessageContaining("damaged");
    }
    store.shut();
    try (var database = Database.open(store.directory().resolve("db"))) {
      assertThat(database.get(Table.LOG, at)).hasValue(row);
    }
  }
}
