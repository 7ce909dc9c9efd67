package dev.larder.server.session;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.Put;
import dev.larder.core.Refreshed;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Caller;
import dev.larder.core.engine.OverloadedException;
import dev.larder.core.spi.StoreException;
import dev.larder.core.wire.Answer;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader.Read;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.ProtocolException;
import dev.larder.core.wire.Request;
import dev.larder.server.process.OutOfMemory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * One client's conversation with a cache: answers its frames, whatever carries them. Used by one
 * thread, the one {@code eventLoop} runs on.
 */
public final class Session {
  private static final Logger LOG = System.getLogger(Session.class.getName());

  private final Cache cache;
  private final Terms terms;
  private final Caller caller = new Caller();
  private final Executor eventLoop;
  private final MemoryLimit values;
  private final OutgoingMemory outgoing;
  private final LookupMemory.Account lookups;
  private final Runnable changed;
  private final Map<Integer, PendingLookup> waiting = new HashMap<>();

  /** The lookups that wait for somebody else's entry. */
  private int patient;

  /** The lookups that wait for a permit. */
  private final Set<Integer> queued = new HashSet<>();

  /** The permits of answers that have not left. */
  private final Set<MemoryLimit.Permit> permits = new HashSet<>();

  /** Puts under way, so that a lookup sent after a put sees it. */
  private final Map<CacheKey, CompletionStage<Put.Outcome>> arriving = new HashMap<>();

  private boolean welcomed;
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
   * A conversation that has not begun.
   *
   * @param memory the memory all sessions share
   * @param eventLoop where everything of this session runs
   * @param changed run when one more lookup waits for somebody else's entry
   */
  public Session(
      Cache cache, Terms terms, SessionMemory memory, Executor eventLoop, Runnable changed) {
    this.cache = cache;
    this.terms = terms;
    this.values = memory.values();
    this.outgoing = memory.outgoing();
    this.lookups = memory.lookups().new Account();
    this.eventLoop = eventLoop;
    this.changed = changed;
  }

  /** What a server tells every client. */
  public record Terms(int heartbeat, int frameLimit, int maxValue, String name) {}

  /** How many lookups wait for somebody else's entry. */
  public int patient() {
    return patient;
  }

  /** The bytes of the value a frame asks for, as far as the store knows. */
  public long size(Read read) {
    return read instanceof Read.Good(Frame(int id, Request.Lookup(Lookup lookup)))
        ? cache.size(lookup.key())
        : 0;
  }

  /** True for a frame that may wait for somebody else. */
  public static boolean isLookup(Read read) {
    return read instanceof Read.Good(Frame(int id, Request.Lookup lookup));
  }

  /** True once the handshake is done. */
  boolean welcomed() {
    return welcomed;
  }

  /**
   * Answers one frame. The stage completes on {@link #eventLoop} and never fails; none if the frame
   * is one that has no answer of its own.
   */
  public Optional<CompletionStage<Reply>> answer(Read read) {
    return switch (read) {
      case Read.Bad(int id, ErrorCode code, String why) ->
          Optional.of(now(id, new Answer.Failed(code, why)));
      case Read.Good(Frame(int id, Request.Cancel(int lookup))) when welcomed -> {
        cancel(lookup);
        yield Optional.empty();
      }
      case Read.Good(Frame(int id, Request request)) -> Optional.of(answer(id, request));
      case Read.Good(Frame(int id, Answer answer)) ->
          Optional.of(
              now(
                  id,
                  new Answer.Failed(
                      ErrorCode.UNKNOWN_OPERATION,
                      "an answer, sent to a server; expected a request")));
    };
  }

  /**
   * The answer to a frame that needs nobody and takes no room: a lookup of an entry in memory that
   * is fresh. None if {@link #answer} has to be called.
   */
  public Optional<Frame> atHand(Read read) {
    if (!(read instanceof Read.Good(Frame(int id, Request.Lookup(Lookup lookup))))
        || !welcomed
        || arriving.containsKey(lookup.key())) {
      return Optional.empty();
    }
    return cache
        .atHand(lookup)
        .map(fresh -> new Frame(id, answerOf(fresh)))
        .filter(frame -> Reply.bytes(frame.message()) < MemoryLimit.LARGE);
  }

  /** Answers every lookup that waits for somebody else's entry, and lets none wait any more. */
  public void drain() {
    draining = true;
    List.copyOf(waiting.values()).stream()
        .filter(PendingLookup::patient)
        .forEach(waiter -> waiter.pending().cancel());
  }

  /** Ends the conversation: the client is gone, its leases permit on. */
  public void close() {
    closed = true;
    cache.leases().close(caller);
    permits.forEach(MemoryLimit.Permit::release);
  }

  private CompletionStage<Reply> answer(int id, Request request) {
    if (!welcomed && !(request instanceof Request.Hello)) {
      return now(
          id, new Answer.Failed(ErrorCode.HANDSHAKE_REQUIRED, "the first frame must be a HELLO"));
    }
    try {
      return switch (request) {
        case Request.Hello hello -> welcome(id, hello);
        case Request.Lookup(Lookup lookup) -> lookup(id, lookup);
        case Request.Put(Put put) -> put(id, put);
        case Request.Release(CacheKey key, long lease) ->
            later(id, cache.release(key, lease).thenApply(Answer.Released::new));
        case Request.Renew(CacheKey key, long lease) ->
            later(id, cache.renew(key, lease, caller).thenApply(Answer.Renewed::new));
        case Request.Invalidate(TagSet tags, long expire) ->
            later(id, cache.invalidate(tags, expire).thenApply(Answer.Invalidated::new));
        case Request.Refresh(AsOf known) ->
            weighed(id, () -> cache.refresh(known).thenApply(this::answerOf));
        case Request.Cancel cancel ->
            throw new IllegalStateException("a cancellation has no answer");
        case Request.Ping() -> now(id, new Answer.Pong());
        case Request.Hottest(long count) ->
            weighed(id, () -> cache.hottest((int) count).thenApply(Answer.Keys::new));
      };
    } catch (RuntimeException e) {
      return now(id, failed(e));
    }
  }

  private void cancel(int lookup) {
    queued.remove(lookup);
    PendingLookup waiter = waiting.get(lookup);
    if (waiter != null) {
      waiter.pending().cancel();
    }
  }

  private CompletionStage<Reply> welcome(int id, Request.Hello hello) {
    if (hello.version() != Protocol.VERSION) {
      return now(
          id,
          new Answer.Failed(
              ErrorCode.UNSUPPORTED_VERSION,
              "version %d; this server speaks %d".formatted(hello.version(), Protocol.VERSION)));
    }
    welcomed = true;
    // A client that comes from another server must not learn less than it knows. It is answered in
    // the turn in which it is welcomed where history stands, so that pushes follow without a gap.
    CompletionStage<Void> current = cache.catchUp();
    return current.toCompletableFuture().isDone()
        ? now(id, welcome())
        : current.handleAsync((caughtUp, failure) -> Reply.of(new Frame(id, welcome())), eventLoop);
  }

  private Answer welcome() {
    return new Answer.Welcome(
        Protocol.VERSION,
        cache.asOf(),
        terms.heartbeat(),
        (int) cache.leases().duration(),
        terms.frameLimit(),
        terms.name());
  }

  private CompletionStage<Reply> lookup(int id, Lookup lookup) {
    long room = lookups.acquire(lookup);
    try {
      CompletionStage<Put.Outcome> put = arriving.get(lookup.key());
      CompletionStage<Reply> reply =
          put == null
              ? admitted(id, lookup)
              : put.thenComposeAsync(stored -> admitted(id, lookup), eventLoop);
      return reply.whenComplete((answered, failure) -> lookups.release(room));
    } catch (RuntimeException e) {
      lookups.release(room);
      throw e;
    }
  }

  private CompletionStage<Reply> admitted(int id, Lookup lookup) {
    long size = cache.size(lookup.key());
    if (size < MemoryLimit.LARGE || (!outgoing.crowded() && cache.atHand(lookup).isPresent())) {
      return settled(id, lookup, begin(id, lookup));
    }
    queued.add(id);
    return values
        .acquire(this, size)
        .thenComposeAsync(permit -> entered(permit, id, lookup), eventLoop);
  }

  private CompletionStage<Reply> entered(MemoryLimit.Permit permit, int id, Lookup lookup) {
    if (closed || !queued.remove(id)) {
      permit.release();
      return now(id, new Answer.Miss(cache.asOf(), 0));
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

  /** An answer that may be large: it is waiter for again if it has to wait for its turn. */
  private CompletionStage<Reply> weighed(
      int id, Supplier<CompletionStage<? extends Answer>> waiter) {
    return later(id, waiter.get())
        .thenCompose(reply -> {
          if (reply.bytes() < MemoryLimit.LARGE) {
            return CompletableFuture.completedStage(reply);
          }
          CompletionStage<MemoryLimit.Permit> entering = values.acquire(this, reply.bytes());
          return entering.toCompletableFuture().isDone()
              ? entering.thenApply(permit -> held(permit, reply))
              : entering.thenComposeAsync(
                  permit -> later(id, waiter.get()).thenApply(again -> held(permit, again)),
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
          return framed(id, failure == null ? answerOf(outcome) : failed(failure));
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

  private CompletionStage<Reply> put(int id, Put put) {
    if (put.value().length > terms.maxValue()) {
      throw new ProtocolException(
          ErrorCode.TOO_LARGE,
          "a value of %d bytes; at most %d".formatted(put.value().length, terms.maxValue()));
    }
    if (CacheEntry.checksum(put.value()) != put.checksum()) {
      throw new ProtocolException(
          ErrorCode.INVALID_VALUE,
          "a value whose CRC-32 is %08x, not the %08x it came with"
              .formatted(CacheEntry.checksum(put.value()), put.checksum()));
    }
    CompletionStage<Put.Outcome> stored = cache.put(put);
    if (stored.toCompletableFuture().isDone()) {
      return later(id, stored.thenApply(Answer.Stored::new));
    }
    arriving.put(put.key(), stored);
    return stored.handleAsync(
        (outcome, failure) -> {
          arriving.remove(put.key(), stored);
          return framed(id, failure == null ? new Answer.Stored(outcome) : failed(failure));
        },
        eventLoop);
  }

  private Answer answerOf(LookupOutcome outcome) {
    return switch (outcome) {
      case LookupOutcome.Fresh(AsOf asOf, CacheEntry entry) ->
          new Answer.Fresh(asOf, answerOf(entry));
      case LookupOutcome.Stale(AsOf asOf, long lease, CacheEntry entry) ->
          new Answer.Stale(asOf, lease, answerOf(entry));
      case LookupOutcome.Miss(AsOf asOf, long lease) -> new Answer.Miss(asOf, lease);
    };
  }

  private Answer.Entry answerOf(CacheEntry entry) {
    return new Answer.Entry(
        entry.revision(),
        entry.tags(),
        entry.life(),
        entry.age(cache.now()),
        entry.checksum(),
        entry.value());
  }

  private Answer answerOf(Refreshed refreshed) {
    var missed = refreshed.missed();
    return new Answer.Refreshed(
        refreshed.asOf(),
        missed.since(),
        missed.invalidations().stream().map(this::answerOf).toList());
  }

  /** An invalidation as this client is sent it. */
  Answer.Told answerOf(Invalidation invalidation) {
    return new Answer.Told(
        invalidation.revision(), invalidation.expiresIn(cache.now()), invalidation.tags());
  }

  private static CompletionStage<Reply> now(int id, Answer answer) {
    return CompletableFuture.completedStage(framed(id, answer));
  }

  private CompletionStage<Reply> later(int id, CompletionStage<? extends Answer> answer) {
    BiFunction<Answer, Throwable, Reply> framed =
        (known, failure) -> framed(id, failure == null ? known : failed(failure));
    return answer.toCompletableFuture().isDone()
        ? answer.handle(framed)
        : answer.handleAsync(framed, eventLoop);
  }

  private static Reply framed(int id, Answer answer) {
    return Reply.of(new Frame(id, answer));
  }

  private static Answer failed(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    String why = String.valueOf(cause.getMessage());
    return switch (cause) {
      case InvalidValueException e -> new Answer.Failed(ErrorCode.INVALID_VALUE, why);
      case OverloadedException e -> new Answer.Failed(ErrorCode.OVERLOADED, why);
      case StoreException e ->
          new Answer.Failed(ErrorCode.STORE_UNAVAILABLE, StoreErrors.describe(e));
      case ProtocolException e -> new Answer.Failed(e.code(), why);
      default -> {
        OutOfMemory.exitIfCause(cause);
        LOG.log(Level.ERROR, "a request failed", cause);
        yield new Answer.Failed(ErrorCode.INTERNAL, "a fault of the server; its log has details");
      }
    };
  }
}
