package dev.larder.core.engine;

import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.spi.CacheObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** An observer whose failures change nothing for the cache; the first is logged. */
final class GuardedObserver implements CacheObserver {
  private static final Logger LOG = System.getLogger(GuardedObserver.class.getName());

  private final CacheObserver observer;
  private final AtomicBoolean failed = new AtomicBoolean();

  /** This observer, guarded. */
  GuardedObserver(CacheObserver observer) {
    this.observer = observer;
  }

  @Override
  public void onHit(CacheKey key) {
    guarded(() -> observer.onHit(key));
  }

  @Override
  public void onStale(CacheKey key, Freshness.Cause cause, boolean leased) {
    guarded(() -> observer.onStale(key, cause, leased));
  }

  @Override
  public void onMiss(CacheKey key, Optional<Freshness.Cause> cause, boolean leased) {
    guarded(() -> observer.onMiss(key, cause, leased));
  }

  @Override
  public void onRegeneration(CacheKey key, String tag) {
    guarded(() -> observer.onRegeneration(key, tag));
  }

  @Override
  public void onFailure(CacheKey key, Throwable failure) {
    guarded(() -> observer.onFailure(key, failure));
  }

  @Override
  public void onLookedUp(CacheKey key, long nanos, boolean waited) {
    guarded(() -> observer.onLookedUp(key, nanos, waited));
  }

  @Override
  public void onStoreOperation(StoreOperation operation, long nanos, boolean failed) {
    guarded(() -> observer.onStoreOperation(operation, nanos, failed));
  }

  @Override
  public void onWaited(CacheKey key, long millis, WaitEnd end) {
    guarded(() -> observer.onWaited(key, millis, end));
  }

  @Override
  public void onPut(Put put, PutOutcome outcome) {
    guarded(() -> observer.onPut(put, outcome));
  }

  @Override
  public void onInvalidation(Invalidation invalidation) {
    guarded(() -> observer.onInvalidation(invalidation));
  }

  @Override
  public void onInvalidated(Invalidation invalidation, InvalidationSource source, long nanos) {
    guarded(() -> observer.onInvalidated(invalidation, source, nanos));
  }

  @Override
  public void onLeaseExpired(CacheKey key) {
    guarded(() -> observer.onLeaseExpired(key));
  }

  @Override
  public void onEviction(long entries) {
    guarded(() -> observer.onEviction(entries));
  }

  private void guarded(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException | Error e) {
      if (!failed.getAndSet(true)) {
        LOG.log(Level.ERROR, "an observer of the cache failed; what it counts is wrong", e);
      }
    }
  }
}
