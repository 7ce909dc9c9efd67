package dev.larder.server.store;

import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.Store;
import dev.larder.server.store.Database.Table;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The store inside the server's own process. An acknowledged invalidation survives a power failure;
 * an entry survives the end of the process.
 */
public final class EmbeddedStore implements Store {
  private static final int READERS = 2;

  private final InstantSource clock = new SteadyClock();
  private final SecureRandom random = new SecureRandom();
  private final ExecutorService readers =
      Executors.newFixedThreadPool(
          READERS, Thread.ofPlatform().daemon().name("larder-read-", 0).factory());
  private final Database database;
  private final LogWriter logWriter;
  private final EntryWriter entryWriter;
  private final MemoryTier memory;

  private EmbeddedStore(Database database, long memoryBytes) {
    this.database = database;
    this.logWriter = new LogWriter(database);
    this.entryWriter = new EntryWriter();
    this.memory = new MemoryTier(memoryBytes, readers);
  }

  /**
   * Opens the store in a data directory, created if missing.
   *
   * @param memoryBytes how many bytes of entries to keep in memory
   * @throws dev.larder.core.spi.StoreException if the directory is in use, damaged or not ours
   */
  public static EmbeddedStore open(Path directory, long memoryBytes) {
    return new EmbeddedStore(Database.open(DataDirectory.claim(directory)), memoryBytes);
  }

  @Override
  public CompletionStage<NamespaceStore> open(Namespace namespace) {
    return CompletableFuture.supplyAsync(() -> opened(namespace), readers);
  }

  @Override
  public InstantSource clock() {
    return clock;
  }

  @Override
  public void close() {
    logWriter.close();
    entryWriter.close();
    readers.shutdown();
    database.close();
  }

  private NamespaceStore opened(Namespace namespace) {
    byte[] key = Records.namespaceKey(namespace);
    StoreIdentity identity =
        database.get(Table.META, key).map(Records::identity).orElseGet(() -> born(key));
    return new NamespaceStore(
        new EmbeddedEntries(database, memory, entryWriter, identity),
        new EmbeddedLog(database, logWriter, clock, identity));
  }

  private StoreIdentity born(byte[] key) {
    StoreIdentity identity = StoreIdentity.born(random);
    logWriter
        .change(batch -> batch.put(Table.META, key, Records.identity(identity)))
        .thenRun(database::sync)
        .join();
    return identity;
  }
}
