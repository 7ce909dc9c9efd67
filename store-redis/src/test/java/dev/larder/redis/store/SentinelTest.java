package dev.larder.redis.store;

import static dev.larder.redis.store.Outages.succeeds;
import static dev.larder.redis.store.Outages.until;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisAddress;
import dev.larder.testkit.RedisProcess;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A store whose master is watched over by a Sentinel, and replaced. */
class SentinelTest {
  private final RedisProcess master = RedisProcess.start();
  private final RedisProcess replica = RedisProcess.replicaOf(master);
  private final RedisProcess sentinel = RedisProcess.sentinel("shop", master);
  private final RedisStore store =
      RedisFixture.open("redis-sentinel://" + sentinel.host() + "#shop");

  @AfterEach
  void close() {
    store.close();
    sentinel.close();
    replica.close();
    master.close();
  }

  /** The namespace, once every connection of the store has followed the master. */
  private NamespaceStore shop() {
    until(() -> succeeds(store.open(new Namespace("shop"))));
    return RedisFixture.shop(store);
  }

  private void watched() {
    sentinel.await(Integer.toString(replica.port()), "SENTINEL", "replicas", "shop");
  }

  @Test
  void aForcedFailoverLosesNothingThatWasReplicated() {
    NamespaceStore shop = shop();
    watched();
    shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
    shop.entries().put(key("key"), entry("value", 1)).toCompletableFuture().join();
    replica.await("1", "HGET", "larder:{shop}", "rev");
    // The sentinel finds a replica suitable once it has heard enough of it.
    sentinel.await("OK", "SENTINEL", "failover", "shop");
    replica.await("role:master", "INFO", "replication");
    // It would learn only seconds later that it is no master any more.
    master.kill();
    until(() -> succeeds(shop.log().append(TagSet.of("b"), 0)));
    assertThat(replica.ask("HGET", "larder:{shop}", "rev")).isEqualTo("2");
    until(() -> succeeds(shop.entries().get(key("key"))));
    assertThat(shop.entries().get(key("key")).toCompletableFuture().join()).isPresent();
    assertThat(shop().log().identity()).isEqualTo(shop.log().identity());
  }

  @Test
  void whatAFailoverLosesIsFoundOutAndNothingOlderIsServed() throws InterruptedException {
    NamespaceStore shop = shop();
    watched();
    shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
    shop.entries().put(key("key"), entry("value", 1)).toCompletableFuture().join();
    replica.await("1", "HGET", "larder:{shop}", "rev");
    var ended = new CountDownLatch(1);
    shop.log().onEnd(ended::countDown);
    replica.freeze();
    master.ask("CLIENT", "KILL", "TYPE", "replica");
    shop.log().append(TagSet.of("lost"), 0).toCompletableFuture().join();
    master.kill();
    replica.thaw();
    replica.await("role:master", "INFO", "replication");
    assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(shop().log().identity()).isNotEqualTo(shop.log().identity());
    assertThat(shop().entries().get(key("key")).toCompletableFuture().join()).isEmpty();
  }

  @Test
  @Tag("full")
  void whatAReplicaHasConfirmedSurvivesTheMaster() {
    shop();
    watched();
    try (RedisStore cautious =
        new RedisStore(
            RedisAddress.parse("redis-sentinel://" + sentinel.host() + "#shop"),
            new Options(16 << 20, 1, 500, 10_000))) {
      NamespaceStore shop = RedisFixture.shop(cautious);
      for (int i = 0; i < 200; i++) {
        shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
      }
      master.kill();
      replica.await("role:master", "INFO", "replication");
      assertThat(replica.ask("HGET", "larder:{shop}", "rev")).isEqualTo("200");
      until(() -> succeeds(shop.log().catchUp()));
      // There is no replica left to confirm anything.
      assertThat(succeeds(shop.log().append(TagSet.of("b"), 0))).isFalse();
    }
  }
}
