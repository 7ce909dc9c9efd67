package dev.larder.server.session;

import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.PutOutcome;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Caller;
import dev.larder.core.engine.OverloadedException;
import dev.larder.core.wire.Response;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * The lookups of one client that are under way, and the memory their answers take. A lookup may
 * wait three times: for memory to remember it, for a permit to send a large value, and for the
 * entry that somebody else generates. Used by one thread, the one of the event loop.
 *
 * <p>A value below {@link MemoryLimit#LARGE} needs no permit. For a larger one, a permit is waited
 * for before the value is read, so that those who wait hold no values; unless it is in memory and
 * there is room for what is sent. A lookup that waits for an entry holds no permit: it might wait
 * for long. The value that then arrives is in memory for all who waited; whoever finds no room to
 * send it lets go of it and looks it up again, without a wait, once there is.
 *
 * <p>A lookup that is cancelled is answered, too: while it waits for a permit, with a miss without
 * a lease.
 */
final class Lookups {
  private final Cache cache;
  private final Caller caller;
  private final MemoryLimit values;
  private final OutgoingMemory outgoing;
  private final LookupMemory.Account account;
  private final Executor eventLoop;
  private final Responses responses;
  private final Runnable changed;

  /** By the id of the request. */
  private final Map<Integer, PendingLookup> waiting = new HashMap<>();

  /** The lookups that wait for somebody else's entry. */
  private int patient;

  /** The lookups that wait for a permit. */
  private final Set<Integer> queued = new HashSet<>();

  /** The permits of answers that have not left. */
  private final Set<MemoryLimit.Permit> permits = new HashSet<>();

  /** True once the server stops: nobody waits for somebody else's entry any more. */
  private boolean draining;

  private boolean closed;

  /**
   * A lookup under way.
   *
   * @param patient whether it may wait for somebody else's entry
   */
  private record PendingLookup(Cache.Pending pending, boolean patient, AtomicBoolean waits) {
    PendingLookup(Cache.Pending pending, boolean patient) {
      this(pending, patient, new AtomicBoolean());
    }
  }

  /**
   * No lookups.
   *
   * @param caller whose they are, as leases know it
   * @param changed run when one more lookup waits for somebody else's entry
   */
  Lookups(
      Cache cache,
      Caller caller,
      SessionMemory memory,
      Executor eventLoop,
      Responses responses,
      Runnable changed) {
    this.cache = cache;
    this.caller = caller;
    this.values = memory.values();
    this.outgoing = memory.outgoing();
    this.account = memory.lookups().new Account();
    this.eventLoop = eventLoop;
    this.responses = responses;
    this.changed = changed;
  }

  /** How many wait for somebody else's entry. */
  int patient() {
    return patient;
  }

  /** Responses every lookup that waits for somebody else's entry, and lets none wait any more. */
  void drain() {
    draining = true;
    List.copyOf(waiting.values()).stream()
        .filter(PendingLookup::patient)
        .forEach(waiter -> waiter.pending().cancel());
  }

  /** The client is gone: nothing it asked for is kept. */
  void close() {
    closed = true;
    permits.forEach(MemoryLimit.Permit::release);
  }

  /**
   * The client does not want the answer any more.
   *
   * @param lookup the id of its request; nothing happens if it is none under way
   */
  void cancel(int lookup) {
    queued.remove(lookup);
    PendingLookup waiter = waiting.get(lookup);
    if (waiter != null) {
      waiter.pending().cancel();
    }
  }

  /**
   * Responses a lookup.
   *
   * <p>Completes on the event loop and never fails.
   *
   * @param put of the same key, sent before it and under way
   * @throws OverloadedException if there is no memory for it
   */
  CompletionStage<Reply> lookup(int id, Lookup lookup, Optional<CompletionStage<PutOutcome>> put) {
    long room = account.acquire(lookup);
    try {
      CompletionStage<Reply> reply =
          put.isEmpty()
              ? admitted(id, lookup)
              : put.orElseThrow().thenComposeAsync(stored -> admitted(id, lookup), eventLoop);
      return reply.whenComplete((answered, failure) -> account.release(room));
    } catch (RuntimeException e) {
      account.release(room);
      throw e;
    }
  }

  private CompletionStage<Reply> admitted(int id, Lookup lookup) {
    long size = cache.size(lookup.key());
    if (size < MemoryLimit.LARGE || (!outgoing.crowded() && cache.isAtHand(lookup))) {
      return settled(id, lookup, begin(id, lookup));
    }
    queued.add(id);
    return values
        .acquire(this, size)
        .thenComposeAsync(permit -> entered(permit, id, lookup), eventLoop);
  }

  /** Looks up with a permit, which may have taken so long that nobody wants it any more. */
  private CompletionStage<Reply> entered(MemoryLimit.Permit permit, int id, Lookup lookup) {
    if (closed || !queued.remove(id)) {
      permit.release();
      return Responses.now(id, new Response.Miss(cache.asOf(), 0));
    }
    Cache.Pending pending = begin(id, lookup);
    return pending
        .judged()
        .thenComposeAsync(
            judged -> {
              if (pending.outcome().toCompletableFuture().isDone()) {
                return outcome(id, pending).thenApply(reply -> held(permit, reply));
              }
              // Somebody who waits for a generation has nothing on its way.
              permit.release();
              return settled(id, lookup, pending);
            },
            eventLoop);
  }

  /** Begins a lookup, and remembers it until there is an outcome. */
  private Cache.Pending begin(int id, Lookup lookup) {
    Cache.Pending pending = cache.lookup(lookup, caller);
    if (!pending.outcome().toCompletableFuture().isDone()) {
      var waiter = new PendingLookup(pending, lookup.waitBudget() > 0);
      waiting.put(id, waiter);
      pending.judged().thenRunAsync(() -> waits(id, waiter), eventLoop);
      if (draining && waiter.patient()) {
        pending.cancel();
      }
    }
    return pending;
  }

  private void waits(int id, PendingLookup waiter) {
    if (waiter.equals(waiting.get(id))) {
      waiter.waits().set(true);
      patient++;
      changed.run();
    }
  }

  /** The reply to a lookup that holds no permit, once there is one. */
  private CompletionStage<Reply> settled(int id, Lookup lookup, Cache.Pending pending) {
    return outcome(id, pending).thenCompose(reply -> passing(id, lookup, reply));
  }

  /**
   * Takes an answer to where it may be sent. One that leads is kept while it waits: its lease was
   * granted, and would be lost.
   */
  private CompletionStage<Reply> passing(int id, Lookup lookup, Reply reply) {
    int size = reply.bytes();
    if (size < MemoryLimit.LARGE || !outgoing.crowded()) {
      // It is in memory already, and what is to be sent is counted.
      return CompletableFuture.completedStage(reply);
    }
    CompletionStage<MemoryLimit.Permit> entering = values.acquire(this, size);
    if (entering.toCompletableFuture().isDone()) {
      return entering.thenApply(permit -> held(permit, reply));
    }
    if (reply.leads()) {
      return entering.thenApplyAsync(permit -> held(permit, reply), eventLoop);
    }
    // The value is let go of meanwhile, and looked up again.
    queued.add(id);
    var again = new Lookup(lookup.key(), lookup.softTags(), lookup.leaseWanted(), 0);
    return entering.thenComposeAsync(permit -> entered(permit, id, again), eventLoop);
  }

  /** An answer that may be large: it is asked for again if it has to wait for a permit. */
  CompletionStage<Reply> limited(int id, Supplier<CompletionStage<? extends Response>> ask) {
    return responses
        .later(id, ask.get())
        .thenCompose(reply -> {
          if (reply.bytes() < MemoryLimit.LARGE) {
            return CompletableFuture.completedStage(reply);
          }
          CompletionStage<MemoryLimit.Permit> entering = values.acquire(this, reply.bytes());
          return entering.toCompletableFuture().isDone()
              ? entering.thenApply(permit -> held(permit, reply))
              : entering.thenComposeAsync(
                  permit -> responses.later(id, ask.get()).thenApply(again -> held(permit, again)),
                  eventLoop);
        });
  }

  /** The reply to a lookup, which waits no more once there is one. */
  private CompletionStage<Reply> outcome(int id, Cache.Pending pending) {
    BiFunction<LookupOutcome, Throwable, Reply> settled =
        (outcome, failure) -> {
          PendingLookup waiter = waiting.get(id);
          if (waiter != null && waiter.pending().equals(pending)) {
            waiting.remove(id);
            if (waiter.waits().get()) {
              patient--;
            }
          }
          return Responses.framed(
              id, failure == null ? responses.of(outcome) : Responses.failed(failure));
        };
    return pending.outcome().toCompletableFuture().isDone()
        ? pending.outcome().handle(settled)
        : pending.outcome().handleAsync(settled, eventLoop);
  }

  /** A reply that holds a permit until it is sent, or the conversation ends. */
  private Reply held(MemoryLimit.Permit permit, Reply reply) {
    if (closed) {
      permit.release();
      return reply;
    }
    permits.add(permit);
    return new Reply(
        reply.frame(),
        reply.bytes(),
        () -> {
          permits.remove(permit);
          permit.release();
        });
  }
}
