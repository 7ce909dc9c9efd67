package dev.larder.core.engine;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import dev.larder.core.spi.LeaseEvent;
import dev.larder.core.spi.SharedLeases;
import dev.larder.core.spi.StoreException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Leases of several servers that take effect in order, and are answered when the test says so; or
 * that nobody can be asked for. What a slow or broken network does.
 */
final class HeldLeases implements SharedLeases {
  private final SharedLeases leases;
  private CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);
  private boolean failing;

  HeldLeases(SharedLeases leases) {
    this.leases = leases;
  }

  /** Holds the answers of everything asked from now on. */
  void hold() {
    gate = new CompletableFuture<>();
  }

  /** Lets go of all answers that are held. */
  void let() {
    gate.complete(null);
  }

  /** Nothing that is asked from now on reaches the others. */
  void fail() {
    failing = true;
  }

  /** Everything that is asked from now on reaches the others. */
  void recover() {
    failing = false;
  }

  @Override
  public CompletionStage<Boolean> claim(
      CacheKey key, long lease, Revision asOf, Revision usefulFrom) {
    return asked(() -> leases.claim(key, lease, asOf, usefulFrom));
  }

  @Override
  public CompletionStage<Optional<Revision>> adopt(CacheKey key, long lease) {
    return asked(() -> leases.adopt(key, lease));
  }

  @Override
  public CompletionStage<Boolean> abandon(CacheKey key, long lease) {
    return asked(() -> leases.abandon(key, lease));
  }

  @Override
  public CompletionStage<Boolean> release(CacheKey key, long lease) {
    return asked(() -> leases.release(key, lease));
  }

  @Override
  public CompletionStage<Boolean> unshareable(CacheKey key, long lease) {
    return asked(() -> leases.unshareable(key, lease));
  }

  @Override
  public void stored(CacheKey key, long lease, Revision revision) {
    if (!failing) {
      leases.stored(key, lease, revision);
    }
  }

  @Override
  public void listen(Consumer<LeaseEvent> listener) {
    leases.listen(listener);
  }

  private <T> CompletionStage<T> asked(Supplier<CompletionStage<T>> operation) {
    CompletionStage<T> answer =
        failing
            ? CompletableFuture.failedStage(new StoreException("the store cannot be reached"))
            : operation.get();
    return gate.thenCompose(now -> answer);
  }
}
