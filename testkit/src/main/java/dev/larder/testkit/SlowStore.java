package dev.larder.testkit;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.LeaseEvent;
import dev.larder.core.spi.Scheduler;
import dev.larder.core.spi.SharedLeases;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.spi.StoreException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A store as a process sees it: every operation takes its time to take effect and again to be
 * answered, operations of one key and of the log keep their order, some fail. What has not taken
 * effect when the process dies never does; what has taken effect stays, answered or not.
 */
public final class SlowStore {
  private static final int SLOWEST = 30;

  private final NamespaceStore store;
  private final InstantSource clock;
  private final Scheduler process;
  private final Random random;
  private final boolean failing;

  /** When the last operation on something takes effect, so that the next one comes after it. */
  private final Map<Object, Long> lastEffect = new HashMap<>();

  /**
   * A store as one process sees it.
   *
   * @param store what it has, which outlives the process
   * @param clock the time of the simulation
   * @param process the process: what has not taken effect when it is killed never does
   * @param random how long everything takes, and what fails
   * @param failing whether one operation in fifty fails, and one lease event in five is lost
   */
  public SlowStore(
      NamespaceStore store,
      InstantSource clock,
      Scheduler process,
      Random random,
      boolean failing) {
    this.store = store;
    this.clock = clock;
    this.process = process;
    this.random = random;
    this.failing = failing;
  }

  /** What an engine is opened over. */
  public NamespaceStore opened() {
    boolean shared = store.leases().shared();
    return new NamespaceStore(
        new Entries(),
        shared ? new SharedLog() : new Log(),
        shared ? new Leases() : SharedLeases.unshared(),
        clock);
  }

  private <T> CompletionStage<T> later(Object of, Supplier<CompletionStage<T>> operation) {
    long moment =
        Math.max(lastEffect.getOrDefault(of, 0L), clock.millis() + random.nextInt(SLOWEST));
    lastEffect.put(of, moment);
    var answer = new CompletableFuture<T>();
    process.after(
        moment - clock.millis(),
        () -> {
          CompletionStage<T> done = operation.get();
          process.after(
              random.nextInt(SLOWEST),
              () ->
                  done.whenComplete((result, failure) -> {
                    if (failure == null) {
                      answer.complete(result);
                    } else {
                      answer.completeExceptionally(failure);
                    }
                  }));
        });
    return answer;
  }

  private boolean fails() {
    return failing && random.nextInt(50) == 0;
  }

  private final class Entries implements EntryStore {
    @Override
    public CompletionStage<Optional<CacheEntry>> get(CacheKey key) {
      return later(key, () -> fails() ? failed() : store.entries().get(key));
    }

    @Override
    public CompletionStage<PutResult> put(CacheKey key, CacheEntry entry) {
      return later(
          key,
          () ->
              fails()
                  ? CompletableFuture.completedStage(PutResult.DROPPED)
                  : store.entries().put(key, entry));
    }

    @Override
    public CompletionStage<Void> remove(CacheKey key) {
      return later(key, () -> store.entries().remove(key));
    }

    @Override
    public CompletionStage<Long> removeIf(Predicate<EntryHead> useless) {
      return later(this, () -> store.entries().removeIf(useless));
    }

    @Override
    public CompletionStage<List<HotKey>> hottest(int count) {
      return later(new Object(), () -> fails() ? failed() : store.entries().hottest(count));
    }

    @Override
    public CompletionStage<Walk> walk(
        Optional<CacheKey> from, long millis, Predicate<EntryHead> visitor) {
      return later(
          new Object(), () -> fails() ? failed() : store.entries().walk(from, millis, visitor));
    }

    @Override
    public Stats stats() {
      return store.entries().stats();
    }
  }

  private class Log implements InvalidationLog {
    @Override
    public boolean exclusive() {
      return store.log().exclusive();
    }

    @Override
    public StoreIdentity identity() {
      return store.log().identity();
    }

    @Override
    public History follow(Consumer<Invalidation> subscriber) {
      return store.log().follow(subscriber);
    }

    @Override
    public CompletionStage<Invalidation> append(TagSet tags, long expire) {
      return later(this, () -> fails() ? failed() : store.log().append(tags, expire));
    }

    @Override
    public CompletionStage<Void> compact(Revision upTo, byte[] snapshot) {
      return later(this, () -> store.log().compact(upTo, snapshot));
    }
  }

  /** A log that others append to. */
  private final class SharedLog extends Log {
    @Override
    public CompletionStage<Void> catchUp() {
      return later(this, () -> fails() ? failed() : store.log().catchUp());
    }
  }

  private final class Leases implements SharedLeases {
    @Override
    public CompletionStage<Boolean> claim(
        CacheKey key, long lease, Revision asOf, Revision usefulFrom) {
      return later(
          this, () -> fails() ? failed() : store.leases().claim(key, lease, asOf, usefulFrom));
    }

    @Override
    public CompletionStage<Optional<Revision>> adopt(CacheKey key, long lease) {
      return later(this, () -> fails() ? failed() : store.leases().adopt(key, lease));
    }

    @Override
    public CompletionStage<Boolean> abandon(CacheKey key, long lease) {
      return later(this, () -> fails() ? failed() : store.leases().abandon(key, lease));
    }

    @Override
    public CompletionStage<Boolean> release(CacheKey key, long lease) {
      return later(this, () -> fails() ? failed() : store.leases().release(key, lease));
    }

    @Override
    public CompletionStage<Boolean> unshareable(CacheKey key, long lease) {
      return later(this, () -> fails() ? failed() : store.leases().unshareable(key, lease));
    }

    @Override
    public void stored(CacheKey key, long lease, Revision revision) {
      later(
          this,
          () -> {
            if (!fails()) {
              store.leases().stored(key, lease, revision);
            }
            return InvalidationLog.CURRENT;
          });
    }

    @Override
    public void listen(Consumer<LeaseEvent> listener) {
      store
          .leases()
          .listen(event -> {
            if (!failing || random.nextInt(5) > 0) {
              process.after(random.nextInt(SLOWEST), () -> listener.accept(event));
            }
          });
    }
  }

  private static <T> CompletionStage<T> failed() {
    return CompletableFuture.failedStage(new StoreException("the disk is full"));
  }
}
