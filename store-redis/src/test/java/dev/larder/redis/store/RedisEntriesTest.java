package dev.larder.redis.store;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.text;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.Namespace;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.EntryStore.PutResult;
import dev.larder.testkit.EntryStoreContract;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisEntriesTest extends EntryStoreContract {
  private final RedisFixture store = new RedisFixture();
  private final EntryStore entries = store.shop().entries();

  @BeforeAll
  static void loaded() {
    Compression.load();
  }

  @Override
  protected void close() {
    store.close();
  }

  @Override
  protected EntryStore entries() {
    return entries;
  }

  @Test
  void whatOneServerStoresAnotherFinds() {
    put(entries, entry("value", 7, "a"));
    assertThat(get(other()).map(e -> text(e))).contains("value");
  }

  @Test
  void whatIsReplacedThroughAnotherServerIsNotServedFromMemory() {
    put(entries, entry("old", 7));
    assertThat(get(entries)).isPresent();
    put(other(), entry("new", 7));
    assertThat(get(entries).map(e -> text(e))).contains("new");
  }

  @Test
  void whatIsRemovedThroughAnotherServerIsGone() {
    put(entries, entry("value", 7));
    other().remove(key("key")).toCompletableFuture().join();
    assertThat(get(entries)).isEmpty();
  }

  @Test
  void anOlderRevisionReplacesNothingThroughAnyServer() {
    put(entries, entry("new", 7));
    assertThat(put(other(), entry("old", 6))).isEqualTo(PutResult.SUPERSEDED);
  }

  @Test
  void anEntryLeavesTheStoreWhenItExpires() {
    long now = store.shop().clock().millis();
    put(
        entries,
        entry(
            "value".getBytes(java.nio.charset.StandardCharsets.UTF_8),
            1,
            new CacheLife(0, 5, 10),
            now - 4_000));
    long left = Long.parseLong(RedisFixture.redis().ask("PTTL", name()));
    assertThat(left).isBetween(1L, 6_000L);
  }

  @Test
  void anEntryThatNeverExpiresStillLeavesSomeDay() {
    put(entries, entry("value", 1));
    assertThat(Long.parseLong(RedisFixture.redis().ask("TTL", name()))).isPositive();
  }

  @Test
  void anEntryOfAnotherVersionIsAMiss() {
    put(entries, entry("value", 1));
    RedisFixture.redis().ask("SETRANGE", name(), "0", "c");
    assertThat(get(entries)).isEmpty();
    assertThat(get(other())).isEmpty();
  }

  @Test
  void aDamagedEntryIsAMissAndCounted() {
    put(entries, entry("value", 1));
    long length = Long.parseLong(RedisFixture.redis().ask("STRLEN", name()));
    RedisFixture.redis().ask("SETRANGE", name(), Long.toString(length - 1), "X");
    EntryStore other = other();
    assertThat(get(other)).isEmpty();
    assertThat(other.stats().damaged()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {Compression.LEAST, 100_000, Compression.MOST})
  void whatSaysTheSameAgainAndAgainIsStoredSmaller(int size) {
    String value = "<li class=\"price\">42</li>".repeat(size / 20).substring(0, size);
    put(entries, entry(value, 1, "a"));
    assertThat(stored()).isLessThan(size / 4);
    assertThat(get(entries).map(e -> text(e))).contains(value);
    assertThat(get(other()).map(e -> text(e))).contains(value);
  }

  @ParameterizedTest
  @ValueSource(ints = {Compression.LEAST, 100_000, Compression.MOST})
  void whatCannotBeMadeSmallerIsStoredAsItIs(int size) {
    byte[] value = new byte[size];
    new Random(size).nextBytes(value);
    put(entries, entry(value, 1, FOREVER, 0));
    assertThat(stored()).isBetween(size, size + 100);
    assertThat(get(other()).map(CacheEntry::value)).contains(value);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, Compression.LEAST - 1, Compression.MOST + 1})
  void whatIsSmallOrTakesLongIsStoredAsItIs(int size) {
    put(entries, entry("x".repeat(size), 1));
    assertThat(stored()).isBetween(size, size + 100);
    assertThat(get(other()).map(e -> text(e))).contains("x".repeat(size));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20, 100})
  void aDamagedValueThatWasStoredSmallerIsAMiss(int fromItsEnd) {
    String value = IntStream.range(0, 1000).mapToObj("price %d, "::formatted).collect(joining());
    put(entries, entry(value, 1));
    assertThat(stored()).isBetween(200, value.length() / 2);
    String at = Integer.toString(stored() - fromItsEnd);
    RedisFixture.redis().ask("SETRANGE", name(), at, "XX");
    EntryStore other = other();
    assertThat(get(other)).isEmpty();
    assertThat(other.stats().damaged()).isEqualTo(1);
  }

  @Test
  void aLaterVersionOfALaterRevisionIsNotReplaced() {
    put(entries, entry("value", 9));
    RedisFixture.redis().ask("SETRANGE", name(), "0", "c");
    assertThat(put(entries, entry("older", 8))).isEqualTo(PutResult.SUPERSEDED);
    assertThat(put(entries, entry("newer", 10))).isInstanceOf(PutResult.Kept.class);
  }

  @Test
  void whatElseIsInTheDatabaseIsLeftAlone() {
    RedisFixture.redis().ask("SET", "somebody:else", "1");
    RedisFixture.redis().ask("SET", "larder:shop", "1");
    put(entries, entry("value", 1));
    assertThat(entries.removeIf(head -> true).toCompletableFuture().join()).isEqualTo(1);
    assertThat(RedisFixture.redis().ask("EXISTS", "somebody:else", "larder:shop")).isEqualTo("2");
  }

  @Test
  void aPurgeRemovesAfterItWasAnswered() {
    put(entries, entry("value", 1));
    assertThat(entries.purge(head -> true)).isCompletedWithValue(OptionalLong.empty());
    // What is asked for while the first one walks is not forgotten.
    entries.purge(head -> true);
    RedisFixture.redis().await("0", "EXISTS", name());
    put(entries, entry("value", 2));
    entries.purge(head -> head.revision().number() == 2);
    RedisFixture.redis().await("0", "EXISTS", name());
    assertThat(get(entries)).isEmpty();
  }

  @Test
  void namespacesAreApart() {
    put(entries, entry("shop", 1));
    EntryStore namesake =
        store.store().open(new Namespace("other")).toCompletableFuture().join().entries();
    assertThat(get(namesake)).isEmpty();
  }

  /** Bytes of what is stored. */
  private int stored() {
    return Integer.parseInt(RedisFixture.redis().ask("STRLEN", name()));
  }

  private String name() {
    return "larder:shop:%s:key".formatted(store.shop().log().identity());
  }

  private EntryStore other() {
    return RedisFixture.shop(store.another()).entries();
  }

  private static PutResult put(EntryStore entries, CacheEntry entry) {
    return entries.put(key("key"), entry).toCompletableFuture().join();
  }

  private static Optional<CacheEntry> get(EntryStore entries) {
    return entries.get(key("key")).toCompletableFuture().join();
  }
}
