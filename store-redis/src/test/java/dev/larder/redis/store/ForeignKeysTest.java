package dev.larder.redis.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheKey;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.RedisProcess;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A million keys of somebody else's in the same database. */
class ForeignKeysTest {
  private static final int FOREIGN = 1_000_000;
  private static final int ROUNDS = 100;
  private static final Pattern CALLS = Pattern.compile("cmdstat_([^:]+):calls=(\\d+)");

  private static RedisProcess crowded;

  @BeforeAll
  static void start() {
    crowded = RedisProcess.start();
    crowded.populate(FOREIGN);
  }

  @AfterAll
  static void stop() {
    crowded.close();
  }

  private static <T> T done(CompletionStage<T> operation) {
    return operation.toCompletableFuture().join();
  }

  /** Everything a server does for requests, some times over; all commands that took, per round. */
  private static Map<String, Long> work(RedisProcess redis) {
    redis.ask("CONFIG", "RESETSTAT");
    try (RedisStore store = RedisFixture.open("redis://" + redis.host())) {
      for (int i = 0; i < ROUNDS; i++) {
        work(store, new Namespace("shop"), key("key" + i));
      }
    }
    var perRound = new TreeMap<String, Long>();
    CALLS
        .matcher(redis.ask("INFO", "commandstats"))
        .results()
        .forEach(result ->
            // What a server does once, or once a second, is far less than once a round.
            perRound.put(
                result.group(1), Math.round((double) Long.parseLong(result.group(2)) / ROUNDS)));
    perRound.values().removeIf(calls -> calls == 0);
    // What comes first, the answer to an append or the events of it, decides whether the log is
    // read.
    perRound.computeIfPresent("xrange", (name, calls) -> 1L);
    return perRound;
  }

  private static void work(RedisStore store, Namespace namespace, CacheKey key) {
    NamespaceStore shop = done(store.open(namespace));
    Revision asOf = done(shop.log().append(TagSet.of("a"), 0)).revision();
    done(shop.log().catchUp());
    assertThat(done(shop.entries().get(key))).isEmpty();
    done(shop.leases().claim(key, 1, asOf, asOf));
    done(shop.entries().put(key, entry("value", asOf.number())));
    shop.leases().stored(key, 1, asOf);
    assertThat(done(shop.entries().get(key))).isPresent();
    done(shop.entries().remove(key));
    done(shop.entries().hottest(10));
    done(store.namespaces());
  }

  private static void assertForeignKeysAreThere() {
    assertThat(crowded.ask("EVAL", COUNT_FOREIGN, "0")).isEqualTo(Integer.toString(FOREIGN));
  }

  private static final String COUNT_FOREIGN =
      """
      local there = 0
      for first = 1, %d, 1000 do
        local names = {}
        for i = first, first + 999 do names[#names + 1] = 'foreign:' .. i end
        there = there + redis.call('EXISTS', unpack(names))
      end
      return there
      """
          .formatted(FOREIGN);

  @Test
  void changeNothingOfWhatARequestCosts() {
    Map<String, Long> alone;
    try (var empty = RedisProcess.start()) {
      alone = work(empty);
    }
    assertThat(work(crowded))
        .isEqualTo(alone)
        .containsKeys("evalsha", "get", "xadd", "xrange", "set", "sadd", "unlink");
    // The one walk there is looks for what rights there are, and past one key.
    assertThat(crowded.ask("INFO", "commandstats"))
        .doesNotContain("cmdstat_keys")
        .doesNotContain("cmdstat_randomkey");
    assertThat(steps()).isOne();
    assertForeignKeysAreThere();
  }

  @Test
  void areNotWaitedForByAPurgeAndNotTouched() {
    try (RedisStore store = RedisFixture.open("redis://" + crowded.host())) {
      NamespaceStore shop = done(store.open(new Namespace("purged")));
      crowded.ask("CONFIG", "RESETSTAT");
      assertThat(shop.entries().purge(head -> true)).isCompletedWithValue(OptionalLong.empty());
      assertThat(steps()).isLessThan(FOREIGN / 1_000);
      crowded.await("cmdstat_scan:calls=5", "INFO", "commandstats");
    }
    assertForeignKeysAreThere();
  }

  private static long steps() {
    return CALLS
        .matcher(crowded.ask("INFO", "commandstats"))
        .results()
        .filter(result -> result.group(1).equals("scan"))
        .mapToLong(result -> Long.parseLong(result.group(2)))
        .sum();
  }
}
