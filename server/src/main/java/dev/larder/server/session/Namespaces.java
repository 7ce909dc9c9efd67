package dev.larder.server.session;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.Scheduler;
import dev.larder.core.spi.Store;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** The caches of a server, one per namespace, each opened by its first use. */
public final class Namespaces {
  /** How long a namespace may be empty, and how often room is looked for. */
  private static final Duration TIDY_AGAIN = Duration.ofMinutes(1);

  private final ConcurrentHashMap<Namespace, CompletableFuture<Cache>> open =
      new ConcurrentHashMap<>();
  private final Store store;
  private final Scheduler scheduler;
  private final RandomGenerator random;
  private final Limits limits;
  private final int most;
  private final boolean alone;

  /** When room was looked for last, in ns. */
  private long tidied = System.nanoTime() - TIDY_AGAIN.toNanos();

  /** Those in which nothing was when they were last looked at. */
  private Set<Namespace> unused = Set.of();

  /**
   * The namespaces of a store.
   *
   * @param most how many may exist
   * @param alone whether nobody else has this store, so that what is unused here is unused
   */
  public Namespaces(
      Store store,
      Scheduler scheduler,
      RandomGenerator random,
      Limits limits,
      int most,
      boolean alone) {
    this.store = store;
    this.scheduler = scheduler;
    this.random = random;
    this.limits = limits;
    this.most = most;
    this.alone = alone;
    if (alone) {
      scheduler.after(TIDY_AGAIN.toMillis(), this::tidyLater);
    }
  }

  /**
   * The cache of a namespace. The stage fails with {@link InvalidValueException} if there are too
   * many, and with {@link dev.larder.core.spi.StoreException} if it cannot be opened.
   */
  public CompletionStage<Cache> cache(Namespace namespace) {
    CompletableFuture<Cache> found = open.get(namespace);
    return found != null && usable(found)
        ? found
        : list().thenCompose(existing -> withRoom(namespace, existing));
  }

  private CompletionStage<Cache> withRoom(Namespace namespace, List<Namespace> existing) {
    boolean full = existing.size() >= most && !existing.contains(namespace);
    if (!full || !alone || !mayTidy()) {
      return opening(namespace, existing);
    }
    return CompletableFuture.allOf(
            existing.stream()
                .map(each -> opening(each, existing).thenCompose(cache -> tidied(each, cache)))
                .map(stage -> stage.exceptionally(failure -> false).toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .thenCompose(tidied -> list())
        .thenCompose(left -> opening(namespace, left));
  }

  private CompletionStage<Boolean> tidied(Namespace namespace, Cache cache) {
    return cache.unused() ? delete(namespace) : CompletableFuture.completedStage(false);
  }

  private synchronized boolean mayTidy() {
    long now = System.nanoTime();
    boolean may = now - tidied >= TIDY_AGAIN.toNanos();
    tidied = may ? now : tidied;
    return may;
  }

  /** Lets go of namespaces that were opened, and in which nothing ever was. */
  private void tidyLater() {
    try {
      tidy();
    } finally {
      scheduler.after(TIDY_AGAIN.toMillis(), this::tidyLater);
    }
  }

  private void tidy() {
    Set<Namespace> before = unused;
    unused = new HashSet<>();
    open.forEach((namespace, cache) -> {
      if (usable(cache) && cache.isDone() && cache.join().unused()) {
        unused.add(namespace);
        if (before.contains(namespace)) {
          var _ = delete(namespace);
        }
      }
    });
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
   * Deletes a namespace and everything in it. Connections to it are closed; whoever connects again
   * finds a new history under its name.
   *
   * @return completes with false if there is none
   */
  public CompletionStage<Boolean> delete(Namespace namespace) {
    return store
        .delete(namespace)
        .thenApply(deleted -> {
          // The end of its history has closed its cache. Another one may be open by now.
          open.computeIfPresent(namespace, (name, cache) -> usable(cache) ? cache : null);
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
