package dev.larder.core.engine;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.Freshness;
import dev.larder.core.TagSet;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.CacheObserver.StoreOperation;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.Scheduler;
import dev.larder.core.spi.SharedLeases;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;

/**
 * What a {@link Cache} is made of, for those who do a part of its work.
 *
 * @param entries the entries of the namespace
 * @param log its history
 * @param shared its leases, as servers share them
 * @param clock the store's clock, against which entries and deadlines age
 * @param scheduler runs what has to be done later
 * @param ledger what the invalidations mean
 * @param leases its leases, as callers of this server hold them
 * @param observer is called with what happens
 */
record Parts(
    EntryStore entries,
    InvalidationLog log,
    SharedLeases shared,
    InstantSource clock,
    Scheduler scheduler,
    Ledger ledger,
    LeaseTable leases,
    CacheObserver observer) {

  /** Where history stands, as far as it is known here. */
  AsOf asOf() {
    return new AsOf(log.identity(), ledger.revision());
  }

  /**
   * What was asked of the store, after the observer was told how long it took.
   *
   * @param began when it was asked, as {@link System#nanoTime} has it
   */
  <T> CompletionStage<T> timed(StoreOperation operation, long began, CompletionStage<T> asked) {
    return asked.whenComplete((done, failure) ->
        observer.onStoreOperation(operation, System.nanoTime() - began, failure != null));
  }

  /**
   * {@link InvalidationLog#catchUp}, and the observer is told how long it took, unless nobody had
   * to be asked.
   */
  CompletionStage<Void> catchUp() {
    return log.exclusive()
        ? log.catchUp()
        : timed(StoreOperation.CATCH_UP, System.nanoTime(), log.catchUp());
  }

  /** What an entry is worth now to a reader with these soft tags. */
  Freshness freshness(CacheKey key, CacheEntry entry, TagSet softTags) {
    return ledger.freshness(key, entry, softTags, clock.millis());
  }

  /** True if somebody may keep a copy of this entry and go on serving it. */
  boolean isFresh(EntryHead head) {
    return ledger.freshness(head, clock.millis()) instanceof Freshness.Fresh;
  }

  /** True if nobody can be served this entry any more. */
  boolean isUseless(EntryHead head) {
    return ledger.freshness(head, clock.millis()) instanceof Freshness.Expired;
  }
}
