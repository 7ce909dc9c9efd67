package dev.larder.server.session;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.Scheduler;
import dev.larder.core.spi.Store;
import dev.larder.server.events.EventLog;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * The caches of a server, one per namespace, each opened by its first use.
 *
 * <p>A name is enough to open a namespace, so names that nobody uses must not fill the server: what
 * was opened, holds nothing and is followed by nobody is deleted after a minute or two, and at
 * once, at most once a minute, when somebody opens one more than there may be. Deleting loses
 * nothing: the next who uses the name finds an empty history. Safe for use by many threads.
 */
public final class Namespaces {
  /** How long a namespace may be empty, and how often room is looked for. */
  private static final Duration TIDY_AGAIN = Duration.ofMinutes(1);

  /** How long somebody waits for room to be made, who opens one more than there may be. */
  private static final Duration ROOM_WITHIN = Duration.ofSeconds(2);

  /** A cache that could not be opened, or whose history is over, is replaced at the next use. */
  private final ConcurrentHashMap<Namespace, CompletableFuture<Cache>> open =
      new ConcurrentHashMap<>();

  private final Store store;
  private final Scheduler scheduler;
  private final RandomGenerator random;
  private final Limits limits;
  private final int most;

  /**
   * Over a shared store other servers may use what is unused here; then the store is asked, too.
   */
  private final boolean alone;

  private final Function<Namespace, CacheObserver> observers;
  private final EventLog events;

  /** The processes that talk to each. */
  private final ConcurrentHashMap<Namespace, Fleet> fleets = new ConcurrentHashMap<>();

  /** When room was looked for last, in ns. */
  private long tidied = System.nanoTime() - TIDY_AGAIN.toNanos();

  /** Those in which nothing was when they were last looked at. */
  private Set<Namespace> seenUnused = Set.of();

  /**
   * The namespaces of a store.
   *
   * @param most how many may exist
   * @param alone whether nobody else has this store, so that what is unused here is unused
   * @param observers who is called with what the cache of a namespace does
   * @param events is told what people want to know of it
   */
  public Namespaces(
      Store store,
      Scheduler scheduler,
      RandomGenerator random,
      Limits limits,
      int most,
      boolean alone,
      Function<Namespace, CacheObserver> observers,
      EventLog events) {
    this.observers = observers;
    this.events = events;
    this.store = store;
    this.scheduler = scheduler;
    this.random = random;
    this.limits = limits;
    this.most = most;
    this.alone = alone;
    scheduler.after(TIDY_AGAIN.toMillis(), this::tidyLater);
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

  /** Opens a namespace, after it has looked for room if there is none. */
  private CompletionStage<Cache> withRoom(Namespace namespace, List<Namespace> existing) {
    boolean full = existing.size() >= most && !existing.contains(namespace);
    if (!full || !mayTidy()) {
      return opening(namespace, existing);
    }
    return unused(existing)
        .thenCompose(this::deleteEmpty)
        .toCompletableFuture()
        .completeOnTimeout(null, ROOM_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
        .thenCompose(tidied -> list())
        .thenCompose(left -> opening(namespace, left));
  }

  /** Those in which nothing is, as far as this server sees. */
  private CompletionStage<Set<Namespace>> unused(List<Namespace> existing) {
    Set<Namespace> unused = ConcurrentHashMap.newKeySet();
    if (!alone) {
      existing.stream().filter(each -> !isUsed(each)).forEach(unused::add);
      return CompletableFuture.completedStage(unused);
    }
    return CompletableFuture.allOf(
            existing.stream()
                .map(each -> opening(each, existing))
                .map(stage -> stage.exceptionally(failure -> null).toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .thenApply(opened -> {
          existing.stream().filter(this::isUnused).forEach(unused::add);
          return unused;
        });
  }

  /** Deletes those in which nobody else has put anything either. */
  private CompletionStage<Void> deleteEmpty(Set<Namespace> unused) {
    return store
        .empty(unused)
        .thenCompose(empty ->
            CompletableFuture.allOf(
                empty.stream()
                    .filter(each -> !isUsed(each))
                    .map(each -> delete(each).exceptionally(failure -> false))
                    .map(CompletionStage::toCompletableFuture)
                    .toArray(CompletableFuture[]::new)));
  }

  /** True for one that is open here and holds something, or is followed. */
  private boolean isUsed(Namespace namespace) {
    CompletableFuture<Cache> cache = open.get(namespace);
    return cache != null && usable(cache) && !isUnused(cache);
  }

  /** True for one that is open here and holds nothing. */
  private boolean isUnused(Namespace namespace) {
    CompletableFuture<Cache> cache = open.get(namespace);
    return cache != null && usable(cache) && isUnused(cache);
  }

  private static boolean isUnused(CompletableFuture<Cache> cache) {
    return cache.isDone() && cache.join().unused();
  }

  private synchronized boolean mayTidy() {
    long now = System.nanoTime();
    boolean may = now - tidied >= TIDY_AGAIN.toNanos();
    tidied = may ? now : tidied;
    return may;
  }

  /** Deletes namespaces that were opened, and in which nothing ever was. */
  private void tidyLater() {
    CompletionStage<Void> tidied = CompletableFuture.completedStage(null);
    try {
      tidied = tidy();
    } finally {
      tidied.whenComplete(
          (done, failure) -> scheduler.after(TIDY_AGAIN.toMillis(), this::tidyLater));
    }
  }

  private CompletionStage<Void> tidy() {
    Set<Namespace> before = seenUnused;
    seenUnused = open.keySet().stream().filter(this::isUnused).collect(Collectors.toSet());
    Set<Namespace> still = new HashSet<>(seenUnused);
    still.retainAll(before);
    return still.isEmpty() ? CompletableFuture.completedStage(null) : deleteEmpty(still);
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

  /** The cache of a namespace that is open here: the store is not asked for it. */
  public Optional<Cache> inUse(Namespace namespace) {
    return Optional.ofNullable(open.get(namespace))
        .filter(cache -> cache.state() == Future.State.SUCCESS && usable(cache))
        .map(CompletableFuture::join);
  }

  /** The processes that talk to a namespace. */
  public Fleet fleet(Namespace namespace) {
    return fleets.computeIfAbsent(namespace, name -> new Fleet(name, events));
  }

  /** The builds whose processes talk to this server, as far as they say one. */
  Set<FleetBuild> builds() {
    return fleets.entrySet().stream()
        .flatMap(fleet ->
            fleet.getValue().members().stream()
                .map(member -> member.identity().build())
                .filter(build -> !build.isEmpty())
                .map(build -> new FleetBuild(fleet.getKey(), build)))
        .collect(Collectors.toSet());
  }

  /**
   * The caches that are open here.
   *
   * <p>A copy; of those being opened none is in it.
   */
  public Map<Namespace, Cache> inUse() {
    var inUse = new HashMap<Namespace, Cache>();
    open.forEach((namespace, cache) -> {
      if (cache.state() == Future.State.SUCCESS && usable(cache)) {
        inUse.put(namespace, cache.join());
      }
    });
    return inUse;
  }

  /**
   * Every namespace that exists, by name.
   *
   * <p>Fails with {@link dev.larder.core.spi.StoreException} if the store cannot be asked.
   */
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
          fleets.remove(namespace);
          return deleted;
        });
  }

  private CompletableFuture<Cache> opened(Namespace namespace) {
    return store
        .open(namespace)
        .thenApply(opened ->
            Cache.over(
                opened,
                scheduler,
                random,
                limits,
                new NamespaceEvents(
                    observers.apply(namespace), namespace, events, opened.log(), scheduler)))
        .toCompletableFuture();
  }
}
