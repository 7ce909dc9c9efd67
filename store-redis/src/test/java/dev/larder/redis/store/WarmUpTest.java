package dev.larder.redis.store;

import static dev.larder.redis.store.Outages.succeeds;
import static dev.larder.redis.store.Outages.until;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.TagSet;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.redis.client.Script;
import dev.larder.testkit.RedisProcess;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a server does with its store before anybody waits for it. */
class WarmUpTest {
  private final RedisProcess redis =
      RedisProcess.start("--slowlog-log-slower-than", "0", "--slowlog-max-len", "1000");

  @AfterEach
  void close() {
    redis.close();
  }

  private RedisStore open() {
    return RedisFixture.open("redis://" + redis.host());
  }

  /** The commands about names of warm-ups so far, up to those names. */
  private Stream<String> warmUpCommands() {
    String asked = redis.ask("--json", "SLOWLOG", "GET", "1000");
    return Pattern.compile("\\[[^\\[\\]]*larder:\\{?" + WarmUp.NAME)
        .matcher(asked)
        .results()
        .map(command -> command.group());
  }

  private void assertWarmedUp() {
    List<String> commands = warmUpCommands().toList();
    Stream.of(
            Scripts.SINCE,
            Scripts.APPEND,
            Scripts.ADOPT,
            Scripts.PUT,
            Scripts.STORED,
            Scripts.RELEASE)
        .map(Script::digest)
        .forEach(script -> assertThat(commands).anyMatch(command -> command.contains(script)));
    Stream.of("GET", "GETRANGE", "UNLINK")
        .map("[\"%s\""::formatted)
        .forEach(word -> assertThat(commands).anyMatch(command -> command.startsWith(word)));
  }

  @Test
  void aStoreThatIsReadyWasUsedBefore() {
    try (RedisStore store = open()) {
      until(store::ready);
      assertWarmedUp();
    }
  }

  @Test
  void whoOpensANamespaceAtOnceFindsAStoreThatWasUsedBefore() {
    try (RedisStore store = open()) {
      RedisFixture.shop(store);
      assertWarmedUp();
    }
  }

  @Test
  void itLeavesNothingBehind() {
    try (RedisStore store = open()) {
      until(store::ready);
      assertThat(warmUpCommands()).isNotEmpty();
      assertThat(store.namespaces().toCompletableFuture().join()).isEmpty();
    }
    // What rights and writes are tried on, is gone by itself once nobody tries any more.
    until(() -> redis.ask("DBSIZE").equals("0"));
  }

  @Test
  void itIsNotReportedAsANamespaceThatLostItsHistory() {
    try (LogLines said = LogLines.listen();
        RedisStore store = open()) {
      until(store::ready);
      assertThat(warmUpCommands()).isNotEmpty();
      assertThat(said.with(WarmUp.NAME)).isZero();
    }
  }

  @Test
  void itTouchesNothingOfANamespace() {
    try (RedisStore store = open()) {
      NamespaceStore shop = RedisFixture.shop(store);
      shop.log().append(TagSet.of("a"), 0).toCompletableFuture().join();
      shop.entries().put(key("key"), entry("x", 1)).toCompletableFuture().join();
      String history = redis.ask("HGETALL", "larder:{shop}");
      try (RedisStore another = open()) {
        until(another::ready);
        assertThat(redis.ask("HGETALL", "larder:{shop}")).isEqualTo(history);
        assertThat(redis.ask("XLEN", "larder:{shop}:log")).isEqualTo("1");
        assertThat(
                RedisFixture.shop(another).entries().get(key("key")).toCompletableFuture().join())
            .isPresent();
        assertThat(another.namespaces().toCompletableFuture().join())
            .containsExactly(RedisFixture.SHOP);
      }
    }
  }

  @Test
  void aStoreThatTakesNothingIsUsedAsFarAsItCanBe() {
    redis.ask("CONFIG", "SET", "maxmemory", "1");
    try (RedisStore store = open()) {
      until(() -> warmUpCommands().findAny().isPresent());
      assertThat(store.ready()).isFalse();
      redis.ask("CONFIG", "SET", "maxmemory", "0");
      until(store::ready);
      until(() -> succeeds(store.open(RedisFixture.SHOP)));
    }
  }
}
