package dev.larder.core.spi;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The leases of a store that one server has for itself. */
final class UnsharedLeases implements SharedLeases {
  static final UnsharedLeases INSTANCE = new UnsharedLeases();

  private static final CompletionStage<Boolean> GRANTED =
      CompletableFuture.completedStage(Boolean.TRUE);
  private static final CompletionStage<Boolean> NOT_HELD =
      CompletableFuture.completedStage(Boolean.FALSE);

  private UnsharedLeases() {}

  @Override
  public boolean shared() {
    return false;
  }

  @Override
  public CompletionStage<Boolean> claim(
      CacheKey key, long lease, Revision asOf, Revision usefulFrom) {
    return GRANTED;
  }

  @Override
  public CompletionStage<Optional<Revision>> adopt(CacheKey key, long lease) {
    return CompletableFuture.completedStage(Optional.empty());
  }

  @Override
  public CompletionStage<Boolean> unshareable(CacheKey key, long lease) {
    return NOT_HELD;
  }

  @Override
  public CompletionStage<Boolean> abandon(CacheKey key, long lease) {
    return NOT_HELD;
  }

  @Override
  public CompletionStage<Boolean> release(CacheKey key, long lease) {
    return NOT_HELD;
  }

  @Override
  public void stored(CacheKey key, long lease, Revision revision) {}

  @Override
  public void listen(Consumer<LeaseEvent> listener) {}
}
