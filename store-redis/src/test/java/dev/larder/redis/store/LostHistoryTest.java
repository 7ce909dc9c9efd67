package dev.larder.redis.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A store that lost what it had acknowledged is found out, and a new history begins. */
class LostHistoryTest {
  private final RedisFixture store = new RedisFixture();
  private final InvalidationLog log = store.shop().log();

  @AfterEach
  void close() {
    store.close();
  }

  private static Invalidation append(InvalidationLog log, String tag, long expire) {
    return log.append(TagSet.of(tag), expire).toCompletableFuture().join();
  }

  private static void catchUp(InvalidationLog log) {
    log.catchUp().toCompletableFuture().join();
  }

  private final CountDownLatch ended = new CountDownLatch(1);

  private void assertOver(InvalidationLog log, StoreIdentity before) throws Exception {
    assertThatThrownBy(() -> catchUp(log)).hasCauseInstanceOf(StoreException.class);
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(() -> append(log, "late", 0)).hasCauseInstanceOf(StoreException.class);
    assertThat(store.shop().log().identity()).isNotEqualTo(before);
  }

  @Test
  void anEmptiedStoreIsAnotherHistory() throws Exception {
    append(log, "a", 0);
    log.onEnd(ended::countDown);
    RedisFixture.redis().ask("FLUSHALL");
    assertOver(log, log.identity());
  }

  @Test
  void aShorterHistoryIsAnotherHistory() throws Exception {
    append(log, "a", 0);
    append(log, "b", 0);
    log.onEnd(ended::countDown);
    // What a replica knew that had not heard of the last invalidation.
    RedisFixture.redis().ask("XDEL", "larder:{shop}:log", "2-0");
    RedisFixture.redis().ask("HSET", "larder:{shop}", "rev", "1", "mark", markOf("1"));
    assertOver(log, log.identity());
  }

  @Test
  void aHistoryOfTheSameLengthThatWentAnotherWayIsAnotherHistory() throws Exception {
    append(log, "a", 0);
    append(log, "b", 0);
    log.onEnd(ended::countDown);
    RedisFixture.redis().ask("HSET", "larder:{shop}", "rev", "2", "mark", "another");
    assertOver(log, log.identity());
  }

  @Test
  void aLongerHistoryThatWentAnotherWayIsAnotherHistory() throws Exception {
    append(log, "a", 0);
    Invalidation last = append(log, "b", 0);
    log.onEnd(ended::countDown);
    RedisFixture.redis().ask("DEL", "larder:{shop}:log");
    for (int revision = 1; revision <= 3; revision++) {
      RedisFixture.redis()
          .ask(
              "XADD",
              "larder:{shop}:log",
              revision + "-0",
              "mark",
              "m",
              "deadline",
              "now",
              "tags",
              "");
    }
    RedisFixture.redis().ask("HSET", "larder:{shop}", "rev", "3", "mark", "m");
    assertThat(last.revision()).isEqualTo(new Revision(2));
    assertOver(log, log.identity());
  }

  @Test
  void anInvalidationIsNotAppendedToWhatWentAnotherWay() throws Exception {
    append(log, "a", 0);
    log.onEnd(ended::countDown);
    RedisFixture.redis().ask("HSET", "larder:{shop}", "mark", "another");
    assertThatThrownBy(() -> append(log, "b", 0)).hasCauseInstanceOf(StoreException.class);
    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(RedisFixture.redis().ask("XLEN", "larder:{shop}:log")).isEqualTo("0");
  }

  @Test
  void aServerThatOpensAHistoryAgainRemembersHowFarItWas() {
    append(log, "a", 0);
    append(log, "b", 0);
    RedisFixture.redis().ask("XDEL", "larder:{shop}:log", "2-0");
    RedisFixture.redis().ask("HSET", "larder:{shop}", "rev", "1", "mark", markOf("1"));
    assertThat(store.shop().log().identity()).isNotEqualTo(log.identity());
  }

  @Test
  void whatSomebodyWasToldThatIsNotThereIsLost() throws Exception {
    append(log, "a", 0);
    log.onEnd(ended::countDown);
    catchUp(log);
    log.distrust(new Revision(2));
    assertOver(log, log.identity());
  }

  @Test
  void whatSomebodyWasToldThatIsThereIsNot() {
    append(log, "a", 0);
    log.distrust(new Revision(1));
    catchUp(log);
  }

  @Test
  void anEvictedLogIsAnotherHistory() {
    append(log, "a", 0);
    StoreIdentity before = log.identity();
    RedisFixture.redis().ask("DEL", "larder:{shop}:log");
    assertThat(store.shop().log().identity()).isNotEqualTo(before);
  }

  private static String markOf(String revision) {
    String[] row =
        RedisFixture.redis()
            .ask("XRANGE", "larder:{shop}:log", revision, revision)
            .split("\\s+", -1);
    return row[2];
  }
}
