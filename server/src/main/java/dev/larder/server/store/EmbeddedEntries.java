package dev.larder.server.store;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.EntryStore;
import dev.larder.server.store.MemoryTier.Place;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * The entries of one namespace: its part of the table of all.
 *
 * @param table the entries of all namespaces
 * @param identity which of them are these
 */
record EmbeddedEntries(EntryTable table, StoreIdentity identity) implements EntryStore {
  @Override
  public CompletionStage<Optional<CacheEntry>> get(CacheKey key) {
    return table.get(new Place(identity, key));
  }

  @Override
  public Optional<CacheEntry> atHand(CacheKey key) {
    return table.atHand(new Place(identity, key));
  }

  @Override
  public long size(CacheKey key) {
    return table.size(new Place(identity, key));
  }

  @Override
  public CompletionStage<PutResult> put(CacheKey key, CacheEntry entry) {
    return table.put(new Place(identity, key), entry);
  }

  @Override
  public CompletionStage<Void> remove(CacheKey key) {
    return table.remove(new Place(identity, key));
  }

  @Override
  public CompletionStage<Long> removeIf(Predicate<EntryHead> useless) {
    return table.removeIf(identity, useless);
  }

  @Override
  public CompletionStage<List<HotKey>> hottest(int count) {
    return table.hottest(identity, count);
  }

  @Override
  public CompletionStage<Walk> walk(
      Optional<CacheKey> from, long millis, Predicate<EntryHead> visitor) {
    return table.walk(identity, from, millis, visitor);
  }

  @Override
  public boolean ordered() {
    return true;
  }

  @Override
  public Stats stats() {
    return table.stats(identity);
  }
}
