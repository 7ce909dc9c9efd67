package dev.larder.redis.store;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.EntryStore;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import dev.larder.redis.store.LocalCopies.Copy;
import dev.larder.redis.store.LocalCopies.Location;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * The entries of one history, spread over the store by their keys. Of an entry with a copy in this
 * server only the seal is read: the value does not travel again, and a copy is never served without
 * having asked the store.
 */
final class RedisEntries implements EntryStore {
  private static final Logger LOG = System.getLogger(RedisEntries.class.getName());

  /** The longest an entry stays in the store, in ms: one of a lost history would stay for good. */
  private static final long LONGEST = 30L * 24 * 60 * 60 * 1000;

  private final RedisClient redis;
  private final LocalCopies copies;
  private final Names names;
  private final StoreIdentity identity;
  private final InstantSource clock;
  private final RandomGenerator random;

  /** How many puts the store could not take. */
  private final LongAdder dropped = new LongAdder();

  /** How many entries could not be read. */
  private final LongAdder damaged = new LongAdder();

  // Guarded by this.
  /** Completes once the last scan is over. */
  private CompletionStage<Void> scanned = CompletableFuture.completedStage(null);

  /** Whether a scan waits for the one that is under way. */
  private boolean scanWaits;

  /**
   * The entries of a history.
   *
   * @param copies the copies of this server, of all histories
   * @param names the names of the namespace
   * @param identity the history
   * @param clock the store's clock
   * @param random makes seals
   */
  RedisEntries(
      RedisClient redis,
      LocalCopies copies,
      Names names,
      StoreIdentity identity,
      InstantSource clock,
      RandomGenerator random) {
    this.redis = redis;
    this.copies = copies;
    this.names = names;
    this.identity = identity;
    this.clock = clock;
    this.random = random;
  }

  /**
   * The entry of a key: the copy here if the store has its seal, or else what the store has. A
   * damaged entry, or one of another format, is none.
   *
   * @return fails with a {@link dev.larder.core.spi.StoreException} if the store does not reply
   */
  @Override
  public CompletionStage<Optional<CacheEntry>> get(CacheKey key) {
    var location = new Location(identity, key);
    byte[] name = names.entry(identity, key);
    return copies
        .get(location)
        .map(copy ->
            redis
                .send(Traffic.BULK, name, commands -> commands.getrange(name, 0, Values.SEAL - 1))
                .thenCompose(seal ->
                    Arrays.equals(seal, copy.seal())
                        ? CompletableFuture.completedFuture(Optional.of(copy.entry()))
                        : fetched(location, name)))
        .orElseGet(() -> fetched(location, name));
  }

  /** Reads the whole entry, and keeps a copy. */
  private CompletableFuture<Optional<CacheEntry>> fetched(Location location, byte[] name) {
    return redis
        .send(Traffic.BULK, name, commands -> commands.get(name))
        .thenApply(written -> {
          if (written == null) {
            copies.remove(location);
            return Optional.empty();
          }
          return read(location, written);
        });
  }

  /** The entry in the bytes that the store has; keeps a copy, or drops it if they are damaged. */
  private Optional<CacheEntry> read(Location location, byte[] written) {
    Optional<CacheEntry> entry = Values.entry(written);
    entry.ifPresentOrElse(
        intact -> copies.put(location, new Copy(Values.seal(written), intact)),
        () -> {
          copies.remove(location);
          damaged.increment();
        });
    return entry;
  }

  /**
   * Stores an entry, in one step with the look at what it replaces. It expires in the store with
   * its life, or after 30 days.
   *
   * @return completes with {@link PutResult#DROPPED} if the store does not reply or refuses
   */
  @Override
  public CompletionStage<PutResult> put(CacheKey key, CacheEntry entry) {
    byte[] name = names.entry(identity, key);
    byte[] written = Values.written(entry, random.nextLong());
    return redis
        .run(
            Traffic.BULK,
            Scripts.PUT,
            new byte[][] {name},
            written,
            Names.bytes(entry.revision().toString()),
            Names.bytes(Long.toString(timeToLive(entry.life(), entry.age(clock.millis())))))
        .handle((stored, failure) -> {
          if (failure != null) {
            dropped.increment();
            return PutResult.DROPPED;
          }
          if (stored.getFirst() instanceof Long one && one == 0) {
            return PutResult.SUPERSEDED;
          }
          copies.put(new Location(identity, key), new Copy(Values.seal(written), entry));
          return new PutResult.Kept(Values.head(key, (byte[]) stored.get(1)));
        });
  }

  /**
   * How long an entry stays in the store, in ms.
   *
   * @param life its life, in s
   * @param age how long ago its generation began, in ms
   */
  private static long timeToLive(CacheLife life, long age) {
    return life.expire() == CacheLife.NEVER
        ? LONGEST
        : Math.clamp(life.expire() * 1000 - age, 1, LONGEST);
  }

  @Override
  public CompletionStage<Void> remove(CacheKey key) {
    byte[] name = names.entry(identity, key);
    return redis
        .send(Traffic.BULK, name, commands -> commands.unlink(name))
        .thenAccept(removed -> copies.remove(new Location(identity, key)));
  }

  /** Scans all keys of the database, which takes long. */
  @Override
  public CompletionStage<Long> removeIf(Predicate<EntryHead> useless) {
    return new EntryRemoval(redis, copies, names, identity, useless).run();
  }

  /**
   * Completes at once, and scans all keys of the database in the background: one scan at a time,
   * and one more if there were calls meanwhile.
   */
  @Override
  public synchronized CompletionStage<OptionalLong> purge(Predicate<EntryHead> useless) {
    if (!scanWaits) {
      scanWaits = true;
      scanned = scanned.thenCompose(before -> scan(useless));
    }
    return CompletableFuture.completedStage(OptionalLong.empty());
  }

  /** Scans once, and logs how many entries went. */
  private CompletionStage<Void> scan(Predicate<EntryHead> useless) {
    synchronized (this) {
      scanWaits = false;
    }
    return removeIf(useless)
        .handle((removed, failure) -> {
          if (failure == null) {
            LOG.log(
                Level.INFO,
                "namespace ''{0}'': {1} entries that nobody could be given were removed",
                names.namespace(),
                removed);
          } else {
            LOG.log(
                Level.WARNING,
                "namespace '%s': not all entries that nobody can be given could be removed; they go when they expire"
                    .formatted(names.namespace()),
                failure);
          }
          return null;
        });
  }

  /** Nothing: entries go by their time to live, and by the store's own eviction. */
  @Override
  public CompletionStage<Long> sweep(Predicate<EntryHead> useless) {
    return CompletableFuture.completedStage(0L);
  }

  /** Scans all keys of the database, as far as that goes in its time; in any order. */
  @Override
  public CompletionStage<Walk> walk(
      Optional<CacheKey> from, long millis, Predicate<EntryHead> visitor) {
    return new EntryWalk(redis, names, identity, millis, visitor).run();
  }

  /** The size of the copy here, if there is one: what is stored may have been replaced. */
  @Override
  public long size(CacheKey key) {
    return copies.size(new Location(identity, key));
  }

  @Override
  public CompletionStage<List<HotKey>> hottest(int count) {
    return CompletableFuture.completedStage(copies.hottest(identity, count));
  }

  /** The copies of this server: a store that many share does not count for each of them. */
  @Override
  public Stats stats() {
    LocalCopies.Size size = copies.size(identity);
    return new Stats(size.entries(), size.bytes(), dropped.sum(), damaged.sum(), 0, 0);
  }
}
