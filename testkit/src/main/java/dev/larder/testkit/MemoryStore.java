package dev.larder.testkit;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.SharedLeases;
import dev.larder.core.spi.Store;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * A store in memory, complete and unbounded: the simplest thing that passes the contracts. What it
 * holds outlives the engines opened over it, as a disk outlives a process.
 *
 * <p>Every stage it returns is complete already, so an engine over it runs in the caller's thread:
 * tests are in step with it. It is for one engine at a time, and shares no leases.
 */
public final class MemoryStore implements Store {
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Map<Namespace, NamespaceStore> namespaces = new HashMap<>();

  /**
   * An empty store.
   *
   * @param clock the time of its namespaces, by which deadlines are computed
   * @param random what store identities are born of: the same seed makes the same ones
   */
  public MemoryStore(InstantSource clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  @Override
  public synchronized CompletionStage<NamespaceStore> open(Namespace namespace) {
    return CompletableFuture.completedStage(
        namespaces.computeIfAbsent(
            namespace,
            n ->
                new NamespaceStore(
                    new MemoryEntries(),
                    new MemoryLog(clock, random),
                    SharedLeases.unshared(),
                    clock)));
  }

  @Override
  public synchronized CompletionStage<List<Namespace>> namespaces() {
    return CompletableFuture.completedStage(
        namespaces.keySet().stream().sorted(Comparator.comparing(Namespace::name)).toList());
  }

  /**
   * Forgets a namespace. The stores of it that are open are not notified, and go on with what they
   * have.
   */
  @Override
  public synchronized CompletionStage<Boolean> delete(Namespace namespace) {
    return CompletableFuture.completedStage(namespaces.remove(namespace) != null);
  }

  /** Always: there is nothing that could be away. */
  @Override
  public boolean ready() {
    return true;
  }

  /** Does nothing: what is stored stays, for the next engine. */
  @Override
  public void close() {}

  /** Entries in a map, with their values as they were put. */
  private static final class MemoryEntries implements EntryStore {
    private final ConcurrentHashMap<CacheKey, CacheEntry> entries = new ConcurrentHashMap<>();

    @Override
    public CompletionStage<Optional<CacheEntry>> get(CacheKey key) {
      return CompletableFuture.completedStage(Optional.ofNullable(entries.get(key)));
    }

    @Override
    public Optional<CacheEntry> atHand(CacheKey key) {
      return Optional.ofNullable(entries.get(key));
    }

    @Override
    public long size(CacheKey key) {
      CacheEntry entry = entries.get(key);
      return entry == null ? 0 : entry.value().length;
    }

    @Override
    public CompletionStage<PutResult> put(CacheKey key, CacheEntry entry) {
      var outcome = new PutResult[] {new PutResult.Kept(Optional.empty())};
      entries.merge(
          key,
          entry,
          (old, put) -> {
            boolean newer = old.revision().isAfter(put.revision());
            outcome[0] =
                newer
                    ? PutResult.SUPERSEDED
                    : new PutResult.Kept(Optional.of(EntryHead.of(key, old)));
            return newer ? old : put;
          });
      return CompletableFuture.completedStage(outcome[0]);
    }

    @Override
    public CompletionStage<Void> remove(CacheKey key) {
      entries.remove(key);
      return CompletableFuture.completedStage(null);
    }

    @Override
    public CompletionStage<Long> removeIf(Predicate<EntryHead> useless) {
      long removed = 0;
      for (Map.Entry<CacheKey, CacheEntry> stored : entries.entrySet()) {
        if (useless.test(EntryHead.of(stored.getKey(), stored.getValue()))
            && entries.remove(stored.getKey(), stored.getValue())) {
          removed++;
        }
      }
      return CompletableFuture.completedStage(removed);
    }

    /** Takes no time, so that none is up. */
    @Override
    public CompletionStage<Walk> walk(
        Optional<CacheKey> from, long millis, Predicate<EntryHead> visitor) {
      long examined = 0;
      for (CacheKey key : new TreeSet<>(entries.keySet())) {
        CacheEntry entry = entries.get(key);
        if (entry != null && from.filter(first -> key.compareTo(first) < 0).isEmpty()) {
          examined++;
          if (!visitor.test(EntryHead.of(key, entry))) {
            return CompletableFuture.completedStage(new Walk(examined, false));
          }
        }
      }
      return CompletableFuture.completedStage(new Walk(examined, true));
    }

    @Override
    public boolean ordered() {
      return true;
    }

    /** Any keys: nothing is known of how much they are read. */
    @Override
    public CompletionStage<List<HotKey>> hottest(int count) {
      return CompletableFuture.completedStage(
          entries.entrySet().stream()
              .limit(count)
              .map(stored -> new HotKey(stored.getKey(), stored.getValue().value().length))
              .toList());
    }

    @Override
    public Stats stats() {
      long bytes = entries.values().stream().mapToLong(entry -> entry.value().length).sum();
      return new Stats(entries.size(), bytes, 0, 0, 0, 0);
    }
  }

  /** A log in a list. Its one follower is called under its lock, in the thread that appends. */
  private static final class MemoryLog implements InvalidationLog {
    private final InstantSource clock;
    private final StoreIdentity identity;
    private final List<Invalidation> after = new ArrayList<>();
    private Optional<byte[]> snapshot = Optional.empty();
    private Consumer<Invalidation> subscriber = invalidation -> {};
    private long revision;

    private final List<AuditedInvalidation> audit = new ArrayList<>();

    MemoryLog(InstantSource clock, RandomGenerator random) {
      this.clock = clock;
      this.identity = StoreIdentity.born(random);
    }

    @Override
    public StoreIdentity identity() {
      return identity;
    }

    @Override
    public boolean exclusive() {
      return true;
    }

    @Override
    public synchronized History follow(Consumer<Invalidation> follower) {
      subscriber = follower;
      return new History(snapshot, List.copyOf(after));
    }

    @Override
    public synchronized CompletionStage<Invalidation> append(TagSet tags, long expire) {
      return append(tags, expire, InvalidationSource.NONE);
    }

    @Override
    public synchronized CompletionStage<List<AuditedInvalidation>> audited(
        Revision before, int most) {
      return CompletableFuture.completedStage(
          audit.reversed().stream()
              .filter(each -> before.isAfter(each.invalidation().revision()))
              .limit(most)
              .toList());
    }

    @Override
    public synchronized CompletionStage<Invalidation> append(
        TagSet tags, long expire, InvalidationSource source) {
      var invalidation =
          new Invalidation(
              new Revision(++revision), tags, Invalidation.deadline(expire, clock.millis()));
      after.add(invalidation);
      if (source.via() != InvalidationSource.Via.SERVER) {
        audit.add(AuditedInvalidation.of(invalidation, clock.millis(), source));
      }
      subscriber.accept(invalidation);
      return CompletableFuture.completedStage(invalidation);
    }

    @Override
    public synchronized CompletionStage<Void> compact(Revision upTo, byte[] kept) {
      snapshot = Optional.of(kept);
      after.removeIf(invalidation -> !invalidation.revision().isAfter(upTo));
      return CompletableFuture.completedStage(null);
    }
  }
}
