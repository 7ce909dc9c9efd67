package dev.larder.redis.store;

import static dev.larder.redis.store.Outages.millis;
import static dev.larder.redis.store.Outages.succeeds;
import static dev.larder.redis.store.Outages.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisAddress;
import dev.larder.testkit.RedisProcess;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Invalidations that are acknowledged once a replica has them. */
class ReplicasTest {
  private static final int TIMEOUT = 300;

  private final RedisProcess master = RedisProcess.start();
  private final RedisProcess replica = RedisProcess.replicaOf(master);
  private final RedisStore store =
      new RedisStore(
          RedisAddress.parse("redis://" + master.host()),
          new Options(16 << 20, 1, TIMEOUT, 10_000));
  private final InvalidationLog log = RedisFixture.shop(store).log();

  @AfterEach
  void close() {
    store.close();
    replica.close();
    master.close();
  }

  private List<CompletableFuture<?>> append(int count) {
    return IntStream.range(0, count)
        .<CompletableFuture<?>>mapToObj(
            i -> log.append(TagSet.of("t" + i), 0).toCompletableFuture())
        .toList();
  }

  private String replicated() {
    return replica.ask("HGET", "larder:{shop}", "rev");
  }

  @Test
  void whatIsAcknowledgedIsThereWithoutWaiting() {
    for (int i = 1; i <= 20; i++) {
      log.append(TagSet.of("a"), 0).toCompletableFuture().join();
      assertThat(replicated()).isEqualTo(Integer.toString(i));
    }
    append(500).forEach(CompletableFuture::join);
    assertThat(replicated()).isEqualTo("520");
  }

  @Test
  void whatReplicasDoNotConfirmFailsInTimeAndNothingElseDoes() {
    log.append(TagSet.of("a"), 0).toCompletableFuture().join();
    until(store::ready);
    replica.freeze();
    List<CompletableFuture<?>> failing = append(50);
    List<CompletableFuture<?>> late = append(50);
    long took =
        millis(() -> {
          while (failing.stream().anyMatch(each -> !each.isDone())) {
            assertThat(succeeds(log.catchUp())).isTrue();
            assertThat(store.ready()).isTrue();
          }
        });
    assertThat(took).isLessThan(8 * TIMEOUT + 1_000);
    assertThat(failing)
        .allSatisfy(each ->
            assertThatThrownBy(each::join)
                .hasMessageContaining("reached 0 replicas")
                .hasMessageContaining("--redis-wait-replicas"));
    assertThat(late.stream().filter(each -> succeeds(each)).count()).isZero();
    replica.thaw();
    until(() -> succeeds(log.append(TagSet.of("b"), 0)));
    assertThat(replicated()).isEqualTo(master.ask("HGET", "larder:{shop}", "rev"));
  }

  @Test
  void scriptsTheMasterHasForgottenAreToldAgain() {
    log.append(TagSet.of("a"), 0).toCompletableFuture().join();
    master.ask("SCRIPT", "FLUSH");
    append(3).forEach(CompletableFuture::join);
    assertThat(replicated()).isEqualTo("4");
  }

  @Test
  void aConnectionThatBrokeVouchesForNothing() {
    replica.freeze();
    CompletableFuture<?> appended = log.append(TagSet.of("a"), 0).toCompletableFuture();
    master.await("1", "HGET", "larder:{shop}", "rev");
    master.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    assertThat(succeeds(appended)).isFalse();
  }
}
