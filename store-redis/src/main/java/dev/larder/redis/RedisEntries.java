package dev.larder.redis;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.EntryStore;
import dev.larder.redis.MemoryTier.Kept;
import dev.larder.redis.MemoryTier.Place;
import dev.larder.redis.Redis.Lane;
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
 * The entries of one history, spread over the store by their keys. What is in memory here is asked
 * for by its seal, so that it does not travel again, and is never served without having asked.
 */
final class RedisEntries implements EntryStore {
  private static final Logger LOG = System.getLogger(RedisEntries.class.getName());

  /** The longest an entry stays in the store, in ms: without an end, what is orphaned would. */
  private static final long LONGEST = 30L * 24 * 60 * 60 * 1000;

  private final Redis redis;
  private final MemoryTier memory;
  private final Names names;
  private final StoreIdentity identity;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final LongAdder dropped = new LongAdder();
  private final LongAdder damaged = new LongAdder();

  // Guarded by this.
  private CompletionStage<Void> walked = CompletableFuture.completedStage(null);
  private boolean walksAgain;

  RedisEntries(
      Redis redis,
      MemoryTier memory,
      Names names,
      StoreIdentity identity,
      InstantSource clock,
      RandomGenerator random) {
    this.redis = redis;
    this.memory = memory;
    this.names = names;
    this.identity = identity;
    this.clock = clock;
    this.random = random;
  }

  @Override
  public CompletionStage<Optional<CacheEntry>> get(CacheKey key) {
    var place = new Place(identity, key);
    byte[] name = names.entry(identity, key);
    return memory
        .get(place)
        .map(kept ->
            redis
                .send(Lane.VALUES, name, commands -> commands.getrange(name, 0, Values.SEAL - 1))
                .thenCompose(seal ->
                    Arrays.equals(seal, kept.seal())
                        ? CompletableFuture.completedFuture(Optional.of(kept.entry()))
                        : fetched(place, name)))
        .orElseGet(() -> fetched(place, name));
  }

  private CompletableFuture<Optional<CacheEntry>> fetched(Place place, byte[] name) {
    return redis
        .send(Lane.VALUES, name, commands -> commands.get(name))
        .thenApply(written -> {
          if (written == null) {
            memory.remove(place);
            return Optional.empty();
          }
          return read(place, written);
        });
  }

  private Optional<CacheEntry> read(Place place, byte[] written) {
    Optional<CacheEntry> entry = Values.entry(written);
    entry.ifPresentOrElse(
        intact -> memory.put(place, new Kept(Values.seal(written), intact)),
        () -> {
          memory.remove(place);
          damaged.increment();
        });
    return entry;
  }

  @Override
  public CompletionStage<Stored> put(CacheKey key, CacheEntry entry) {
    byte[] name = names.entry(identity, key);
    byte[] written = Values.written(entry, random.nextLong());
    return redis
        .run(
            Lane.VALUES,
            Script.PUT,
            new byte[][] {name},
            written,
            Names.bytes(entry.revision().toString()),
            Names.bytes(Long.toString(timeToLive(entry.life(), entry.age(clock.millis())))))
        .handle((stored, failure) -> {
          if (failure != null) {
            dropped.increment();
            return Stored.DROPPED;
          }
          if (stored.getFirst() instanceof Long one && one == 0) {
            return Stored.SUPERSEDED;
          }
          memory.put(new Place(identity, key), new Kept(Values.seal(written), entry));
          return new Stored.Kept(Values.head(key, (byte[]) stored.get(1)));
        });
  }

  private static long timeToLive(CacheLife life, long age) {
    return life.expire() == CacheLife.NEVER
        ? LONGEST
        : Math.clamp(life.expire() * 1000 - age, 1, LONGEST);
  }

  @Override
  public CompletionStage<Void> remove(CacheKey key) {
    byte[] name = names.entry(identity, key);
    return redis
        .send(Lane.VALUES, name, commands -> commands.unlink(name))
        .thenAccept(removed -> memory.remove(new Place(identity, key)));
  }

  /** Walks past everything in the store: whoever waits for it, waits long. */
  @Override
  public CompletionStage<Long> removeIf(Predicate<EntryHead> useless) {
    return new Walk(redis, memory, names, identity, useless).begin();
  }

  /**
   * Completes at once, and then walks past everything in the store: one walk at a time, and one
   * more if it was asked for meanwhile.
   */
  @Override
  public synchronized CompletionStage<OptionalLong> purge(Predicate<EntryHead> useless) {
    if (!walksAgain) {
      walksAgain = true;
      walked = walked.thenCompose(before -> walk(useless));
    }
    return CompletableFuture.completedStage(OptionalLong.empty());
  }

  private CompletionStage<Void> walk(Predicate<EntryHead> useless) {
    synchronized (this) {
      walksAgain = false;
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

  /** What the copy here has, if there is one: what is stored may have been replaced. */
  @Override
  public long size(CacheKey key) {
    return memory.size(new Place(identity, key));
  }

  @Override
  public CompletionStage<List<HotKey>> hottest(int count) {
    return CompletableFuture.completedStage(memory.hottest(identity, count));
  }

  /** What this server has in memory: a store that many share does not count for each. */
  @Override
  public Stats stats() {
    MemoryTier.Size size = memory.size(identity);
    return new Stats(size.entries(), size.bytes(), dropped.sum(), damaged.sum());
  }
}
