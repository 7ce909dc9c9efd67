package dev.larder.redis.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.CacheKey;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.LeaseEvent;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.EntryStoreContract;
import dev.larder.testkit.RedisProcess;
import dev.larder.testkit.StoreLogContract;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A store on three masters that share the slots of a cluster. */
class ClusterTest {
  private static List<RedisProcess> nodes = List.of();

  @BeforeAll
  static void startCluster() {
    nodes = RedisProcess.cluster(0);
  }

  @AfterAll
  static void stopCluster() {
    nodes.forEach(RedisProcess::close);
  }

  private static RedisStore open() {
    nodes.forEach(node -> node.ask("FLUSHALL"));
    return another();
  }

  private static RedisStore another() {
    return RedisFixture.open("redis-cluster://" + nodes.getFirst().host());
  }

  @Nested
  class Entries extends EntryStoreContract {
    private final RedisStore store = open();
    private final EntryStore entries = RedisFixture.shop(store).entries();

    @Override
    protected void close() {
      store.close();
    }

    @Override
    protected EntryStore entries() {
      return entries;
    }

    @Test
    void areSpreadOverAllMasters() {
      for (int i = 0; i < 60; i++) {
        entries.put(key("key" + i), entry("value", 1)).toCompletableFuture().join();
      }
      assertThat(nodes)
          .allSatisfy(node -> assertThat(Integer.parseInt(node.ask("DBSIZE"))).isGreaterThan(5));
      assertThat(entries.removeIf(head -> true).toCompletableFuture().join()).isEqualTo(60);
    }
  }

  @Nested
  class Log extends StoreLogContract<RedisFixture> {
    Log() {
      super(new RedisFixture(ClusterTest::open, ClusterTest::another));
    }
  }

  @Nested
  class Together {
    private final RedisStore north = open();
    private final RedisStore south = another();

    @AfterEach
    void close() {
      north.close();
      south.close();
    }

    @Test
    void serversHearOfEachOther() throws InterruptedException {
      NamespaceStore here = RedisFixture.shop(north);
      NamespaceStore there = RedisFixture.shop(south);
      var events = new LinkedBlockingQueue<LeaseEvent>();
      there.leases().listen(events::add);
      CacheKey key = key("key");
      assertThat(
              here.leases()
                  .claim(key, 1, Revision.ZERO, Revision.ZERO)
                  .toCompletableFuture()
                  .join())
          .isTrue();
      assertThat(
              there
                  .leases()
                  .claim(key, 2, Revision.ZERO, Revision.ZERO)
                  .toCompletableFuture()
                  .join())
          .isFalse();
      here.entries().put(key, entry("value", 0)).toCompletableFuture().join();
      here.leases().stored(key, 1, Revision.ZERO);
      assertThat(events.poll(10, TimeUnit.SECONDS)).isEqualTo(new LeaseEvent.EntryStored(key, 1));
      assertThat(there.entries().get(key).toCompletableFuture().join().map(e -> text(e)))
          .contains("value");
    }

    @Test
    void namespacesAreSpreadOverTheMasters() {
      for (int i = 0; i < 12; i++) {
        north
            .open(new Namespace("app" + i))
            .thenCompose(opened -> opened.log().append(TagSet.of("a"), 0))
            .toCompletableFuture()
            .join();
      }
      assertThat(nodes)
          .allSatisfy(node -> assertThat(Integer.parseInt(node.ask("DBSIZE"))).isGreaterThan(1));
      assertThat(north.namespaces().toCompletableFuture().join()).hasSize(12);
    }

    @Test
    void theUserOfTheGuideCanUseAClusterWithTwoRightsMore() {
      var user = new ArrayList<>(RightsTest.line());
      user.addAll(List.of("+cluster|nodes", "+info"));
      nodes.forEach(node -> assertThat(node.ask(user.toArray(String[]::new))).isEqualTo("OK"));
      try (RedisStore store =
          RedisFixture.open(
              "redis-cluster://larder:%s@%s"
                  .formatted(RightsTest.PASSWORD, nodes.getFirst().host()))) {
        for (int i = 0; i < 12; i++) {
          NamespaceStore app = store.open(new Namespace("app" + i)).toCompletableFuture().join();
          app.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
          app.entries().put(key("key"), entry("value", 1)).toCompletableFuture().join();
          assertThat(app.entries().get(key("key")).toCompletableFuture().join()).isPresent();
        }
        Outages.until(store::ready);
      }
    }

    @Test
    void aRightThatOneNodeRefusesIsNamed() {
      var user = new ArrayList<>(RightsTest.line());
      user.addAll(List.of("+cluster|nodes", "+info"));
      nodes.forEach(node -> node.ask(user.toArray(String[]::new)));
      nodes.getLast().ask("ACL", "SETUSER", "larder", "-xadd");
      try (RedisStore store =
          RedisFixture.open(
              "redis-cluster://larder:%s@%s"
                  .formatted(RightsTest.PASSWORD, nodes.getFirst().host()))) {
        assertThatThrownBy(() -> RedisFixture.shop(store))
            .hasMessageContaining("missing: +xadd (")
            .hasMessageNotContaining(RightsTest.PASSWORD);
      }
    }

    @Test
    void oneDeadMasterTakesOnlyItsOwnAlong() {
      var opened =
          java.util.stream.IntStream.range(0, 12)
              .mapToObj(i -> north.open(new Namespace("app" + i)).toCompletableFuture().join())
              .toList();
      RedisProcess victim = nodes.getLast();
      victim.freeze();
      try {
        long answered =
            opened.stream()
                .map(namespace ->
                    namespace
                        .log()
                        .catchUp()
                        .handle((done, failure) -> failure == null)
                        .toCompletableFuture())
                .toList()
                .stream()
                .filter(java.util.concurrent.CompletableFuture::join)
                .count();
        assertThat(answered).isBetween(1L, 11L);
      } finally {
        victim.thaw();
        nodes.getFirst().await("cluster_state:ok", "CLUSTER", "INFO");
        victim.await("cluster_state:ok", "CLUSTER", "INFO");
      }
    }
  }
}
