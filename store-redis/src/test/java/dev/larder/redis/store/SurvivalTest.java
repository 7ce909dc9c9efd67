package dev.larder.redis.store;

import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.redis.client.RedisAddress;
import dev.larder.testkit.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Following a store goes on, whatever it meets: a fault fails what it is about, and no other
 * namespace.
 */
class SurvivalTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Namespace OTHER = new Namespace("other");

  private final RedisFixture fixture = new RedisFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @ParameterizedTest
  @EnumSource
  void aFollowerThatFailsEndsItsHistoryAndNoOther(Fault fault) {
    NamespaceStore shop = fixture.shop();
    var ended = new CompletableFuture<Boolean>();
    shop.log().follow(invalidation -> fault.raise());
    shop.log()
        .onEnd(() -> {
          ended.complete(true);
          // A listener may fail as well: the heartbeat that notifies it goes on.
          fault.raise();
        });
    assertThat(append(shop)).failsWithin(SOON);
    assertThat(ended).succeedsWithin(SOON);
    assertThat(shop.log().catchUp().toCompletableFuture()).failsWithin(SOON);

    NamespaceStore again = fixture.shop();
    assertThat(again.log().follow(invalidation -> {}).after()).hasSize(1);
    assertThat(append(again)).succeedsWithin(SOON);
    assertPulsing();
  }

  @ParameterizedTest
  @EnumSource
  void leaseEventsThatCannotBeTakenStopNoOthers(Fault fault) {
    NamespaceStore shop = fixture.shop();
    var heard = new CompletableFuture<Boolean>();
    shop.leases()
        .listen(event -> {
          heard.complete(true);
          fault.raise();
        });
    NamespaceStore elsewhere = RedisFixture.shop(fixture.another());
    var claimed = elsewhere.leases().claim(key("key"), 1, new Revision(0), new Revision(0));
    assertThat(claimed.toCompletableFuture()).succeedsWithin(SOON);
    elsewhere.leases().stored(key("key"), 1, new Revision(0));
    assertThat(heard).succeedsWithin(SOON);
    // LeaseEvent comes as before: an invalidation elsewhere is heard of here.
    var notified = new CompletableFuture<Boolean>();
    shop.log().follow(invalidation -> notified.complete(true));
    assertThat(append(elsewhere)).succeedsWithin(SOON);
    assertThat(notified).succeedsWithin(SOON);
    assertPulsing();
  }

  /** As while certificates are replaced: it cannot even be tried to connect. */
  @Test
  void aConnectionThatCannotEvenBeBegunIsTriedAgain() throws Exception {
    Path certificate = Files.createTempFile("larder", ".pem");
    RedisAddress address =
        RedisAddress.parse("redis://%s?ca=%s".formatted(RedisFixture.redis().host(), certificate));
    Files.delete(certificate);
    try (RedisStore store = new RedisStore(address, RedisFixture.OPTIONS)) {
      assertThat(store.open(RedisFixture.SHOP).toCompletableFuture()).failsWithin(SOON);
      assertThat(store.open(RedisFixture.SHOP).toCompletableFuture()).failsWithin(SOON);
      assertThat(store.ready()).isFalse();
      Files.createFile(certificate);
      await(store::ready);
      assertThat(store.open(RedisFixture.SHOP).toCompletableFuture()).succeedsWithin(SOON);
    } finally {
      Files.deleteIfExists(certificate);
    }
  }

  @Test
  void aForeignNameAmongTheNamespacesIsPassedOver() {
    RedisFixture.redis().ask("SADD", "larder:namespaces", "Not A Name");
    assertThat(append(fixture.shop())).succeedsWithin(SOON);
    assertThat(fixture.store().namespaces().toCompletableFuture().join())
        .containsExactly(RedisFixture.SHOP);
    assertPulsing();
  }

  @Test
  void aForeignKeyInThePlaceOfTheNamespacesIsNotReady() throws Exception {
    assertThat(append(fixture.shop())).succeedsWithin(SOON);
    RedisFixture.redis().ask("SET", "larder:namespaces", "foreign");
    await(() -> !fixture.store().ready());
    RedisFixture.redis().ask("DEL", "larder:namespaces");
    await(() -> fixture.store().ready());
  }

  @Test
  void aMalformedRecordOfALogBeginsItsHistoryAnewAndNoOther() {
    NamespaceStore shop = fixture.shop();
    NamespaceStore other = fixture.store().open(OTHER).toCompletableFuture().join();
    assertThat(append(shop)).succeedsWithin(SOON);
    assertThat(append(other)).succeedsWithin(SOON);
    String log =
        new String(new Names(RedisFixture.SHOP).log(), java.nio.charset.StandardCharsets.UTF_8);
    // What follows the first invalidation is not what this program writes.
    RedisFixture.redis().ask("XADD", log, "2-0", "what", "is this");
    String record =
        new String(new Names(RedisFixture.SHOP).record(), java.nio.charset.StandardCharsets.UTF_8);
    RedisFixture.redis().ask("HINCRBY", record, "rev", "1");
    var ended = new CompletableFuture<Boolean>();
    shop.log().onEnd(() -> ended.complete(true));
    assertThat(ended).succeedsWithin(SOON);
    NamespaceStore again = fixture.shop();
    assertThat(again.log().identity()).isNotEqualTo(shop.log().identity());
    assertThat(append(again)).succeedsWithin(SOON);
    assertThat(append(other)).succeedsWithin(SOON);
    assertPulsing();
  }

  private static CompletableFuture<?> append(NamespaceStore store) {
    return store.log().append(TagSet.of("a"), 0).toCompletableFuture();
  }

  /** What happens elsewhere in another namespace is learnt, and the store is ready. */
  private void assertPulsing() {
    NamespaceStore here = fixture.store().open(OTHER).toCompletableFuture().join();
    var notified = new CompletableFuture<Boolean>();
    here.log().follow(invalidation -> notified.complete(true));
    NamespaceStore elsewhere = fixture.another().open(OTHER).toCompletableFuture().join();
    assertThat(append(elsewhere)).succeedsWithin(SOON);
    assertThat(notified).succeedsWithin(SOON);
    await(() -> fixture.store().ready());
  }

  private static void await(Supplier<Boolean> condition) {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!condition.get()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
