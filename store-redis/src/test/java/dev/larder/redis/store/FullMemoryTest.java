package dev.larder.redis.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import dev.larder.testkit.RedisProcess;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A store whose memory is full, or is not set for a cache that must not lose its history. */
class FullMemoryTest {
  private static final long PATIENCE = 30_000_000_000L;

  private final LogLines said = LogLines.listen();

  @AfterEach
  void listenNoMore() {
    said.close();
  }

  @Test
  void aStoreThatRefusesInvalidationsIsNotReadyAndSaysWhyOnce() {
    try (RedisProcess redis = RedisProcess.start();
        RedisStore store = RedisFixture.open("redis://" + redis.host())) {
      InvalidationLog log = RedisFixture.shop(store).log();
      await(store::ready);

      redis.ask("CONFIG", "SET", "maxmemory", "1");
      assertThatThrownBy(() -> log.append(TagSet.of("a"), 0).toCompletableFuture().join())
          .hasCauseInstanceOf(StoreException.class)
          .hasMessageContaining("memory is full");
      await(() -> !store.ready());
      await(() -> said.with("its memory is full") > 0);

      redis.ask("CONFIG", "SET", "maxmemory", "0");
      await(store::ready);
      assertThat(said.with("its memory is full")).isOne();
      assertThat(log.append(TagSet.of("a"), 0).toCompletableFuture().join().revision().number())
          .isOne();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "allkeys-lru, 100mb, evicts histories",
    "allkeys-lfu, 0, evicts histories",
    "noeviction, 100mb, fill its 100 MiB",
    "noeviction, 0, ''",
    "volatile-lru, 100mb, ''"
  })
  void aPolicyThatDoesNotSuitIsRemarkedOn(String policy, String maxmemory, String remark) {
    try (RedisProcess redis =
            RedisProcess.start("--maxmemory", maxmemory, "--maxmemory-policy", policy);
        RedisStore store = RedisFixture.open("redis://" + redis.host())) {
      await(store::ready);
      redis.await("cmdstat_info", "INFO", "commandstats");
      if (remark.isEmpty()) {
        // One beat more, whatever it has to say.
        redis.ask("CONFIG", "RESETSTAT");
        redis.await("cmdstat_set", "INFO", "commandstats");
        assertThat(said.with("maxmemory-policy")).isZero();
      } else {
        await(() -> said.with(remark) == 1);
        assertThat(said.with("expected volatile-lru")).isOne();
      }
    }
  }

  @Test
  void aStoreThatIsFlushedIsTold() {
    try (RedisProcess redis = RedisProcess.start();
        RedisStore store = RedisFixture.open("redis://" + redis.host())) {
      InvalidationLog log = RedisFixture.shop(store).log();
      log.follow(invalidation -> {});
      redis.ask("FLUSHALL");
      await(() -> said.with("its history " + log.identity() + " is no longer in the store") == 1);
      assertThat(RedisFixture.shop(store).log().identity()).isNotEqualTo(log.identity());
    }
  }

  private static void await(BooleanSupplier reached) {
    long deadline = System.nanoTime() + PATIENCE;
    while (!reached.getAsBoolean()) {
      assertThat(System.nanoTime()).as("reached in time").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
