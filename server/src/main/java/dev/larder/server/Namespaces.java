package dev.larder.server;

import dev.larder.core.Cache;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Limits;
import dev.larder.core.Namespace;
import dev.larder.core.spi.Scheduler;
import dev.larder.core.spi.Store;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** The caches of a server, one per namespace, each opened by its first use. */
public final class Namespaces {
  private final ConcurrentHashMap<Namespace, CompletableFuture<Cache>> open =
      new ConcurrentHashMap<>();
  private final Store store;
  private final Scheduler scheduler;
  private final RandomGenerator random;
  private final Limits limits;
  private final int most;

  /**
   * The namespaces of a store.
   *
   * @param most how many may exist
   */
  public Namespaces(
      Store store, Scheduler scheduler, RandomGenerator random, Limits limits, int most) {
    this.store = store;
    this.scheduler = scheduler;
    this.random = random;
    this.limits = limits;
    this.most = most;
  }

  /**
   * The cache of a namespace. The stage fails with {@link InvalidValueException} if there are too
   * many, and with {@link dev.larder.core.spi.StoreException} if it cannot be opened.
   */
  public CompletionStage<Cache> cache(Namespace namespace) {
    CompletableFuture<Cache> found = open.get(namespace);
    return found != null && usable(found)
        ? found
        : list().thenCompose(existing -> opening(namespace, existing));
  }

  /** Opens namespaces one after the other, so that no two become one too many. */
  private synchronized CompletionStage<Cache> opening(
      Namespace namespace, List<Namespace> existing) {
    if (!open.containsKey(namespace)) {
      var known = new HashSet<>(existing);
      known.addAll(open.keySet());
      if (!known.contains(namespace) && known.size() >= most) {
        return CompletableFuture.failedStage(
            new InvalidValueException(
                "namespace '%s' would be one more than the %d allowed".formatted(namespace, most)));
      }
    }
    return open.compute(
        namespace, (name, current) -> current != null && usable(current) ? current : opened(name));
  }

  /** False for what could not be opened, and for a history that is over. */
  private static boolean usable(CompletableFuture<Cache> cache) {
    return !cache.isDone() || (!cache.isCompletedExceptionally() && !cache.join().closed());
  }

  /** Every namespace that exists, by name. */
  public CompletionStage<List<Namespace>> list() {
    return store.namespaces();
  }

  /** False while the store cannot do what it is asked. */
  public boolean ready() {
    return store.ready();
  }

  /**
   * Deletes a namespace and everything in it. Whoever is connected to it is told to go, and finds a
   * new history under its name.
   *
   * @return completes with false if there is none
   */
  public CompletionStage<Boolean> delete(Namespace namespace) {
    return store
        .delete(namespace)
        .thenApply(deleted -> {
          CompletableFuture<Cache> cache = open.remove(namespace);
          if (cache != null) {
            var _ = cache.thenAccept(Cache::close);
          }
          return deleted;
        });
  }

  private CompletableFuture<Cache> opened(Namespace namespace) {
    return store
        .open(namespace)
        .thenApply(opened -> Cache.over(opened, scheduler, random, limits))
        .toCompletableFuture();
  }
}
