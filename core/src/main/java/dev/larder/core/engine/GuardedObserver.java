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

  private GuardedObserver(CacheObserver observer) {
    this.observer = observer;
  }

  /** The observer, guarded unless it does nothing. */
  static CacheObserver of(CacheObserver observer) {
    return observer.equals(NONE) ? NONE : new GuardedObserver(observer);
  }

  @Override
  public void onHit(CacheKey key) {
    try {
      observer.onHit(key);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  @Override
  public void onStale(CacheKey key, Freshness.Cause cause, boolean leased) {
    try {
      observer.onStale(key, cause, leased);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  @Override
  public void onMiss(CacheKey key, Optional<Freshness.Cause> cause, boolean leased) {
    try {
      observer.onMiss(key, cause, leased);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  @Override
  public void onFailure(CacheKey key, Throwable failure) {
    try {
      observer.onFailure(key, failure);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  @Override
  public void onWaited(CacheKey key, long millis, WaitEnd end) {
    try {
      observer.onWaited(key, millis, end);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  @Override
  public void onPut(Put put, PutOutcome outcome) {
    try {
      observer.onPut(put, outcome);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  @Override
  public void onInvalidation(Invalidation invalidation) {
    try {
      observer.onInvalidation(invalidation);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  @Override
  public void onInvalidated(Invalidation invalidation, InvalidationSource source) {
    try {
      observer.onInvalidated(invalidation, source);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  @Override
  public void onLeaseExpired(CacheKey key) {
    try {
      observer.onLeaseExpired(key);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  @Override
  public void onEviction(long entries) {
    try {
      observer.onEviction(entries);
    } catch (RuntimeException | Error e) {
      report(e);
    }
  }

  private void report(Throwable failure) {
    if (!failed.getAndSet(true)) {
      LOG.log(Level.ERROR, "an observer of the cache failed; what it counts is wrong", failure);
    }
  }
}
