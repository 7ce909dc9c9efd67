package dev.larder.server.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static dev.larder.testkit.Entries.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheEntry;
import dev.larder.core.HotKey;
import dev.larder.core.Namespace;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.EntryStore.PutResult;
import dev.larder.testkit.CountingEntryStoreContract;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EmbeddedEntriesTest extends CountingEntryStoreContract {
  private final StoreFixture store = new StoreFixture();
  private EntryStore entries = store.shop().entries();

  @Override
  protected void close() {
    store.close();
  }

  @Override
  protected EntryStore entries() {
    return entries;
  }

  @Test
  void entriesOutliveTheServer() {
    put(entry("value", 7, "a"));
    reopen();
    assertThat(get().map(e -> text(e))).contains("value");
  }

  @Test
  void anOlderRevisionReplacesNothingAfterAReopening() {
    put(entry("new", 7));
    reopen();
    assertThat(put(entry("old", 6))).isEqualTo(PutResult.SUPERSEDED);
    assertThat(get().map(e -> text(e))).contains("new");
  }

  @Test
  void namespacesAreApart() {
    put(entry("shop", 1));
    EntryStore other = store.namespace(new Namespace("other")).entries();
    assertThat(other.get(key("key")).toCompletableFuture().join()).isEmpty();
  }

  @Test
  void whatIsReadMostIsNamedFirst() {
    for (int i = 0; i < 50; i++) {
      entries.put(key("cold" + i), entry("cold", 1)).toCompletableFuture().join();
    }
    put(entry("hot", 1));
    for (int i = 0; i < 30; i++) {
      assertThat(get()).isPresent();
    }
    assertThat(hottest(entries, 1)).containsExactly(new HotKey(key("key"), 3));
    assertThat(hottest(entries, 100)).hasSize(51);
  }

  @Test
  void theHottestOfANamespaceAreItsOwn() {
    put(entry("shop", 1));
    EntryStore other = store.namespace(new Namespace("other")).entries();
    assertThat(hottest(other, 10)).isEmpty();
    other.put(key("its own"), entry("other", 1)).toCompletableFuture().join();
    assertThat(hottest(other, 10)).extracting(HotKey::key).containsExactly(key("its own"));
    assertThat(hottest(entries, 10)).extracting(HotKey::key).containsExactly(key("key"));
  }

  @Test
  void aWalkWhoseTimeIsUpIsNotComplete() {
    put(entry("value", 1));
    assertThat(entries.walk(Optional.empty(), 0, head -> true).toCompletableFuture().join())
        .isEqualTo(new EntryStore.Walk(0, false));
  }

  @Test
  void aWalkShowsNoOtherNamespace() {
    put(entry("shop", 1));
    EntryStore other = store.namespace(new Namespace("other")).entries();
    assertThat(other.walk(Optional.empty(), 60_000, head -> true).toCompletableFuture().join())
        .isEqualTo(new EntryStore.Walk(0, true));
  }

  private static List<HotKey> hottest(EntryStore of, int count) {
    return of.hottest(count).toCompletableFuture().join();
  }

  private PutResult put(CacheEntry entry) {
    return entries.put(key("key"), entry).toCompletableFuture().join();
  }

  private Optional<CacheEntry> get() {
    return entries.get(key("key")).toCompletableFuture().join();
  }

  private void reopen() {
    store.reopen();
    entries = store.shop().entries();
  }
}
