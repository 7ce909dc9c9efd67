package dev.larder.server.store;

import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.Outbox;
import dev.larder.core.spi.SharedLeases;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.Records.Use;
import dev.larder.server.store.StoreOptions.Fsync;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The store inside the server's own process. An acknowledged invalidation survives a power failure
 * (with {@link Fsync#ALWAYS}); an entry survives the end of the process. What entries take on disk
 * is bounded: those used least go first.
 *
 * <p>Its threads: one appends to histories ({@link LogWriter}), one writes entries ({@link
 * EntryWriter}), two read entries, one opens and deletes namespaces, one sweeps, one shows what is
 * stored, and one does {@link Upkeep}. Whoever calls does not wait for the disk, but to open and to
 * close the store.
 *
 * <p>A data directory belongs to one server at a time. What provably lost something that was
 * acknowledged is begun anew, empty, with new identities: by these clients know that what they hold
 * is of no use any more.
 */
public final class EmbeddedStore implements Store {
  private static final Logger LOG = System.getLogger(EmbeddedStore.class.getName());

  /** How many threads read entries. */
  private static final int READERS = 2;

  /** Waiting; one more is a miss. */
  private static final int MOST_READS = 1024;

  /** Waiting; one more fails. */
  private static final int MOST_OPENINGS = 1024;

  /** Waiting; one more fails. */
  private static final int MOST_VIEWS = 16;

  private final InstantSource clock = new SteadyClock();
  private final SecureRandom random = new SecureRandom();
  private final Readers readers = new Readers("larder-read-", READERS, MOST_READS);

  /** Where namespaces are opened, created and deleted, one after the other. */
  private final Readers naming = new Readers("larder-namespaces-", 1, MOST_OPENINGS);

  /** Where what nobody can be given any more is looked for. */
  private final Readers sweeper = new Readers("larder-sweep-", 1, MOST_OPENINGS);

  /** Where people look through what is stored: nobody else waits for that. */
  private final Readers viewers = new Readers("larder-view-", 1, MOST_VIEWS);

  private final Condition writes = new Condition("invalidations", Duration.ZERO);

  /** Every namespace there is, by name. */
  private final Map<Namespace, StoreIdentity> identities =
      new ConcurrentSkipListMap<>(Comparator.comparing(Namespace::name));

  /** Of namespaces that were opened; the one that was opened last. */
  private final Map<StoreIdentity, EmbeddedLog> logs = new ConcurrentHashMap<>();

  private final StoreFiles files;
  private final StoreOptions options;

  /** The start of the machine; empty if it is not known. */
  private final String bootId;

  private final LogWriter logWriter;
  private final EntryWriter entryWriter;
  private final EntryTable entries;
  private final Upkeep upkeep;
  private final AtomicBoolean closed = new AtomicBoolean();

  private EmbeddedStore(StoreFiles files, StoreOptions options, String bootId) {
    this.files = files;
    this.options = options;
    this.bootId = bootId;
    this.identities.putAll(files.recovered().namespaces());
    this.logWriter =
        new LogWriter(
            files.database(), files.commits(), files.recovered(), options.fsync(), writes);
    this.entryWriter = new EntryWriter(files.database(), files::noteChanges);
    this.entries =
        new EntryTable(
            files.database(),
            entryWriter,
            readers,
            sweeper,
            viewers,
            files.volume(),
            clock,
            options);
    this.upkeep =
        new Upkeep(
            files.database(), files.volume(), entries, logWriter, writes, options.diskBytes());
  }

  /**
   * Makes a directory, which is empty or missing, a data directory in which nothing is stored yet.
   *
   * @throws StoreException if it holds something else, or cannot be written
   */
  public static void prepare(Path directory) {
    DataDirectory.claim(directory);
  }

  /** The file by which a data directory is known; without it none is ours. */
  public static Path marker(Path directory) {
    return DataDirectory.marker(directory);
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
    var store =
        new EmbeddedStore(StoreFiles.open(directory, bootId, new SecureRandom()), options, bootId);
    try {
      store.begin();
      return store;
    } catch (RuntimeException e) {
      store.abandon();
      throw e;
    }
  }

  /** Creates it if there is none. */
  @Override
  public CompletionStage<NamespaceStore> open(Namespace namespace) {
    return naming.ask(() -> opened(namespace));
  }

  @Override
  public CompletionStage<List<Namespace>> namespaces() {
    return CompletableFuture.completedStage(List.copyOf(identities.keySet()));
  }

  @Override
  public Optional<Outbox> outbox() {
    return options.outbox()
        ? Optional.of(new EmbeddedOutbox(files.database(), logWriter, viewers, identities))
        : Optional.empty();
  }

  @Override
  public CompletionStage<Boolean> delete(Namespace namespace) {
    return naming.ask(() -> deleted(namespace));
  }

  /**
   * False once it is closed, a thread that writes has ended, or invalidations cannot be written.
   */
  @Override
  public boolean ready() {
    return !closed.get() && writes.good() && logWriter.alive() && entryWriter.alive();
  }

  /**
   * Finishes what was asked, writes that the store was closed properly, and closes the database.
   * Blocks while that is done; a second call does nothing.
   */
  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      endWork();
      try {
        files
            .database()
            .change(batch -> batch.put(Table.META, Records.useKey(), Records.use(use(true))));
      } catch (StoreException e) {
        LOG.log(Level.WARNING, "the store was not closed properly: {0}", e.getMessage());
      }
      files.close();
    }
  }

  /** Closes what could not be opened, and leaves what is in it as it is. */
  private void abandon() {
    closed.set(true);
    endWork();
    files.close();
  }

  /** In this order: who asks others ends before those. */
  private void endWork() {
    files.database().hurry();
    upkeep.close();
    naming.close();
    sweeper.close();
    viewers.close();
    logWriter.close();
    entryWriter.close();
    readers.close();
  }

  /** From here on the store counts as used, and not closed. */
  private void begin() {
    logWriter
        .change(
            (batch, histories) -> batch.put(Table.META, Records.useKey(), Records.use(use(false))))
        .join();
    forgetOutbox();
    files.database().sync();
    upkeep.begin(Set.copyOf(identities.values()));
  }

  /** Whoever was told outside is told no more: what waits for it would wait for good. */
  private void forgetOutbox() {
    boolean[] waits = {false};
    byte[] first = {};
    var _ = files.database().scan(Table.OUTBOX, first, first, 1, (key, row) -> waits[0] = true);
    if (!options.outbox() && waits[0]) {
      changed((batch, histories) -> {
        for (StoreIdentity identity : identities.values()) {
          batch.deleteRange(Table.OUTBOX, Records.identity(identity), Records.after(identity));
        }
      });
    }
  }

  private Use use(boolean properly) {
    return new Use(options.fsync() == Fsync.NEVER, properly, bootId);
  }

  private NamespaceStore opened(Namespace namespace) {
    try {
      StoreIdentity known = identities.get(namespace);
      StoreIdentity identity = known == null ? born(namespace) : known;
      var log = new EmbeddedLog(files.database(), logWriter, clock, identity, options.outbox());
      logs.put(identity, log);
      return new NamespaceStore(
          new EmbeddedEntries(entries, identity), log, SharedLeases.unshared(), clock);
    } catch (StoreException e) {
      LOG.log(Level.ERROR, "namespace ''{0}'' cannot be opened: {1}", namespace, e.getMessage());
      throw e;
    }
  }

  /** A new history, at revision 0, with an identity nobody has seen. */
  private StoreIdentity born(Namespace namespace) {
    StoreIdentity identity = StoreIdentity.born(random);
    byte[] key = Records.namespaceKey(namespace);
    changed((batch, histories) -> {
      batch.put(Table.META, key, Records.namespace(key, identity));
      histories.put(identity, 0);
    });
    identities.put(namespace, identity);
    return identity;
  }

  /** Deletes all rows in one change, then ends what follows the history. */
  private boolean deleted(Namespace namespace) {
    StoreIdentity identity = identities.get(namespace);
    if (identity == null) {
      return false;
    }
    byte[] from = Records.identity(identity);
    byte[] to = Records.after(identity);
    changed((batch, histories) -> {
      batch.delete(Table.META, Records.namespaceKey(namespace));
      batch.delete(Table.META, Records.snapshotKey(identity));
      for (Table table :
          List.of(Table.HEADERS, Table.ENTRIES, Table.LOG, Table.AUDIT, Table.OUTBOX)) {
        batch.deleteRange(table, from, to);
      }
      histories.remove(identity);
    });
    identities.remove(namespace);
    EmbeddedLog log = logs.remove(identity);
    if (log != null) {
      log.end();
    }
    entries.forget(identity);
    return true;
  }

  private void changed(LogWriter.LogChange change) {
    try {
      logWriter.change(change).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreException refused ? refused : e;
    }
  }
}
