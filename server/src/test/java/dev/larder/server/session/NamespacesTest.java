package dev.larder.server.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import dev.larder.server.events.EventLog;
import dev.larder.server.store.EmbeddedStore;
import dev.larder.server.store.StoreOptions;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.MemoryStore;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
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
          new Namespaces(
              slow,
              (delay, task) -> () -> {},
              new Random(1),
              Limits.DEFAULT,
              10,
              false,
              name -> CacheObserver.NONE,
              new EventLog(InstantSource.system()));
      Cache before = cache(namespaces);
      var deleted = namespaces.delete(SHOP).toCompletableFuture();
      slow.deleted.join();

      assertThat(before.closed()).isTrue();
      assertThatThrownBy(() -> before.invalidate(TagSet.of("a"), 0).toCompletableFuture().join())
          .hasCauseInstanceOf(StoreException.class)
          .hasMessageContaining("is over");
      Cache after = cache(namespaces);
      assertThat(after.asOf().store()).isNotEqualTo(before.asOf().store());
      slow.answered.complete(true);

      assertThat(deleted.join()).isTrue();
      assertThat(after.closed()).isFalse();
      assertThat(cache(namespaces)).isSameAs(after);
    }
  }

  @Test
  void whatOtherServersUseIsNotTakenForEmpty() {
    var time = new ManualTime(1_000);
    Namespace used = new Namespace("used-elsewhere");
    var store = new Shared(new MemoryStore(time, new Random(1)), Set.of(used));
    var namespaces =
        new Namespaces(
            store,
            time,
            new Random(1),
            Limits.DEFAULT,
            10,
            false,
            name -> CacheObserver.NONE,
            new EventLog(InstantSource.system()));
    for (Namespace each : List.of(SHOP, used)) {
      namespaces.cache(each).toCompletableFuture().join();
    }
    time.advance(180_000);
    assertThat(namespaces.list().toCompletableFuture().join()).containsExactly(used);
  }

  @Test
  void oneTooManyTakesThePlaceOfAnEmptyOne() {
    var time = new ManualTime(1_000);
    Namespace used = new Namespace("used-elsewhere");
    var store = new Shared(new MemoryStore(time, new Random(1)), Set.of(used));
    for (Namespace each : List.of(SHOP, used)) {
      store.open(each).toCompletableFuture().join();
    }
    var namespaces =
        new Namespaces(
            store,
            time,
            new Random(1),
            Limits.DEFAULT,
            2,
            false,
            name -> CacheObserver.NONE,
            new EventLog(InstantSource.system()));
    Namespace next = new Namespace("next");
    namespaces.cache(next).toCompletableFuture().join();
    assertThat(namespaces.list().toCompletableFuture().join())
        .containsExactlyInAnyOrder(next, used);
  }

  private static Cache cache(Namespaces namespaces) {
    return namespaces.cache(SHOP).toCompletableFuture().join();
  }

  /** A store that has deleted a namespace some time before it tells so. */
  private static final class SlowToTell extends ForwardingStore {
    private final CompletableFuture<Boolean> deleted = new CompletableFuture<>();
    private final CompletableFuture<Boolean> answered = new CompletableFuture<>();

    SlowToTell(Store store) {
      super(store);
    }

    @Override
    public CompletionStage<Boolean> delete(Namespace namespace) {
      super.delete(namespace).thenAccept(deleted::complete);
      return answered;
    }
  }

  /** A store in which other servers use some namespaces. */
  private static final class Shared extends ForwardingStore {
    private final Set<Namespace> usedElsewhere;

    Shared(Store store, Set<Namespace> usedElsewhere) {
      super(store);
      this.usedElsewhere = usedElsewhere;
    }

    @Override
    public CompletionStage<Set<Namespace>> empty(Set<Namespace> unused) {
      return CompletableFuture.completedStage(
          unused.stream()
              .filter(each -> !usedElsewhere.contains(each))
              .collect(Collectors.toSet()));
    }
  }
}
