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
    if (found != null && !found.isCompletedExceptionally()) {
      return found;
    }
    return opening(namespace);
  }

  /** Opens namespaces one after the other, so that no two become one too many. */
  private synchronized CompletionStage<Cache> opening(Namespace namespace) {
    if (!open.containsKey(namespace)) {
      var existing = new HashSet<>(store.namespaces());
      existing.addAll(open.keySet());
      if (!existing.contains(namespace) && existing.size() >= most) {
        return CompletableFuture.failedStage(
            new InvalidValueException(
                "namespace '%s' would be one more than the %d allowed".formatted(namespace, most)));
      }
    }
    return open.compute(
        namespace,
        (name, current) ->
            current != null && !current.isCompletedExceptionally() ? current : opened(name));
  }

  /** Every namespace that exists, by name. */
  public List<Namespace> list() {
    return store.namespaces();
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
        .thenApply(opened -> Cache.over(opened, store.clock(), scheduler, random, limits))
        .toCompletableFuture();
  }
}
