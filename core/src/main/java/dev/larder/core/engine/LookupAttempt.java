package dev.larder.core.engine;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.Freshness;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.CacheObserver.StoreOperation;
import dev.larder.core.spi.CacheObserver.WaitEnd;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One lookup: reads, judges what it found, and then serves it, is granted a lease, or waits for the
 * caller that has it. A follower may be promoted, look again, and wait again; in the end it
 * completes once.
 */
final class LookupAttempt implements Cache.Pending, Follower {
  private static final Freshness ABSENT = new Freshness.Expired(Freshness.Cause.AGE);

  private final Parts parts;
  private final Lookup lookup;
  private final Caller caller;

  /** When it began, in ms of the store's clock. */
  private final long began;

  /** The same, as {@link System#nanoTime} has it. */
  private final long beganAt = System.nanoTime();

  private final AtomicBoolean ended = new AtomicBoolean();
  private final CompletableFuture<LookupOutcome> outcome = new CompletableFuture<>();
  private final CompletableFuture<LookupAttempt> judged = new CompletableFuture<>();
  private volatile boolean cancelled;

  /** When the last wait began, if it waits, in ms of the store's clock. */
  private volatile long waitsSince;

  /** Whether it has waited for the entry of another caller. */
  private volatile boolean waited;

  /** Why what was judged last is not fresh; empty if it is, or if nothing was stored. */
  private volatile Optional<Freshness.Cause> cause = Optional.empty();

  /** What an invalidation has made stale or expired, of what was judged last. */
  private volatile Optional<EntryHead> invalidated = Optional.empty();

  /**
   * The tags of what was stored when it was read: those that the next entry has, as far as known.
   */
  private volatile TagSet tags = TagSet.EMPTY;

  /**
   * A lookup that has not begun.
   *
   * @param caller who asks; a lease belongs to it
   */
  LookupAttempt(Parts parts, Lookup lookup, Caller caller) {
    this.parts = parts;
    this.lookup = lookup;
    this.caller = caller;
    this.began = parts.clock().millis();
  }

  @Override
  public CompletionStage<LookupOutcome> outcome() {
    return outcome;
  }

  @Override
  public CompletionStage<?> judged() {
    return judged;
  }

  @Override
  public void cancel() {
    cancelled = true;
    parts.leases().giveUp(this);
  }

  /** Begins it: asks for the entry and for what others invalidated, at the same time. */
  void begin() {
    CompletionStage<Optional<CacheEntry>> found = stored();
    parts
        .catchUp()
        .whenComplete((current, failure) -> {
          if (failure == null) {
            read(
                found,
                (asOf, entry) -> {
                  judge(asOf, entry);
                  judged.complete(this);
                });
          } else {
            // What cannot be proved is not served.
            complete(new LookupOutcome.Miss(parts.asOf(), 0));
            judged.complete(this);
          }
        });
  }

  /** What is counted is counted before anybody has the answer. */
  private void complete(LookupOutcome found) {
    if (ended.getAndSet(true)) {
      return;
    }
    try {
      observed(found);
    } finally {
      outcome.complete(found);
    }
  }

  private void observed(LookupOutcome found) {
    CacheKey key = lookup.key();
    switch (found) {
      case LookupOutcome.FreshHit fresh -> parts.observer().onHit(key);
      case LookupOutcome.StaleHit stale -> {
        parts.observer().onStale(key, cause.orElse(Freshness.Cause.AGE), stale.lease() != 0);
        decided(stale.lease());
      }
      case LookupOutcome.Miss miss -> {
        parts.observer().onMiss(key, cause, miss.lease() != 0);
        decided(miss.lease());
      }
    }
    measured();
  }

  private void fail(Throwable failure) {
    if (!ended.getAndSet(true)) {
      parts.observer().onFailure(lookup.key(), failure);
      measured();
      outcome.completeExceptionally(failure);
    }
  }

  /** Tells which tag makes the caller generate, if one does. */
  private void decided(long lease) {
    if (lease != 0) {
      long now = parts.clock().millis();
      invalidated
          .flatMap(head -> parts.ledger().explain(head, lookup.softTags(), now).deciding(now))
          .ifPresent(mark -> parts.observer().onRegeneration(lookup.key(), mark.tag()));
    }
  }

  private void measured() {
    parts.observer().onLookedUp(lookup.key(), System.nanoTime() - beganAt, waited);
  }

  private CompletionStage<Optional<CacheEntry>> stored() {
    return parts
        .timed(StoreOperation.GET, System.nanoTime(), parts.entries().get(lookup.key()))
        .exceptionally(failure -> Optional.empty());
  }

  private void read(CompletionStage<Optional<CacheEntry>> found, ReadEntry next) {
    AsOf asOf = parts.asOf();
    found
        .thenAccept(entry -> next.read(asOf, entry))
        .exceptionally(failure -> {
          fail(failure);
          judged.complete(this);
          return null;
        });
  }

  /** What the entry that was found is worth to this reader; remembers why it is not fresh. */
  private Freshness worth(Optional<CacheEntry> found) {
    invalidated = Optional.empty();
    if (found.isEmpty()) {
      cause = Optional.empty();
      return ABSENT;
    }
    Freshness worth = parts.freshness(lookup.key(), found.orElseThrow(), lookup.softTags());
    cause =
        switch (worth) {
          case Freshness.Fresh() -> Optional.empty();
          case Freshness.Stale(var why) -> Optional.of(why);
          case Freshness.Expired(var why) -> Optional.of(why);
        };
    if (cause.filter(Freshness.Cause.TAG::equals).isPresent()) {
      invalidated = found.map(entry -> EntryHead.of(lookup.key(), entry));
    }
    return worth;
  }

  /** Goes on with what the first read found. */
  private void judge(AsOf asOf, Optional<CacheEntry> found) {
    found.ifPresent(entry -> tags = entry.tags());
    switch (worth(found)) {
      case Freshness.Fresh() -> {
        CacheEntry entry = found.orElseThrow();
        long lease = parts.isDue(lookup.key(), entry) ? claimed() : 0;
        leadOr(new LookupOutcome.FreshHit(asOf, entry), lease, found);
      }
      case Freshness.Stale(var cause) ->
          leadOr(new LookupOutcome.StaleHit(asOf, 0, found.orElseThrow()), claimed(), found);
      case Freshness.Expired(var cause) -> missed(asOf);
    }
  }

  /** Leads with a lease to regenerate what was found; completes so without one. */
  private void leadOr(LookupOutcome unleased, long lease, Optional<CacheEntry> found) {
    if (lease == 0) {
      complete(unleased);
    } else {
      lead(lease, found);
    }
  }

  /** The lease to regenerate what can be served, or 0. */
  private long claimed() {
    return lookup.leaseWanted() ? parts.leases().claim(lookup.key(), caller) : 0;
  }

  /** Nothing can be served: leads, waits, or completes without a lease. */
  private void missed(AsOf asOf) {
    if (!lookup.leaseWanted() || cancelled) {
      complete(new LookupOutcome.Miss(asOf, 0));
      return;
    }
    long lease;
    waitsSince = parts.clock().millis();
    try {
      lease = parts.leases().claimOrWait(this, patience());
    } catch (OverloadedException e) {
      fail(e);
      return;
    }
    if (lease != 0) {
      lead(lease, Optional.empty());
    } else {
      giveUpIfCancelled();
    }
  }

  /** How long it may still wait, in ms. */
  private long patience() {
    return lookup.waitBudget() - (parts.clock().millis() - began);
  }

  /** For a cancellation between the decision to wait and the waiting. */
  private void giveUpIfCancelled() {
    if (cancelled) {
      parts.leases().giveUp(this);
    }
  }

  /**
   * Leads, if no other server lets somebody lead.
   *
   * @param servable what may be served if not
   */
  private void lead(long lease, Optional<CacheEntry> servable) {
    Revision useful = usefulFrom();
    parts
        .shared()
        .claim(lookup.key(), lease, parts.ledger().revision(), useful)
        .whenComplete((granted, failure) -> {
          if (failure != null) {
            parts.leases().release(lookup.key(), lease);
            withoutLease(servable);
          } else if (granted) {
            lookAgain(lease);
          } else {
            follow(lease, useful, servable);
          }
        });
  }

  /** Completes without a lease: with the entry that can be served, if there is one. */
  private void withoutLease(Optional<CacheEntry> servable) {
    AsOf asOf = parts.asOf();
    if (servable.isEmpty()) {
      complete(new LookupOutcome.Miss(asOf, 0));
      return;
    }
    CacheEntry entry = servable.orElseThrow();
    complete(
        worth(servable) instanceof Freshness.Fresh
            ? new LookupOutcome.FreshHit(asOf, entry)
            : new LookupOutcome.StaleHit(asOf, 0, entry));
  }

  /** Another server's caller leads, since a revision that is not before {@code since}. */
  private void follow(long lease, Revision since, Optional<CacheEntry> servable) {
    if (servable.isPresent()) {
      parts.leases().cede(lookup.key(), lease, since);
      withoutLease(servable);
      return;
    }
    try {
      waitsSince = parts.clock().millis();
      if (parts.leases().cede(this, lease, since, patience())) {
        giveUpIfCancelled();
      } else {
        missed(parts.asOf());
      }
    } catch (OverloadedException e) {
      parts.leases().cede(lookup.key(), lease, since);
      fail(e);
    }
  }

  /**
   * Looks once more under the lease: between the read that missed and the grant, the leader before
   * may have stored its entry.
   */
  private void lookAgain(long lease) {
    if (!parts.leases().holds(lookup.key(), lease)) {
      // It ended while the other servers were asked, and they may not know.
      parts.shared().release(lookup.key(), lease);
    }
    read(
        stored(),
        (asOf, found) -> {
          switch (worth(found)) {
            case Freshness.Fresh() when parts.isDue(lookup.key(), found.orElseThrow()) -> {
              cause = Optional.of(Freshness.Cause.EARLY);
              complete(new LookupOutcome.StaleHit(asOf, lease, found.orElseThrow()));
            }
            case Freshness.Fresh() -> {
              parts.leases().arrived(lookup.key(), lease, found.orElseThrow());
              parts.shared().stored(lookup.key(), lease, found.orElseThrow().revision());
              complete(new LookupOutcome.FreshHit(asOf, found.orElseThrow()));
            }
            case Freshness.Stale(var cause) ->
                complete(new LookupOutcome.StaleHit(asOf, lease, found.orElseThrow()));
            case Freshness.Expired(var cause)
                when parts.leases().generatesAsOf(lookup.key(), lease, asOf.revision()) ->
                complete(new LookupOutcome.Miss(asOf, lease));
            // Somebody was granted another one meanwhile, who brings the same.
            case Freshness.Expired(var cause) -> missed(asOf);
          }
        });
  }

  @Override
  public CacheKey key() {
    return lookup.key();
  }

  @Override
  public Caller caller() {
    return caller;
  }

  @Override
  public Revision usefulFrom() {
    return parts.ledger().usefulFrom(lookup.key(), tags, lookup.softTags(), parts.clock().millis());
  }

  private void waited(WaitEnd end) {
    waited = true;
    parts.observer().onWaited(lookup.key(), parts.clock().millis() - waitsSince, end);
  }

  @Override
  public void arrived(CacheEntry entry) {
    waited(WaitEnd.ARRIVED);
    tags = entry.tags();
    AsOf asOf = parts.asOf();
    switch (worth(Optional.of(entry))) {
      case Freshness.Fresh() -> complete(new LookupOutcome.FreshHit(asOf, entry));
      case Freshness.Stale(var cause) -> complete(new LookupOutcome.StaleHit(asOf, 0, entry));
      case Freshness.Expired(var cause) -> missed(asOf);
    }
  }

  @Override
  public void promoted(long lease) {
    waited(WaitEnd.PROMOTED);
    lead(lease, Optional.empty());
  }

  @Override
  public void spent() {
    waited(WaitEnd.SPENT);
    refused();
  }

  @Override
  public void refused() {
    complete(new LookupOutcome.Miss(parts.asOf(), 0));
  }

  /** What to do with what a read found. */
  @FunctionalInterface
  private interface ReadEntry {
    void read(AsOf asOf, Optional<CacheEntry> found);
  }
}
