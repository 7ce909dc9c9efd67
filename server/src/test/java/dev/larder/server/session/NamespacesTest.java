package dev.larder.server.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.EmbeddedStore;
import dev.larder.server.store.StoreOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamespacesTest {
  private static final Namespace SHOP = new Namespace("shop");

  @TempDir private Path temporary = Path.of("");

  @Test
  void deletingANamespaceLeavesTheOneThatFollowsAlone() {
    var options = new StoreOptions(1 << 20, 64 << 20, StoreOptions.Fsync.ALWAYS);
    try (var embedded = EmbeddedStore.open(temporary.resolve("data"), options)) {
      var slow = new SlowToTell(embedded);
      var namespaces =
          new Namespaces(slow, (delay, task) -> () -> {}, new Random(1), Limits.DEFAULT, 10, false);
      Cache before = cache(namespaces);
      var deleted = namespaces.delete(SHOP).toCompletableFuture();
      slow.deleted.join();

      assertThat(before.closed()).isTrue();
      assertThatThrownBy(() -> before.invalidate(TagSet.of("a"), 0).toCompletableFuture().join())
          .hasCauseInstanceOf(StoreException.class)
          .hasMessageContaining("is over");
      Cache after = cache(namespaces);
      assertThat(after.asOf().store()).isNotEqualTo(before.asOf().store());
      slow.told.complete(true);

      assertThat(deleted.join()).isTrue();
      assertThat(after.closed()).isFalse();
      assertThat(cache(namespaces)).isSameAs(after);
    }
  }

  private static Cache cache(Namespaces namespaces) {
    return namespaces.cache(SHOP).toCompletableFuture().join();
  }

  /** A store that has deleted a namespace some time before it tells so. */
  private static final class SlowToTell implements Store {
    private final Store store;
    private final CompletableFuture<Boolean> deleted = new CompletableFuture<>();
    private final CompletableFuture<Boolean> told = new CompletableFuture<>();

    SlowToTell(Store store) {
      this.store = store;
    }

    @Override
    public CompletionStage<NamespaceStore> open(Namespace namespace) {
      return store.open(namespace);
    }

    @Override
    public CompletionStage<List<Namespace>> namespaces() {
      return store.namespaces();
    }

    @Override
    public CompletionStage<Boolean> delete(Namespace namespace) {
      store.delete(namespace).thenAccept(deleted::complete);
      return told;
    }

    @Override
    public boolean ready() {
      return store.ready();
    }

    @Override
    public void close() {
      store.close();
    }
  }
}
