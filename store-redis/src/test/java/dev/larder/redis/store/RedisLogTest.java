package dev.larder.redis.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Invalidation;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.testkit.StoreLogContract;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RedisLogTest extends StoreLogContract<RedisFixture> {
  RedisLogTest() {
    super(new RedisFixture());
  }

  private InvalidationLog other() {
    return RedisFixture.shop(store.another()).log();
  }

  private static Invalidation append(InvalidationLog log, String tag, long expire) {
    return log.append(TagSet.of(tag), expire).toCompletableFuture().join();
  }

  private static void catchUp(InvalidationLog log) {
    log.catchUp().toCompletableFuture().join();
  }

  @Nested
  class BesideAnother {
    @Test
    void catchingUpTellsWhatTheOtherAppended() {
      List<Invalidation> notified = Collections.synchronizedList(new ArrayList<>());
      log().follow(notified::add);
      Invalidation appended = append(other(), "a", 60);
      catchUp(log());
      assertThat(notified).containsExactly(appended);
    }

    @Test
    void bothAreToldEverythingInOneOrder() {
      InvalidationLog other = other();
      List<Invalidation> here = Collections.synchronizedList(new ArrayList<>());
      List<Invalidation> there = Collections.synchronizedList(new ArrayList<>());
      log().follow(here::add);
      other.follow(there::add);
      List<CompletableFuture<Boolean>> notifiedFirst =
          IntStream.range(0, 400)
              .mapToObj(i -> {
                List<Invalidation> notified = i % 2 == 0 ? here : there;
                return (i % 2 == 0 ? log() : other)
                    .append(TagSet.of("t" + i), i % 3)
                    .thenApply(notified::contains)
                    .toCompletableFuture();
              })
              .toList();
      assertThat(notifiedFirst).allMatch(CompletableFuture::join);
      catchUp(log());
      catchUp(other);
      assertThat(here).isEqualTo(there);
      assertThat(here)
          .extracting(invalidation -> invalidation.revision().number())
          .containsExactlyElementsOf(LongStream.rangeClosed(1, 400).boxed().toList());
    }

    @Test
    void moreIsMissedThanFitsIntoOneAnswer() {
      List<Invalidation> notified = Collections.synchronizedList(new ArrayList<>());
      log().follow(notified::add);
      InvalidationLog other = other();
      List<CompletableFuture<Invalidation>> appended =
          IntStream.range(0, 2_500)
              .mapToObj(i -> other.append(TagSet.of("t" + i), 0).toCompletableFuture())
              .toList();
      appended.forEach(CompletableFuture::join);
      catchUp(log());
      assertThat(notified).hasSize(2_500);
    }

    @Test
    void aServerALittleBehindACompactionFindsWhatItMissed() {
      List<Invalidation> notified = Collections.synchronizedList(new ArrayList<>());
      log().follow(notified::add);
      InvalidationLog other = other();
      other.follow(invalidation -> {});
      IntStream.range(0, 600).forEach(i -> append(other, "t" + i, 0));
      other.compact(new Revision(600), new byte[] {1}).toCompletableFuture().join();
      catchUp(log());
      assertThat(notified).hasSize(600);
      assertThat(RedisFixture.redis().ask("HGET", "larder:{shop}", "snap")).isEqualTo("600");
    }

    @Test
    void theDeadlineIsToldByTheStoresTime() {
      Invalidation soft = append(log(), "a", 60);
      String[] time = RedisFixture.redis().ask("TIME").split("\\s+", -1);
      long now = Long.parseLong(time[0]) * 1000;
      assertThat(soft.expiresAt()).isBetween(now + 50_000, now + 61_000);
    }
  }

  @Test
  void namespacesCountApart() {
    InvalidationLog namesake =
        store.store().open(new Namespace("other")).toCompletableFuture().join().log();
    append(log(), "a", 0);
    assertThat(append(namesake, "a", 0).revision()).isEqualTo(new Revision(1));
    assertThat(namesake.identity()).isNotEqualTo(log().identity());
  }
}
