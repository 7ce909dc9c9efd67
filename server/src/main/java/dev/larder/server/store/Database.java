package dev.larder.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.spi.StoreException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.MutableColumnFamilyOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * The database in a data directory: a RocksDB whose native memory is bounded, with a table each for
 * namespaces, entries' headers, entries and invalidations.
 *
 * <p>How the parts work together. Everything enters through {@link #open(String, Inside)}, which
 * holds the read side of a lock while RocksDB is used; {@link #close} takes the write side, because
 * a call of the native library after it was closed would crash the process. A {@link
 * RocksDBException} becomes a {@link StoreException} there, with itself as cause, which is for the
 * log and not for clients.
 *
 * <p>Durability: a {@link #change} is one write batch, in RocksDB's log when it returns, so it
 * survives the end of the process. {@link #sync} makes all changes before it survive a power
 * failure. What was lost in spite of that is for {@link Recovery} to find out.
 *
 * <p>Memory beside the heap is bounded whatever is stored: one cache of blocks, in which the write
 * buffers are counted, too, and a bound on open files. Values of {@value #BLOB_BYTES} bytes and
 * more are in files of their own (blob files, as in WiscKey), so that compactions move keys only;
 * the space of those that were deleted is given back by {@link #reclaim}, when {@link Upkeep} asks
 * for it.
 *
 * <p>On a small volume buffers and files are smaller: {@link Volume#scaled}. Safe for use by many
 * threads.
 */
final class Database implements AutoCloseable {
  /** Of memory beside the heap. */
  private static final long BLOCK_CACHE_BYTES = 16L << 20;

  /** What all tables may hold that is only in the log, in bytes, on a volume of 1 GiB or more. */
  private static final long WRITE_BUFFER_BYTES = 48L << 20;

  /** How large the log may become before the oldest tables in memory are written, in bytes. */
  private static final long WAL_BYTES = 64L << 20;

  /** So that the limit of a process is not reached, however much is stored. */
  private static final int OPEN_FILES = 256;

  /** Values from this size on are kept out of the tree, so that compaction does not copy them. */
  private static final int BLOB_BYTES = 512;

  /** How RocksDB says that somebody else has the lock, as another process or as this one. */
  private static final Pattern IN_USE =
      Pattern.compile("While lock file|lock hold by current process");

  /** The share of the files whose values a compaction copies at most: the oldest of them. */
  private static final double MOST_COPIED = 0.5;

  /** What is to be closed with the database, in the reverse order. */
  private final List<AbstractNativeReference> owned = new ArrayList<>();

  private final List<ColumnFamilyHandle> handles = new ArrayList<>();
  private final WriteOptions unsynced = own(new WriteOptions());

  /**
   * Of entries: rows carry checksums of their own, checked with the JDK's far faster CRC-32. A row
   * that is not found because its block is damaged is a miss.
   */
  private final ReadOptions entryReads = own(new ReadOptions().setVerifyChecksums(false));

  private final ReadOptions reads = own(new ReadOptions());

  /** Of many rows, once each: they must not displace what is used. */
  private final ReadOptions scans =
      own(new ReadOptions().setFillCache(false).setReadaheadSize(1 << 20));

  /** Of some rows that somebody looks at. */
  private final ReadOptions looks = own(new ReadOptions().setFillCache(false));

  private final RocksDB db;

  /** Read: the database is used. Write: it is being closed. */
  private final ReadWriteLock gate = new ReentrantReadWriteLock();

  private boolean closed;

  /** Held by who begins, ends or gives up a compaction. */
  private final Object compacting = new Object();

  private @Nullable CompactRangeOptions compaction;

  /** True once compactions are given up, for good. Guarded by {@code compacting}. */
  private boolean hurried;

  private Database(Path directory, Volume volume) throws RocksDBException {
    var cache = own(new LRUCache(BLOCK_CACHE_BYTES));
    var buffers =
        own(new WriteBufferManager(volume.scaled(WRITE_BUFFER_BYTES, 3 << 20), cache, false));
    var options =
        own(new DBOptions())
            .setCreateIfMissing(true)
            .setCreateMissingColumnFamilies(true)
            .setMaxBackgroundJobs(2)
            .setMaxOpenFiles(OPEN_FILES)
            .setWriteBufferManager(buffers)
            .setMaxTotalWalSize(volume.scaled(WAL_BYTES, 4 << 20))
            // The end of the machine may tear what was not synced. What was is in Recovery's care.
            .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
            .setBytesPerSync(1 << 20)
            .setLogger(own(new Notices()))
            .setMaxManifestFileSize(4 << 20)
            .setAvoidUnnecessaryBlockingIO(true)
            .setStatsDumpPeriodSec(0)
            .setStatsPersistPeriodSec(0);
    var table =
        new BlockBasedTableConfig()
            .setBlockCache(cache)
            .setFilterPolicy(own(new BloomFilter(10, false)))
            .setCacheIndexAndFilterBlocks(true)
            .setPinL0FilterAndIndexBlocksInCache(true)
            .setFormatVersion(5)
            .setBlockSize(8 << 10);
    var descriptors =
        List.of(
            new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, small(table, volume)),
            new ColumnFamilyDescriptor("headers".getBytes(UTF_8), small(table, volume)),
            new ColumnFamilyDescriptor("entries".getBytes(UTF_8), large(table, volume)),
            new ColumnFamilyDescriptor("log".getBytes(UTF_8), small(table, volume)),
            new ColumnFamilyDescriptor("audit".getBytes(UTF_8), small(table, volume)),
            new ColumnFamilyDescriptor("outbox".getBytes(UTF_8), small(table, volume)));
    db = RocksDB.open(options, directory.toString(), descriptors, handles);
  }

  /** A table of the database. */
  enum Table {
    /** Namespaces and ledger snapshots. */
    META,
    /** What is known of an entry without reading it. */
    HEADERS,
    /** The entries. */
    ENTRIES,
    /** The invalidations. */
    LOG,
    /** Who made which invalidation. */
    AUDIT,
    /** The invalidations that are to be told outside. */
    OUTBOX
  }

  /**
   * Opens the database in this directory, created if missing.
   *
   * <p>Blocks while RocksDB replays its log.
   *
   * @throws StoreException if another process has it open, or it is damaged
   */
  static Database open(Path directory, Volume volume) {
    try {
      // RocksDB would make it too, and complain first.
      Files.createDirectories(directory);
      NativeLibrary.load(directory.resolveSibling("native"));
      return new Database(directory, volume);
    } catch (IOException e) {
      throw new StoreException("database %s cannot be created: %s".formatted(directory, e), e);
    } catch (RocksDBException e) {
      String why = String.valueOf(e.getMessage());
      if (IN_USE.matcher(why).find()) {
        throw new StoreException(
            "data directory %s is in use by another server".formatted(directory.getParent()), e);
      }
      boolean damaged = e.getStatus() != null && e.getStatus().getCode() == Status.Code.Corruption;
      throw new StoreException(
          "data directory %s cannot be opened: %s%s"
              .formatted(
                  directory.getParent(),
                  why,
                  damaged ? "; it is damaged, remove it to begin with an empty cache" : ""),
          e);
    }
  }

  /**
   * The row under a key; none if there is none.
   *
   * @throws StoreException if it cannot be read
   */
  Optional<byte[]> get(Table table, byte[] key) {
    return open(
        "read",
        () ->
            Optional.ofNullable(
                db.get(handle(table), table == Table.ENTRIES ? entryReads : reads, key)));
  }

  /**
   * Calls {@code row} with the rows whose key begins with {@code prefix}, ascending from the key
   * {@code from}, at most {@code limit} of them.
   *
   * <p>{@code row} is called while the database is held open, and should be quick. What changes
   * meanwhile is not seen.
   *
   * @param from the first key, not less than {@code prefix}
   * @param limit the most rows; there may be fewer
   * @return where to go on; none if these were the last
   */
  Optional<byte[]> scan(
      Table table, byte[] prefix, byte[] from, int limit, BiConsumer<byte[], byte[]> row) {
    return open(
        "read",
        () -> {
          try (RocksIterator rows = db.newIterator(handle(table), scans)) {
            int seen = 0;
            for (rows.seek(from); rows.isValid() && startsWith(rows.key(), prefix); rows.next()) {
              if (seen++ == limit) {
                return Optional.of(rows.key());
              }
              row.accept(rows.key(), rows.value());
            }
            rows.status();
            return Optional.empty();
          }
        });
  }

  /**
   * Calls {@code row} with the rows whose key begins with {@code prefix} and is less than {@code
   * below}, descending, at most {@code limit} of them. Reads no more than these.
   *
   * <p>{@code row} is called while the database is held open, and should be quick.
   *
   * @param below not less than {@code prefix}
   */
  void scanBack(
      Table table, byte[] prefix, byte[] below, int limit, BiConsumer<byte[], byte[]> row) {
    open(
        "read",
        () -> {
          try (RocksIterator rows = db.newIterator(handle(table), looks)) {
            rows.seekForPrev(below);
            if (rows.isValid() && Arrays.equals(rows.key(), below)) {
              rows.prev();
            }
            for (int seen = 0;
                seen < limit && rows.isValid() && startsWith(rows.key(), prefix);
                seen++) {
              row.accept(rows.key(), rows.value());
              rows.prev();
            }
            rows.status();
            return null;
          }
        });
  }

  /** How many changes there ever were of rows: what is lost of its end shows. */
  long changes() {
    return open("read", db::getLatestSequenceNumber);
  }

  /** The bytes of the database's files. */
  long fileBytes() {
    return open(
        "read",
        () -> {
          long bytes = 0;
          for (ColumnFamilyHandle handle : handles) {
            bytes += db.getLongProperty(handle, "rocksdb.total-sst-files-size");
            bytes += db.getLongProperty(handle, "rocksdb.total-blob-file-size");
          }
          return bytes;
        });
  }

  /** The bytes of values in these files that were deleted or replaced, as far as it is known. */
  long garbageBytes() {
    return open(
        "read",
        () -> db.getLongProperty(handle(Table.ENTRIES), "rocksdb.live-blob-file-garbage-size"));
  }

  /**
   * Gives the space of what was deleted or replaced back to the disk. Takes its time: it copies the
   * values that are left in the oldest files. Otherwise no compaction does, since each would copy
   * them again. {@link #hurry} ends it.
   *
   * @param share which share of the files that is, up to a half; as much room is needed meanwhile
   */
  void reclaim(double share) {
    open(
        "compact",
        () -> {
          copyOldValues(true, Math.min(share, MOST_COPIED));
          try (var flush = new FlushOptions().setWaitForFlush(true);
              var options =
                  new CompactRangeOptions()
                      .setExclusiveManualCompaction(false)
                      .setBottommostLevelCompaction(BottommostLevelCompaction.kForceOptimized)) {
            compact(options, flush);
          } catch (RocksDBException e) {
            if (!hurried()) {
              throw e;
            }
          } finally {
            copyOldValues(false, MOST_COPIED);
          }
          return null;
        });
  }

  /** Gives up what takes its time, now and later: the database is to be closed. */
  void hurry() {
    synchronized (compacting) {
      hurried = true;
      if (compaction != null) {
        compaction.setCanceled(true);
      }
    }
  }

  /** Writes what is in memory, then compacts headers and entries; does nothing once hurried. */
  private void compact(CompactRangeOptions options, FlushOptions flush) throws RocksDBException {
    synchronized (compacting) {
      if (hurried) {
        return;
      }
      compaction = options;
    }
    try {
      db.flush(flush, handles);
      db.compactRange(handle(Table.HEADERS), null, null, options);
      db.compactRange(handle(Table.ENTRIES), null, null, options);
    } finally {
      synchronized (compacting) {
        compaction = null;
      }
    }
  }

  private boolean hurried() {
    synchronized (compacting) {
      return hurried;
    }
  }

  /** Whether compactions copy the values that are still used out of the oldest files. */
  private void copyOldValues(boolean compactionsDo, double share) throws RocksDBException {
    db.setOptions(
        handle(Table.ENTRIES),
        MutableColumnFamilyOptions.builder()
            .setEnableBlobGarbageCollection(compactionsDo)
            .setBlobGarbageCollectionAgeCutoff(share)
            .build());
  }

  /**
   * Makes several changes, all or none. They survive the process, not yet a power failure.
   *
   * <p>Nothing is written if {@code changes} throws.
   *
   * @throws StoreException if they cannot be written
   */
  void change(Changes changes) {
    open(
        "write",
        () -> {
          try (var batch = new WriteBatch()) {
            changes.into(new Batch(batch));
            if (batch.count() > 0) {
              db.write(unsynced, batch);
            }
          }
          return null;
        });
  }

  /**
   * Makes every change so far survive a power failure.
   *
   * @throws StoreException if the disk does not take them
   */
  void sync() {
    open(
        "write",
        () -> {
          db.syncWal();
          return null;
        });
  }

  /**
   * Closes the database once nobody is inside it, so that what it holds needs no replay. Closing it
   * again does nothing.
   */
  @Override
  public void close() {
    close(true);
  }

  /**
   * Closes the database as it is.
   *
   * <p>What is only in the log stays there, and is replayed the next time.
   */
  void abandon() {
    close(false);
  }

  private void close(boolean flushed) {
    hurry();
    gate.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        if (flushed) {
          flush();
        }
        syncLast();
        handles.forEach(AbstractNativeReference::close);
        db.closeE();
        owned.reversed().forEach(AbstractNativeReference::close);
      }
    } catch (RocksDBException e) {
      throw new StoreException("cannot close the database: " + e.getMessage(), e);
    } finally {
      gate.writeLock().unlock();
    }
  }

  private void syncLast() {
    try {
      db.syncWal();
    } catch (RocksDBException e) {
      Notices.LOG.log(Level.WARNING, "the last entries may be lost: {0}", e.getMessage());
    }
  }

  private void flush() {
    try (var flush = new FlushOptions().setWaitForFlush(true)) {
      db.flush(flush, handles);
    } catch (RocksDBException e) {
      Notices.LOG.log(Level.WARNING, "what is stored is left in the log: {0}", e.getMessage());
    }
  }

  /**
   * Does something inside the open database, which would crash the process if it were closed.
   *
   * @param what it is, for the message of a failure
   */
  private <T extends @Nullable Object> T open(String what, Inside<T> inside) {
    gate.readLock().lock();
    try {
      if (closed) {
        throw new StoreException("cannot %s: the store is closed".formatted(what));
      }
      return inside.run();
    } catch (RocksDBException e) {
      throw new StoreException("cannot %s: %s".formatted(what, e.getMessage()), e);
    } finally {
      gate.readLock().unlock();
    }
  }

  /** Work inside the database. */
  @FunctionalInterface
  private interface Inside<T extends @Nullable Object> {
    T run() throws RocksDBException;
  }

  /** What to change. */
  @FunctionalInterface
  interface Changes {
    void into(Batch batch) throws RocksDBException;
  }

  /**
   * Changes made together.
   *
   * <p>Nothing of it is in the database before all of it is; not even the thread that makes it
   * reads it.
   */
  final class Batch {
    private final WriteBatch batch;

    Batch(WriteBatch batch) {
      this.batch = batch;
    }

    void put(Table table, byte[] key, byte[] value) throws RocksDBException {
      batch.put(handle(table), key, value);
    }

    void delete(Table table, byte[] key) throws RocksDBException {
      batch.delete(handle(table), key);
    }

    /** Deletes the keys from {@code from} on, up to but without {@code to}. */
    void deleteRange(Table table, byte[] from, byte[] to) throws RocksDBException {
      batch.deleteRange(handle(table), from, to);
    }
  }

  /** What RocksDB has to say, in the server's log: each thing once, as it may go on for long. */
  private static final class Notices extends org.rocksdb.Logger {
    private static final Logger LOG = System.getLogger(Database.class.getName());
    private static final int REMEMBERED = 100;

    private final Set<String> said = ConcurrentHashMap.newKeySet();

    Notices() {
      super(InfoLogLevel.WARN_LEVEL);
    }

    @Override
    protected void log(InfoLogLevel level, String message) {
      boolean notable = level != InfoLogLevel.HEADER_LEVEL && said.size() < REMEMBERED;
      if (notable && said.add(message)) {
        LOG.log(Level.WARNING, "RocksDB: {0}", message.strip());
      }
    }
  }

  private ColumnFamilyHandle handle(Table table) {
    return switch (table) {
      case META -> handles.get(0);
      case HEADERS -> handles.get(1);
      case ENTRIES -> handles.get(2);
      case LOG -> handles.get(3);
      case AUDIT -> handles.get(4);
      case OUTBOX -> handles.get(5);
    };
  }

  /** For rows that stay in the tree. */
  private ColumnFamilyOptions small(BlockBasedTableConfig table, Volume volume) {
    return own(new ColumnFamilyOptions())
        .setTableFormatConfig(table)
        .setWriteBufferSize(volume.scaled(4 << 20, 256 << 10))
        .setMaxWriteBufferNumber(3)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setLevelCompactionDynamicLevelBytes(true);
  }

  /** For rows whose values may be large. */
  private ColumnFamilyOptions large(BlockBasedTableConfig table, Volume volume) {
    return own(new ColumnFamilyOptions())
        .setTableFormatConfig(table)
        .setWriteBufferSize(volume.scaled(16 << 20, 1 << 20))
        .setMaxWriteBufferNumber(3)
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setLevelCompactionDynamicLevelBytes(true)
        .setEnableBlobFiles(true)
        .setMinBlobSize(BLOB_BYTES)
        .setBlobCompressionType(CompressionType.ZSTD_COMPRESSION)
        .setBlobFileSize(volume.scaled(32 << 20, 1 << 20))
        .setBlobGarbageCollectionAgeCutoff(MOST_COPIED)
        .setBlobCompactionReadaheadSize(1 << 20);
  }

  private <T extends AbstractNativeReference> T own(T reference) {
    owned.add(reference);
    return reference;
  }

  private static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }
}
