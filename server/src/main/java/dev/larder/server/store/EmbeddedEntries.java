package dev.larder.server.store;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.MemoryTier.Place;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The entries of one namespace, in memory and in the database. */
final class EmbeddedEntries implements EntryStore {
  private static final Logger LOG = System.getLogger(EmbeddedEntries.class.getName());

  private final Database database;
  private final MemoryTier memory;
  private final EntryWriter writer;
  private final StoreIdentity identity;

  EmbeddedEntries(
      Database database, MemoryTier memory, EntryWriter writer, StoreIdentity identity) {
    this.database = database;
    this.memory = memory;
    this.writer = writer;
    this.identity = identity;
  }

  @Override
  public CompletionStage<Optional<CacheEntry>> get(CacheKey key) {
    return memory.get(new Place(identity, key), () -> read(key));
  }

  @Override
  public CompletionStage<Stored> put(CacheKey key, CacheEntry entry) {
    return writer.write(entry.value().length, Stored.DROPPED, () -> store(key, entry));
  }

  @Override
  public CompletionStage<Void> remove(CacheKey key) {
    return writer
        .write(0, false, () -> delete(key))
        .thenAccept(removed -> {
          if (!removed) {
            throw new StoreException("cannot remove an entry now");
          }
        });
  }

  private @Nullable CacheEntry read(CacheKey key) {
    Optional<byte[]> row = database.get(Table.ENTRIES, Records.entryKey(identity, key));
    try {
      return row.map(Records::entry).orElse(null);
    } catch (Records.Damaged e) {
      LOG.log(Level.WARNING, "entry {0} is treated as missing: {1}", key, e.getMessage());
      return null;
    }
  }

  private Stored store(CacheKey key, CacheEntry entry) {
    byte[] row = Records.entryKey(identity, key);
    Optional<Revision> stored = database.get(Table.HEADERS, row).flatMap(Records::headerRevision);
    if (stored.isPresent() && stored.get().isAfter(entry.revision())) {
      return Stored.SUPERSEDED;
    }
    database.change(batch -> {
      batch.put(Table.HEADERS, row, Records.header(entry));
      batch.put(Table.ENTRIES, row, Records.entry(entry));
    });
    memory.put(new Place(identity, key), entry);
    return Stored.STORED;
  }

  private boolean delete(CacheKey key) {
    byte[] row = Records.entryKey(identity, key);
    database.change(batch -> {
      batch.delete(Table.HEADERS, row);
      batch.delete(Table.ENTRIES, row);
    });
    memory.remove(new Place(identity, key));
    return true;
  }
}
