package dev.larder.server.store;

import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.EntryStore.PutResult;
import dev.larder.core.spi.EntryStore.Stats;
import dev.larder.core.spi.EntryStore.Walk;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Batch;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.EntryWriter.Made;
import dev.larder.server.store.MemoryTier.Place;
import dev.larder.server.store.Records.Damaged;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * The entries of all namespaces: in memory, on disk, and in the index that knows what is on disk.
 * All changes are made by the writer's thread, one after the other, so that disk, index and memory
 * agree whenever it is between two.
 *
 * <p>How the parts work together. A lookup asks {@link EntryIndex} first, which answers most misses
 * without the disk, then {@link MemoryTier}, then one of the {@link Readers}, whose result is kept
 * in memory. A put asks {@link Volume} whether there is room, and goes to the queue of {@link
 * EntryWriter}; in its turn {@link #store} compares it with what is on disk, and writes header and
 * entry; index and memory learn of it only after the batch is in the database. Bytes are bounded by
 * Caffeine in both: memory lets go of what it likes, but what the index lets go of must leave the
 * disk, too ({@link #evicted}), unless it was stored again before the writer came to that.
 *
 * <p>Failures: an entry is a copy of what can be generated again, so a read that fails or takes too
 * long is a miss, and a put that cannot be written is dropped. Both are counted and logged, once
 * for each reason ({@link Condition}). A removal that somebody asked for must not be lost: {@link
 * #remove} fails. A row that is damaged is erased.
 *
 * <p>After a start the index knows nothing, and no miss is certain. {@link #learn} reads all
 * headers in the background, which are small, and so finds what is on disk, what belongs to no
 * namespace any more, and what has expired. Erasures that were refused, as on a full disk, are
 * found by {@link #eraseLeftovers} in the same way.
 *
 * <p>Safe for use by many threads.
 */
final class EntryTable {
  /** How many rows of headers are looked at before others get their turn. */
  private static final int CHUNK = 1000;

  /**
   * One in so many reads from memory counts as a use of what is on disk: enough for the policy to
   * know what is hot, and a second look for each read would cost half as much as the read.
   */
  private static final int USES_PER_NOTE = 8;

  /** How long a read from disk may take, its turn included, in ms. */
  private static final long READ_WITHIN = 2_000;

  /** How long something must not have failed until it succeeds. */
  private static final Duration CALM = Duration.ofSeconds(10);

  /** A change that changes nothing. */
  private static final Made<Erasure> NOTHING = new Made<>(Erasure.UNNEEDED, () -> {});

  /**
   * What became of an erasure.
   *
   * <p>{@code UNNEEDED} if something else was stored there; {@code REFUSED} if it could not be
   * written.
   */
  private enum Erasure {
    DONE,
    UNNEEDED,
    REFUSED
  }

  private final Database database;
  private final EntryWriter writer;
  private final Readers readers;
  private final Readers sweeper;
  private final Readers viewers;
  private final Volume volume;
  private final MemoryTier memory;
  private final EntryIndex index;
  private final Map<StoreIdentity, Counts> counts = new ConcurrentHashMap<>();
  private final Condition reads = new Condition("reads of entries", CALM);
  private final Condition room = new Condition("puts", CALM);

  /** True if rows may be on disk that the index let go of: their erasure was refused. */
  private volatile boolean leftovers;

  EntryTable(
      Database database,
      EntryWriter writer,
      Readers readers,
      Readers sweeper,
      Readers viewers,
      Volume volume,
      InstantSource clock,
      StoreOptions options) {
    this.database = database;
    this.writer = writer;
    this.readers = readers;
    this.sweeper = sweeper;
    this.viewers = viewers;
    this.volume = volume;
    this.memory = new MemoryTier(options.memoryBytes());
    this.index = new EntryIndex(options.diskBytes(), clock, this::evicted);
  }

  /** Never fails: what cannot be read is not there. */
  CompletableFuture<Optional<CacheEntry>> get(Place place) {
    if (index.lacks(place)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return memory.get(place, () -> readInTime(place));
  }

  /** Reads from disk; empty, too, if that cannot be done or takes too long. */
  private CompletableFuture<@Nullable CacheEntry> readInTime(Place place) {
    return readers
        .ask(() -> read(place))
        .orTimeout(READ_WITHIN, TimeUnit.MILLISECONDS)
        .handle((entry, failure) -> {
          if (failure == null) {
            reads.succeeds();
            return entry;
          }
          counts(place.namespace()).damaged.increment();
          reads.fails(
              failure instanceof TimeoutException
                  ? "the disk took more than %d ms".formatted(READ_WITHIN)
                  : String.valueOf(failure.getMessage()));
          return null;
        });
  }

  /** The entry at that place, if it is in memory. */
  Optional<CacheEntry> atHand(Place place) {
    Optional<CacheEntry> kept = memory.atHand(place);
    if (kept.isPresent() && ThreadLocalRandom.current().nextInt(USES_PER_NOTE) == 0) {
      index.used(place);
    }
    return kept;
  }

  /** The bytes of a value that is known to be on disk; else 0. */
  long size(Place place) {
    return index.size(place);
  }

  /**
   * Superseded by an entry of a later revision; dropped if the volume is full, too much waits, or
   * it cannot be written. Never fails.
   */
  CompletableFuture<PutResult> put(Place place, CacheEntry entry) {
    if (!volume.hasRoomFor(entry.memoryBytes())) {
      room.fails(
          "the volume of the data directory is full but for the %d MiB that are kept for invalidations"
              .formatted(volume.reserve() >> 20));
      counts(place.namespace()).dropped.increment();
      return CompletableFuture.completedFuture(PutResult.DROPPED);
    }
    room.succeeds();
    return writer
        .write(place, entry.memoryBytes(), PutResult.DROPPED, batch -> store(batch, place, entry))
        .whenComplete((stored, failure) -> {
          if (stored == null || stored instanceof PutResult.Dropped) {
            counts(place.namespace()).dropped.increment();
          }
        });
  }

  /** Removes an entry for sure; fails with {@link StoreException} if it cannot be. */
  CompletableFuture<Void> remove(Place place) {
    return erasing(
            place,
            batch -> {
              index.remove(place);
              return erase(batch, place);
            })
        .thenAccept(removed -> {
          if (removed == Erasure.REFUSED) {
            throw new StoreException("the store cannot remove an entry now");
          }
        });
  }

  /** Erases in the turn of the writer, and remembers if that was refused. */
  private CompletableFuture<Erasure> erasing(Place place, EntryWriter.Change<Erasure> change) {
    return writer
        .write(place, 0, Erasure.REFUSED, change)
        .thenApply(erasure -> {
          leftovers |= erasure == Erasure.REFUSED;
          return erasure;
        });
  }

  /**
   * Removes the entries of a namespace that {@code useless} accepts, chunk by chunk.
   *
   * @return completes with how many were removed; those that changed meanwhile, or could not be
   *     erased, are not
   */
  CompletableFuture<Long> removeIf(StoreIdentity namespace, Predicate<EntryHead> useless) {
    return sweeper.ask(() -> {
      long removed = 0;
      byte[] prefix = Records.identity(namespace);
      Optional<byte[]> from = Optional.of(prefix);
      while (from.isPresent()) {
        var doomed = new ArrayList<EntryHead>();
        from =
            database.scan(
                Table.HEADERS,
                prefix,
                from.get(),
                CHUNK,
                (k, row) -> head(k, row).filter(useless).ifPresent(doomed::add));
        for (EntryHead head : doomed) {
          var place = new Place(namespace, head.key());
          if (erasing(place, batch -> eraseIfStill(batch, place, head)).join() == Erasure.DONE) {
            removed++;
          }
        }
      }
      return removed;
    });
  }

  /**
   * Shows the heads of the entries of a namespace, chunk by chunk, in the order of their keys. Rows
   * that are damaged are passed over: whoever reads them next finds that out.
   *
   * @param from the first key; empty: from the beginning
   * @param millis after how long it ends
   * @param visitor false ends it
   */
  CompletableFuture<Walk> walk(
      StoreIdentity namespace, Optional<CacheKey> from, long millis, Predicate<EntryHead> visitor) {
    return viewers.ask(() -> {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
      byte[] prefix = Records.identity(namespace);
      var view = new View(visitor);
      Optional<byte[]> next =
          Optional.of(from.map(key -> Records.entryKey(namespace, key)).orElse(prefix));
      while (next.isPresent() && !view.ended && System.nanoTime() < end) {
        next = database.scan(Table.HEADERS, prefix, next.get(), CHUNK, view::row);
      }
      return new Walk(view.examined, next.isEmpty() && !view.ended);
    });
  }

  /** What somebody has seen who looks through the entries. */
  private static final class View {
    private final Predicate<EntryHead> visitor;
    private long examined;
    private boolean ended;

    View(Predicate<EntryHead> visitor) {
      this.visitor = visitor;
    }

    void row(byte[] key, byte[] row) {
      if (ended) {
        return;
      }
      try {
        EntryHead head = Records.headerIn(key, row);
        examined++;
        ended = !visitor.test(head);
      } catch (Damaged e) {
        // Passed over.
      }
    }
  }

  /**
   * The keys of a namespace that are in memory and read most, hottest first.
   *
   * @param count the most to name
   */
  CompletableFuture<List<HotKey>> hottest(StoreIdentity namespace, int count) {
    return sweeper.ask(() ->
        memory.hottest(namespace, count).stream()
            .filter(hot -> exists(new Place(namespace, hot.key())))
            .toList());
  }

  /** True unless the index let go of it, and it is only on its way out of memory. */
  private boolean exists(Place place) {
    return index.knows(place) || !index.complete();
  }

  /** Forgets everything known of a namespace that was deleted from the database. */
  void forget(StoreIdentity namespace) {
    memory.removeAll(namespace);
    index.removeAll(namespace);
    counts.remove(namespace);
  }

  Stats stats(StoreIdentity namespace) {
    Counts counted = counts(namespace);
    return new Stats(
        index.count(namespace),
        index.bytes(namespace),
        counted.dropped.sum(),
        counted.damaged.sum(),
        counted.outgrown.sum(),
        counted.expired.sum());
  }

  /** The bytes of the entries of all namespaces. */
  long bytes() {
    return index.bytes();
  }

  /** Lets go of what has expired. */
  void tidy() {
    index.tidy();
  }

  /**
   * Learns what is on disk, chunk by chunk; until then the index cannot tell that an entry is
   * missing. Entries of namespaces that no longer exist are removed, and rows whose key is none of
   * an entry. Does nothing if it is known.
   *
   * @param namespaces those that exist
   */
  void learn(Set<StoreIdentity> namespaces) {
    if (index.complete()) {
      return;
    }
    // Places refer to these, so that there are not as many identities as there are entries.
    Map<StoreIdentity, StoreIdentity> known =
        namespaces.stream().collect(Collectors.toMap(identity -> identity, identity -> identity));
    eachHeader(
        (key, row) -> {
          try {
            learn(known, key, row);
          } catch (Damaged e) {
            // No entry has such a key.
            database.change(batch -> batch.delete(Table.HEADERS, key));
          }
        },
        () -> {});
    index.completed();
  }

  /**
   * Reads all headers on disk, in chunks.
   *
   * @param header called with each key and row, while the database is held open
   * @param chunkRead run after each chunk, while it is not
   */
  private void eachHeader(BiConsumer<byte[], byte[]> header, Runnable chunkRead) {
    byte[] all = {};
    Optional<byte[]> from = Optional.of(all);
    while (from.isPresent()) {
      from = database.scan(Table.HEADERS, all, from.get(), CHUNK, header);
      chunkRead.run();
    }
  }

  private void learn(Map<StoreIdentity, StoreIdentity> namespaces, byte[] key, byte[] row) {
    StoreIdentity found = Records.identityOf(key);
    StoreIdentity namespace = namespaces.getOrDefault(found, found);
    var place = new Place(namespace, Records.keyOf(key));
    Optional<EntryHead> head =
        namespaces.containsKey(namespace)
            ? head(key, row, Records::headerWithoutTags)
            : Optional.empty();
    head.ifPresentOrElse(
        known -> index.found(place, known, row.length),
        () -> {
          var _ = erasedUnlessKnown(place);
        });
  }

  /** From disk, by a reader's thread; null if there is none. */
  private @Nullable CacheEntry read(Place place) {
    try {
      return onDisk(place).orElse(null);
    } catch (Damaged | StoreException e) {
      discard(place);
      throw e;
    }
  }

  private Optional<CacheEntry> onDisk(Place place) {
    byte[] key = Records.entryKey(place.namespace(), place.key());
    return database.get(Table.ENTRIES, key).map(row -> Records.entryIn(key, row));
  }

  /** Removes what cannot be read, unless another entry was stored there meanwhile. */
  private void discard(Place place) {
    var _ =
        erasing(
            place,
            batch -> {
              try {
                onDisk(place);
                return NOTHING;
              } catch (Damaged | StoreException e) {
                index.remove(place);
                return erase(batch, place);
              }
            });
  }

  /** Called by the writer: nothing else changes the row meanwhile. */
  private Made<PutResult> store(Batch batch, Place place, CacheEntry entry)
      throws RocksDBException {
    byte[] key = Records.entryKey(place.namespace(), place.key());
    EntryHead head = EntryHead.of(place.key(), entry);
    Optional<EntryHead> before = stored(place, key);
    if (before.filter(stored -> stored.revision().isAfter(entry.revision())).isPresent()) {
      return new Made<>(PutResult.SUPERSEDED, () -> {});
    }
    byte[] header = Records.header(key, head);
    batch.put(Table.HEADERS, key, header);
    batch.put(Table.ENTRIES, key, Records.entry(key, entry));
    return new Made<>(
        new PutResult.Kept(before),
        () -> {
          index.put(place, head, header.length);
          memory.put(place, entry);
        });
  }

  /** What is on disk at that place, as far as it can be read. */
  private Optional<EntryHead> stored(Place place, byte[] key) {
    return index.lacks(place)
        ? Optional.empty()
        : database.get(Table.HEADERS, key).flatMap(row -> head(key, row));
  }

  /** The index let go of an entry: it goes from disk too, unless it was stored again meanwhile. */
  private void evicted(Place place, RemovalCause cause) {
    Counts counted = counts(place.namespace());
    (cause == RemovalCause.EXPIRED ? counted.expired : counted.outgrown).increment();
    var _ = erasedUnlessKnown(place);
  }

  private CompletableFuture<Erasure> erasedUnlessKnown(Place place) {
    return erasing(place, batch -> index.knows(place) ? NOTHING : erase(batch, place));
  }

  /** Erases what the index let go of while it could not be erased. */
  void eraseLeftovers() {
    if (!leftovers || !index.complete()) {
      return;
    }
    leftovers = false;
    var erased = new ArrayList<CompletableFuture<Erasure>>();
    eachHeader(
        (key, row) -> {
          var place = new Place(Records.identityOf(key), Records.keyOf(key));
          if (!index.knows(place)) {
            erased.add(erasedUnlessKnown(place));
          }
        },
        () -> {
          erased.forEach(CompletableFuture::join);
          erased.clear();
        });
  }

  /** Keeps no more than that many bytes of entries on disk from now on. */
  void limit(long bytes) {
    index.limit(bytes);
  }

  /** Erases an entry, unless its header is another one by now. */
  private Made<Erasure> eraseIfStill(Batch batch, Place place, EntryHead head)
      throws RocksDBException {
    byte[] key = Records.entryKey(place.namespace(), place.key());
    boolean same =
        database
            .get(Table.HEADERS, key)
            .filter(row -> Arrays.equals(row, Records.header(key, head)))
            .isPresent();
    if (!same) {
      return NOTHING;
    }
    index.remove(place);
    return erase(batch, place);
  }

  private Made<Erasure> erase(Batch batch, Place place) throws RocksDBException {
    byte[] key = Records.entryKey(place.namespace(), place.key());
    batch.delete(Table.HEADERS, key);
    batch.delete(Table.ENTRIES, key);
    return new Made<>(Erasure.DONE, () -> memory.remove(place));
  }

  /** Empty, and counted, if the row is damaged. */
  private Optional<EntryHead> head(byte[] key, byte[] row) {
    return head(key, row, Records::headerIn);
  }

  private Optional<EntryHead> head(
      byte[] key, byte[] row, BiFunction<byte[], byte[], EntryHead> read) {
    try {
      return Optional.of(read.apply(key, row));
    } catch (Damaged e) {
      counts(Records.identityOf(key)).damaged.increment();
      return Optional.empty();
    }
  }

  private Counts counts(StoreIdentity namespace) {
    return counts.computeIfAbsent(namespace, n -> new Counts());
  }

  /** What went wrong in one namespace, and what it let go of. */
  private static final class Counts {
    private final LongAdder dropped = new LongAdder();
    private final LongAdder damaged = new LongAdder();
    private final LongAdder outgrown = new LongAdder();
    private final LongAdder expired = new LongAdder();
  }
}
