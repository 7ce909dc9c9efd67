package dev.larder.core.engine;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import dev.larder.core.spi.EntryStore;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Entries whose reads and writes take effect, or are answered, when the test says so, and fail when
 * it says so: what a slow or broken disk does.
 */
final class HeldEntries implements EntryStore {
  private final EntryStore entries;
  private final Queue<Held> held = new ArrayDeque<>();
  private Holding holding = Holding.NOTHING;
  private Optional<RuntimeException> failure = Optional.empty();

  HeldEntries(EntryStore entries) {
    this.entries = entries;
  }

  /** What is to be done with an operation that is held. */
  private record Held(Runnable let, Consumer<Throwable> fail) {}

  private enum Holding {
    NOTHING,
    ANSWERS,
    EFFECTS
  }

  /** How many operations are held. */
  int held() {
    return held.size();
  }

  /** Holds every operation from now on. */
  void hold() {
    holding = Holding.EFFECTS;
  }

  /** Lets every operation from now on take effect, and holds its answer. */
  void holdAnswers() {
    holding = Holding.ANSWERS;
  }

  /** Holds nothing that is asked from now on. */
  void pass() {
    holding = Holding.NOTHING;
  }

  /** Lets go of what is held longest. */
  void letOne() {
    held.remove().let().run();
  }

  /** Holds no more, and lets go of everything held. */
  void letAll() {
    pass();
    while (!held.isEmpty()) {
      letOne();
    }
  }

  /** Fails what is held longest; if it has had no effect yet, it never has one. */
  void failOne() {
    held.remove().fail().accept(new IllegalStateException("the disk is gone"));
  }

  /** Fails every operation from now on. */
  void fail() {
    failure = Optional.of(new IllegalStateException("the disk is gone"));
  }

  /** Fails nothing from now on. */
  void recover() {
    failure = Optional.empty();
  }

  @Override
  public CompletionStage<Optional<CacheEntry>> get(CacheKey key) {
    return later(() -> entries.get(key));
  }

  @Override
  public Optional<CacheEntry> atHand(CacheKey key) {
    return failure.isEmpty() && holding == Holding.NOTHING ? entries.atHand(key) : Optional.empty();
  }

  @Override
  public long size(CacheKey key) {
    return entries.size(key);
  }

  @Override
  public CompletionStage<PutResult> put(CacheKey key, CacheEntry entry) {
    return later(() -> entries.put(key, entry));
  }

  @Override
  public CompletionStage<Void> remove(CacheKey key) {
    return later(() -> entries.remove(key));
  }

  @Override
  public CompletionStage<Long> removeIf(Predicate<EntryHead> useless) {
    return later(() -> entries.removeIf(useless));
  }

  @Override
  public CompletionStage<List<HotKey>> hottest(int count) {
    return later(() -> entries.hottest(count));
  }

  @Override
  public CompletionStage<Walk> walk(
      Optional<CacheKey> from, long millis, Predicate<EntryHead> visitor) {
    return later(() -> entries.walk(from, millis, visitor));
  }

  @Override
  public boolean ordered() {
    return entries.ordered();
  }

  @Override
  public Stats stats() {
    return entries.stats();
  }

  private <T> CompletionStage<T> later(Supplier<CompletionStage<T>> operation) {
    if (failure.isPresent()) {
      return CompletableFuture.failedStage(failure.orElseThrow());
    }
    var result = new CompletableFuture<T>();
    switch (holding) {
      case NOTHING -> {
        return operation.get();
      }
      case ANSWERS -> {
        CompletionStage<T> done = operation.get();
        held.add(new Held(() -> done.thenAccept(result::complete), result::completeExceptionally));
      }
      case EFFECTS ->
          held.add(
              new Held(
                  () -> operation.get().thenAccept(result::complete),
                  result::completeExceptionally));
    }
    return result;
  }
}
