package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.testkit.InvalidationLogContract;
import org.junit.jupiter.api.Test;

class EmbeddedLogTest extends InvalidationLogContract {
  private final StoreFixture store = new StoreFixture();
  private InvalidationLog log = store.shop().log();

  @Override
  protected void close() {
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
}
