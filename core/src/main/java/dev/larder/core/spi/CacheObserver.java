package dev.larder.core.spi;

import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import java.util.Optional;

/**
 * Is called with what a cache does, for metrics. Every method does nothing unless it is overridden.
 *
 * <p>It is called by the thread that does the work, several threads at a time: it must be quick and
 * must not block. What it throws is logged once, and changes nothing. Keys and tags are passed as
 * they are, never copied.
 */
public interface CacheObserver {
  /** Observes nothing. */
  CacheObserver NONE = new CacheObserver() {};

  /**
   * A lookup found an entry to serve. Each lookup ends in one of {@code onHit}, {@link #onStale},
   * {@link #onMiss} and {@link #onFailure}.
   */
  default void onHit(CacheKey key) {}

  /**
   * A lookup found an entry to serve and to regenerate.
   *
   * @param cause what made it stale
   * @param leased true if the caller was granted the lease to regenerate it
   */
  default void onStale(CacheKey key, Freshness.Cause cause, boolean leased) {}

  /**
   * A lookup found nothing to serve.
   *
   * @param cause what expired the entry that is stored; empty if none is, or if the store could not
   *     be asked
   * @param leased true if the caller was granted the lease to generate it
   */
  default void onMiss(CacheKey key, Optional<Freshness.Cause> cause, boolean leased) {}

  /**
   * An invalidation makes somebody generate: the lease of a key was granted because of it. Called
   * after {@link #onStale} or {@link #onMiss}.
   *
   * @param tag which decides, of the entry or of the reader
   */
  default void onRegeneration(CacheKey key, String tag) {}

  /** A lookup failed, such as for too many that wait. */
  default void onFailure(CacheKey key, Throwable failure) {}

  /**
   * A lookup has ended. Called once for each, after what it ended in.
   *
   * @param nanos how long it took, in ns
   * @param waited true if it has waited for the entry of another caller, which takes as long as a
   *     generation
   */
  default void onLookedUp(CacheKey key, long nanos, boolean waited) {}

  /**
   * A lookup has waited for the entry of another caller. One lookup may wait several times, such as
   * when it is promoted and another server's caller leads.
   *
   * @param millis how long it has waited, in ms
   * @param end why
   */
  default void onWaited(CacheKey key, long millis, WaitEnd end) {}

  /** Why a wait ended. */
  enum WaitEnd {
    /** The entry came. */
    ARRIVED,
    /** The lease ended without an entry, and is now that of this lookup. */
    PROMOTED,
    /** The time it may wait is over, it was cancelled, or the entry must not be shared. */
    SPENT
  }

  /**
   * A put ended.
   *
   * @param put what was put; its value must not be kept
   */
  default void onPut(Put put, PutOutcome outcome) {}

  /** An invalidation took effect here, whichever server appended it. */
  default void onInvalidation(Invalidation invalidation) {}

  /**
   * An invalidation that was made here is durable, and has taken effect. Not called for what the
   * cache does by itself.
   *
   * @param source who made it
   * @param nanos how long it took from when it was asked for, in ns
   */
  default void onInvalidated(Invalidation invalidation, InvalidationSource source, long nanos) {}

  /**
   * The store has done what it was asked, or could not.
   *
   * @param nanos how long it took, in ns
   * @param failed true if it could not
   */
  default void onStoreOperation(StoreOperation operation, long nanos, boolean failed) {}

  /** What is asked of a store. */
  enum StoreOperation {
    /** An entry, which was not at hand. */
    GET,
    /** To keep an entry. */
    PUT,
    /** To make an invalidation durable. */
    APPEND,
    /** What others have appended; never of a log that nobody else appends to. */
    CATCH_UP
  }

  /** A lease ended by its deadline: its holder neither brought an entry nor renewed it. */
  default void onLeaseExpired(CacheKey key) {}

  /**
   * Entries were removed that nobody could be served any more, or that nobody reads any more.
   *
   * @param entries how many
   */
  default void onEviction(long entries) {}
}
