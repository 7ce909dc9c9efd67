package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.testkit.StoreLogContract;
import org.junit.jupiter.api.Test;

class EmbeddedLogTest extends StoreLogContract<StoreFixture> {
  EmbeddedLogTest() {
    super(new StoreFixture());
  }

  @Test
  void namespacesCountApart() {
    InvalidationLog other = store.namespace(new Namespace("other")).log();
    log().append(TagSet.of("a"), 0).toCompletableFuture().join();
    assertThat(other.append(TagSet.of("a"), 0).toCompletableFuture().join().revision())
        .isEqualTo(new Revision(1));
    assertThat(other.identity()).isNotEqualTo(log().identity());
  }
}
