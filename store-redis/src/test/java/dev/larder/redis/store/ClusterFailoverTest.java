package dev.larder.redis.store;

import static dev.larder.redis.store.Outages.succeeds;
import static dev.larder.redis.store.Outages.until;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisAddress;
import dev.larder.testkit.RedisProcess;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cluster of which a master dies, and its replica takes over. */
@Tag("full")
class ClusterFailoverTest {
  // Without it all nodes refuse all keys from when a master is thought dead until it is replaced.
  private final List<RedisProcess> nodes =
      RedisProcess.cluster(1, "--cluster-require-full-coverage", "no");
  private final RedisStore store = open(0);
  private final RedisProcess victim = nodes.getFirst();
  private final RedisProcess successor = replicaOf(victim);
  private final List<Namespace> namespaces =
      IntStream.range(0, 12).mapToObj(i -> new Namespace("app" + i)).toList();

  @AfterEach
  void close() {
    store.close();
    nodes.forEach(RedisProcess::close);
  }

  private RedisStore open(int replicas) {
    // None of the first three is the only one it knows of.
    return new RedisStore(
        RedisAddress.parse(
            "redis-cluster://%s,%s".formatted(nodes.get(2).host(), nodes.get(0).host())),
        new Options(16 << 20, replicas, 500, 10_000));
  }

  private RedisProcess replicaOf(RedisProcess master) {
    return nodes.stream()
        .filter(node -> {
          String role = node.ask("INFO", "replication");
          return role.contains("role:slave") && role.contains("master_port:" + master.port());
        })
        .findFirst()
        .orElseThrow();
  }

  private boolean isOf(Namespace namespace, RedisProcess master) {
    int slot = SlotHash.getSlot(new Names(namespace).record());
    String[] range =
        master.ask("CLUSTER", "NODES").split("myself,[^\n]*connected ", -1)[1].split("[-\\s]", -1);
    return slot >= Integer.parseInt(range[0]) && slot <= Integer.parseInt(range[1]);
  }

  private static NamespaceStore opened(RedisStore store, Namespace namespace) {
    return store.open(namespace).toCompletableFuture().join();
  }

  private static StoreIdentity identity(RedisStore store, Namespace namespace) {
    until(() -> succeeds(store.open(namespace)));
    return opened(store, namespace).log().identity();
  }

  private List<Namespace> ofVictim(boolean concerned) {
    List<Namespace> found =
        namespaces.stream().filter(each -> isOf(each, victim) == concerned).toList();
    assertThat(found).isNotEmpty();
    return found;
  }

  @Test
  void aReplicaTakesOverAndNoOtherNodeIsConcerned() {
    List<NamespaceStore> concerned =
        ofVictim(true).stream().map(each -> opened(store, each)).toList();
    List<NamespaceStore> others =
        ofVictim(false).stream().map(each -> opened(store, each)).toList();
    for (NamespaceStore each : concerned) {
      each.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
    }
    Namespace first = ofVictim(true).getFirst();
    StoreIdentity before = concerned.getFirst().log().identity();
    successor.await("1", "HGET", "larder:{%s}".formatted(first), "rev");
    until(store::ready);

    victim.kill();
    until(() -> {
      assertThat(others)
          .allSatisfy(each ->
              assertThat(each.log().catchUp().toCompletableFuture())
                  .succeedsWithin(Duration.ofSeconds(5)));
      return successor.ask("INFO", "replication").contains("role:master");
    });
    for (NamespaceStore each : concerned) {
      until(() -> succeeds(each.log().append(TagSet.of("b"), 0)));
    }
    until(store::ready);
    assertThat(identity(store, first)).isEqualTo(before);
    until(() -> succeeds(concerned.getFirst().entries().put(key("key"), entry("value", 2))));
  }

  @Test
  void whatAFailoverLosesIsFoundOutAndConcernsNoOtherNamespace() throws InterruptedException {
    Namespace concerned = ofVictim(true).getFirst();
    NamespaceStore other = opened(store, ofVictim(false).getFirst());
    NamespaceStore shop = opened(store, concerned);
    var ended = new CountDownLatch(1);
    shop.log().onEnd(ended::countDown);
    shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
    other.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
    successor.await("1", "HGET", "larder:{%s}".formatted(concerned), "rev");
    successor.freeze();
    victim.ask("CLIENT", "KILL", "TYPE", "replica");
    shop.log().append(TagSet.of("lost"), 0).toCompletableFuture().join();
    victim.kill();
    successor.thaw();
    assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(identity(store, concerned)).isNotEqualTo(shop.log().identity());
    assertThat(succeeds(other.log().catchUp())).isTrue();
    assertThat(
            other.log().append(TagSet.of("b"), 0).toCompletableFuture().join().revision().number())
        .isEqualTo(2);
  }

  @Test
  void whatAReplicaHasConfirmedIsNotLost() {
    Namespace concerned = ofVictim(true).getFirst();
    try (RedisStore cautious = open(1)) {
      NamespaceStore shop = opened(cautious, concerned);
      long acknowledged = 0;
      for (int i = 0; i < 200; i++) {
        acknowledged =
            shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join().revision().number();
      }
      victim.kill();
      until(() -> successor.ask("INFO", "replication").contains("role:master"));
      assertThat(Long.parseLong(successor.ask("HGET", "larder:{%s}".formatted(concerned), "rev")))
          .isGreaterThanOrEqualTo(acknowledged);
      until(() -> succeeds(shop.log().catchUp()));
      // There is no replica left to confirm anything.
      assertThat(succeeds(shop.log().append(TagSet.of("b"), 0))).isFalse();
    }
  }
}
