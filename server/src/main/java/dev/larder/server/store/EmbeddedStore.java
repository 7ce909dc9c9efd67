package dev.larder.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.SharedLeases;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import dev.larder.server.LastResort;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.Records.Damaged;
import dev.larder.server.store.Records.Use;
import dev.larder.server.store.StoreOptions.Fsync;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The store inside the server's own process. An acknowledged invalidation survives a power failure
 * (with {@link Fsync#ALWAYS}); an entry survives the end of the process. What entries take on disk
 * is bounded: those used least go first.
 */
public final class EmbeddedStore implements Store {
  private static final Logger LOG = System.getLogger(EmbeddedStore.class.getName());
  private static final int READERS = 2;

  /** When to begin learning what is on disk, in seconds: starting goes first. */
  private static final int LEARN_AFTER = 1;

  /** How often space is given back and expired entries are let go of, in seconds. */
  private static final int UPKEEP_EVERY = 10;

  /** Files may be this many times as large as what is live, and this much larger, in bytes. */
  private static final int SLACK_FACTOR = 2;

  private static final long SLACK_BYTES = 128L << 20;

  private final InstantSource clock = new SteadyClock();
  private final SecureRandom random = new SecureRandom();
  private final ExecutorService readers =
      Executors.newFixedThreadPool(
          READERS, Thread.ofPlatform().daemon().name("larder-read-", 0).factory());
  private final ScheduledExecutorService upkeep =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("larder-upkeep").factory());
  private final Database database;
  private final StoreOptions options;
  private final String bootId;
  private final LogWriter logWriter;
  private final EntryWriter entryWriter;
  private final EntryTable entries;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Held by who creates or deletes a namespace. */
  private final Lock naming = new ReentrantLock();

  private EmbeddedStore(Database database, StoreOptions options, String bootId) {
    this.database = database;
    this.options = options;
    this.bootId = bootId;
    this.logWriter = new LogWriter(database, options.fsync());
    this.entryWriter = new EntryWriter(database);
    this.entries = new EntryTable(database, entryWriter, readers, upkeep, clock, options);
  }

  /**
   * Opens the store in a data directory, created if missing.
   *
   * @throws StoreException if the directory is in use, damaged or not ours
   */
  public static EmbeddedStore open(Path directory, StoreOptions options) {
    return open(directory, options, Machine.bootId());
  }

  /**
   * Opens the store in a data directory, on a machine that was started under that boot id.
   *
   * @throws StoreException if the directory is in use, damaged or not ours
   */
  static EmbeddedStore open(Path directory, StoreOptions options, String bootId) {
    var store = new EmbeddedStore(Database.open(DataDirectory.claim(directory)), options, bootId);
    try {
      store.begin();
      return store;
    } catch (Damaged e) {
      store.abandon();
      throw new StoreException(
          "data directory %s is damaged: %s".formatted(directory, e.getMessage()), e);
    } catch (RuntimeException e) {
      store.abandon();
      throw e;
    }
  }

  @Override
  public CompletionStage<NamespaceStore> open(Namespace namespace) {
    return CompletableFuture.supplyAsync(() -> opened(namespace), readers);
  }

  @Override
  public CompletionStage<List<Namespace>> namespaces() {
    return CompletableFuture.completedStage(List.copyOf(identities().keySet()));
  }

  @Override
  public CompletionStage<Boolean> delete(Namespace namespace) {
    return CompletableFuture.supplyAsync(() -> deleted(namespace), readers);
  }

  @Override
  public boolean ready() {
    return !closed.get() && logWriter.alive() && entryWriter.alive();
  }

  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      endWork();
      try {
        database.change(batch -> batch.put(Table.META, Records.useKey(), Records.use(use(true))));
      } catch (StoreException e) {
        LOG.log(Level.WARNING, "the store was not closed properly: {0}", e.getMessage());
      }
      database.close();
    }
  }

  /** Closes what could not be opened, and leaves what is in it as it is. */
  private void abandon() {
    closed.set(true);
    endWork();
    database.close();
  }

  private void endWork() {
    upkeep.shutdownNow();
    logWriter.close();
    entryWriter.close();
    readers.shutdown();
  }

  private void begin() {
    boolean lost =
        database
            .get(Table.META, Records.useKey())
            .map(Records::use)
            .filter(use -> use.mayHaveLost(bootId))
            .isPresent();
    if (lost) {
      LOG.log(
          Level.WARNING,
          "the machine stopped while invalidations were not synced: everything stored is"
              + " forgotten");
      List.copyOf(identities().keySet()).forEach(this::deleted);
    }
    Set<StoreIdentity> existing = Set.copyOf(identities().values());
    database.change(batch -> batch.put(Table.META, Records.useKey(), Records.use(use(false))));
    database.sync();
    var _ =
        upkeep.schedule(() -> logged(() -> entries.learn(existing)), LEARN_AFTER, TimeUnit.SECONDS);
    var _ =
        upkeep.scheduleWithFixedDelay(
            () -> logged(this::keepUp), UPKEEP_EVERY, UPKEEP_EVERY, TimeUnit.SECONDS);
  }

  private Use use(boolean closed) {
    return new Use(options.fsync() == Fsync.NEVER, closed, bootId);
  }

  private void keepUp() {
    entries.tidy();
    long files = database.fileBytes();
    long live = Math.min(entries.bytes(), files - database.garbageBytes());
    if (files > SLACK_FACTOR * live + SLACK_BYTES) {
      database.reclaim();
    }
  }

  private static void logged(Runnable work) {
    try {
      work.run();
    } catch (StoreException | Damaged e) {
      LOG.log(Level.WARNING, "upkeep of the store failed: {0}", e.getMessage());
    } catch (RuntimeException | Error e) {
      // What is thrown on would end it for good.
      LastResort.ifOutOfMemory(e);
      LOG.log(Level.ERROR, "upkeep of the store failed", e);
    }
  }

  private SortedMap<Namespace, StoreIdentity> identities() {
    var identities = new TreeMap<Namespace, StoreIdentity>(Comparator.comparing(Namespace::name));
    byte[] prefix = "n".getBytes(UTF_8);
    database.scan(
        Table.META,
        prefix,
        prefix,
        Integer.MAX_VALUE,
        (key, row) -> identities.put(Records.namespaceOf(key), Records.namespace(row)));
    return identities;
  }

  private NamespaceStore opened(Namespace namespace) {
    StoreIdentity identity = identity(namespace).orElseGet(() -> born(namespace));
    return new NamespaceStore(
        new EmbeddedEntries(entries, identity),
        new EmbeddedLog(database, logWriter, clock, identity),
        SharedLeases.UNSHARED,
        clock);
  }

  private Optional<StoreIdentity> identity(Namespace namespace) {
    try {
      return database.get(Table.META, Records.namespaceKey(namespace)).map(Records::namespace);
    } catch (Damaged e) {
      throw new StoreException(
          "namespace '%s' is damaged: %s".formatted(namespace, e.getMessage()), e);
    }
  }

  private StoreIdentity born(Namespace namespace) {
    naming.lock();
    try {
      return identity(namespace)
          .orElseGet(() -> {
            StoreIdentity identity = StoreIdentity.born(random);
            changed(batch ->
                batch.put(
                    Table.META, Records.namespaceKey(namespace), Records.namespace(identity)));
            return identity;
          });
    } finally {
      naming.unlock();
    }
  }

  private boolean deleted(Namespace namespace) {
    Optional<StoreIdentity> deleted;
    naming.lock();
    try {
      deleted = identity(namespace);
      deleted.ifPresent(identity -> {
        byte[] from = Records.identity(identity);
        byte[] to = Records.after(identity);
        changed(batch -> {
          batch.delete(Table.META, Records.namespaceKey(namespace));
          batch.delete(Table.META, Records.snapshotKey(identity));
          for (Table table : List.of(Table.HEADERS, Table.ENTRIES, Table.LOG)) {
            batch.deleteRange(table, from, to);
          }
        });
      });
    } finally {
      naming.unlock();
    }
    deleted.ifPresent(entries::forget);
    return deleted.isPresent();
  }

  private void changed(Database.Changes changes) {
    logWriter.change(changes).join();
    database.sync();
  }
}
