package dev.larder.redis.store;

import static dev.larder.redis.store.Outages.millis;
import static dev.larder.redis.store.Outages.succeeds;
import static dev.larder.redis.store.Outages.until;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.TagSet;
import dev.larder.core.spi.EntryStore.PutResult;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreException;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisAddress;
import dev.larder.testkit.RedisProcess;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A store that is slow, frozen or gone. */
class OutageTest {
  private static final Options IMPATIENT = new Options(16 << 20, 0, 300, 10_000);

  private final RedisProcess redis = RedisProcess.start("--appendonly", "yes");
  private final RedisStore store =
      new RedisStore(RedisAddress.parse("redis://" + redis.host()), IMPATIENT);

  @AfterEach
  void close() {
    redis.thaw();
    store.close();
    redis.close();
  }

  private NamespaceStore shop() {
    return RedisFixture.shop(store);
  }

  @Test
  void aFrozenStoreIsBoundedAndThenCostsNothing() {
    NamespaceStore shop = shop();
    until(store::ready);
    redis.freeze();
    for (int i = 0; i < 3; i++) {
      assertThat(millis(() -> succeeds(shop.log().catchUp()))).isLessThan(1_500);
    }
    until(() -> !store.ready());
    long skipped =
        millis(() -> {
          for (int i = 0; i < 100; i++) {
            assertThat(succeeds(shop.log().catchUp())).isFalse();
            assertThat(succeeds(shop.entries().get(key("key")))).isFalse();
          }
        });
    assertThat(skipped).isLessThan(3_000);
    redis.thaw();
    until(store::ready);
    until(() -> succeeds(shop.log().catchUp()));
  }

  @Test
  void whatIsNotConfirmedIsNotAcknowledged() {
    NamespaceStore shop = shop();
    redis.freeze();
    assertThatThrownBy(() -> shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join())
        .hasCauseInstanceOf(StoreException.class)
        .hasMessageContaining("redis://" + redis.host());
    assertThat(shop.entries().put(key("key"), entry("x", 0)).toCompletableFuture().join())
        .isEqualTo(PutResult.DROPPED);
    assertThat(shop.entries().stats().dropped()).isEqualTo(1);
  }

  @Test
  void aStoreThatIsKilledAndKeptItsHistoryGoesOn() {
    NamespaceStore shop = shop();
    shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
    redis.ask("CONFIG", "SET", "appendfsync", "always");
    shop.log().append(TagSet.of("b"), 0).toCompletableFuture().join();
    redis.kill();
    assertThat(succeeds(shop.log().catchUp())).isFalse();
    until(() -> !store.ready());
    redis.revive();
    until(() -> succeeds(shop.log().catchUp()));
    until(store::ready);
    assertThat(
            shop.log().append(TagSet.of("c"), 0).toCompletableFuture().join().revision().number())
        .isEqualTo(3);
  }

  @Test
  void aStoreThatComesBackEmptyHasAnotherHistory() throws InterruptedException {
    NamespaceStore shop = shop();
    shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
    var ended = new CountDownLatch(1);
    shop.log().onEnd(ended::countDown);
    redis.ask("CONFIG", "SET", "appendonly", "no");
    redis.ask("FLUSHALL");
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    until(() -> succeeds(store.open(RedisFixture.SHOP)));
    assertThat(shop().log().identity()).isNotEqualTo(shop.log().identity());
  }

  @Test
  void aStoreThatIsNotThereYetIsConnectedToWhenItComes() {
    redis.kill();
    try (RedisStore early =
        new RedisStore(RedisAddress.parse("redis://" + redis.host()), IMPATIENT)) {
      assertThat(succeeds(early.open(RedisFixture.SHOP))).isFalse();
      assertThat(early.ready()).isFalse();
      redis.revive();
      until(early::ready);
      assertThat(succeeds(early.open(RedisFixture.SHOP))).isTrue();
    }
  }

  @Test
  void withoutReplicasNothingIsAcknowledgedThatWaitsForThem() {
    var cautious = new Options(16 << 20, 1, 100, 10_000);
    try (RedisStore waiting =
        new RedisStore(RedisAddress.parse("redis://" + redis.host()), cautious)) {
      assertThatThrownBy(() ->
              RedisFixture.shop(waiting)
                  .log()
                  .append(TagSet.of("a"), 0)
                  .toCompletableFuture()
                  .join())
          .hasMessageContaining("reached 0 replicas");
    }
  }

  @Test
  void anAddressThatIsNoneIsRefusedWithoutItsPassword() {
    assertThatThrownBy(() -> RedisAddress.parse("redis-sentinel://user:secret@host"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("redis-sentinel://host")
        .hasMessageNotContaining("secret");
  }
}
