package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Table;
import dev.larder.testkit.InvalidationLogContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbeddedLogTest extends InvalidationLogContract {
  private final StoreFixture store = new StoreFixture();
  private InvalidationLog log = store.shop().log();

  @AfterEach
  void close() {
    store.close();
  }

  @Override
  protected InvalidationLog log() {
    return log;
  }

  @Override
  protected InvalidationLog reopened() {
    store.reopen();
    log = store.shop().log();
    return log;
  }

  @Test
  void namespacesCountApart() {
    InvalidationLog other = store.namespace(new Namespace("other")).log();
    log.append(TagSet.of("a"), 0).toCompletableFuture().join();
    assertThat(other.append(TagSet.of("a"), 0).toCompletableFuture().join().revision())
        .isEqualTo(new Revision(1));
    assertThat(other.identity()).isNotEqualTo(log.identity());
  }

  @Test
  void aDamagedLogIsAClearErrorAndChangesNothing() {
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
