package dev.larder.server.http;

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
import dev.larder.server.LastResort;
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
 * thread, the one {@code home} runs on.
 */
final class Session {
  private static final Logger LOG = System.getLogger(Session.class.getName());

  private final Cache cache;
  private final Terms terms;
  private final Caller caller = new Caller();
  private final Executor home;
  private final Turnstile turnstile;
  private final Outflow outflow;
  private final LookupRoom.Share lookups;
  private final Runnable changed;
  private final Map<Integer, Asked> waiting = new HashMap<>();

  /** The lookups that wait for somebody else's entry. */
  private int patient;

  /** The lookups that wait for the turnstile. */
  private final Set<Integer> queued = new HashSet<>();

  /** What is held of the turnstile for answers that have not left. */
  private final Set<Turnstile.Pass> passes = new HashSet<>();

  /** Puts under way, so that a lookup sent after a put sees it. */
  private final Map<CacheKey, CompletionStage<Put.Outcome>> arriving = new HashMap<>();

  private boolean welcomed;
  private boolean leaving;
  private boolean closed;

  /**
   * A lookup under way.
   *
   * @param patient whether it may wait for somebody else's entry
   */
  private record Asked(Cache.Pending pending, boolean patient, AtomicBoolean waits) {
    Asked(Cache.Pending pending, boolean patient) {
      this(pending, patient, new AtomicBoolean());
    }
  }

  /**
   * A conversation that has not begun.
   *
   * @param shared what large values pass on their way to clients, and where lookups find room
   * @param home where everything of this session runs
   * @param changed run when one more lookup waits for somebody else's entry
   */
  Session(Cache cache, Terms terms, SocketEndpoint.Shared shared, Executor home, Runnable changed) {
    this.cache = cache;
    this.terms = terms;
    this.turnstile = shared.turnstile();
    this.outflow = shared.outflow();
    this.lookups = shared.lookups().new Share();
    this.home = home;
    this.changed = changed;
  }

  /** What a server tells every client. */
  record Terms(int heartbeat, int frameLimit, int maxValue, String name) {}

  /** How many lookups wait for somebody else's entry. */
  int patient() {
    return patient;
  }

  /** The bytes of the value a frame asks for, as far as the store knows. */
  long size(Read read) {
    return read instanceof Read.Good(Frame(int id, Request.Lookup(Lookup lookup)))
        ? cache.size(lookup.key())
        : 0;
  }

  /** True for a frame that may wait for somebody else. */
  static boolean isLookup(Read read) {
    return read instanceof Read.Good(Frame(int id, Request.Lookup lookup));
  }

  /** True once the handshake is done. */
  boolean welcomed() {
    return welcomed;
  }

  /**
   * Answers one frame. The stage completes on {@link #home} and never fails; none if the frame is
   * one that has no answer of its own.
   */
  Optional<CompletionStage<Reply>> answer(Read read) {
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
  Optional<Frame> atHand(Read read) {
    if (!(read instanceof Read.Good(Frame(int id, Request.Lookup(Lookup lookup))))
        || !welcomed
        || arriving.containsKey(lookup.key())) {
      return Optional.empty();
    }
    return cache
        .atHand(lookup)
        .map(fresh -> new Frame(id, told(fresh)))
        .filter(frame -> Reply.bytes(frame.message()) < Turnstile.LARGE);
  }

  /** Answers every lookup that waits for somebody else's entry, and lets none wait any more. */
  void leave() {
    leaving = true;
    List.copyOf(waiting.values()).stream()
        .filter(Asked::patient)
        .forEach(asked -> asked.pending().cancel());
  }

  /** Ends the conversation: the client is gone, its leases pass on. */
  void close() {
    closed = true;
    cache.leases().close(caller);
    passes.forEach(Turnstile.Pass::leave);
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
            weighed(id, () -> cache.refresh(known).thenApply(this::told));
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
    Asked asked = waiting.get(lookup);
    if (asked != null) {
      asked.pending().cancel();
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
    // A client that comes from another server must not be told less than it knows. It is told in
    // the turn in which it is welcomed where history stands, so that pushes follow without a gap.
    CompletionStage<Void> current = cache.catchUp();
    return current.toCompletableFuture().isDone()
        ? now(id, welcome())
        : current.handleAsync((caughtUp, failure) -> Reply.of(new Frame(id, welcome())), home);
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
    long room = lookups.enter(lookup);
    try {
      CompletionStage<Put.Outcome> put = arriving.get(lookup.key());
      CompletionStage<Reply> reply =
          put == null
              ? admitted(id, lookup)
              : put.thenComposeAsync(stored -> admitted(id, lookup), home);
      return reply.whenComplete((told, failure) -> lookups.leave(room));
    } catch (RuntimeException e) {
      lookups.leave(room);
      throw e;
    }
  }

  private CompletionStage<Reply> admitted(int id, Lookup lookup) {
    long size = cache.size(lookup.key());
    if (size < Turnstile.LARGE || (!outflow.crowded() && cache.atHand(lookup).isPresent())) {
      return settled(id, lookup, begin(id, lookup));
    }
    queued.add(id);
    return turnstile.enter(this, size).thenComposeAsync(pass -> entered(pass, id, lookup), home);
  }

  private CompletionStage<Reply> entered(Turnstile.Pass pass, int id, Lookup lookup) {
    if (closed || !queued.remove(id)) {
      pass.leave();
      return now(id, new Answer.Miss(cache.asOf(), 0));
    }
    Cache.Pending pending = begin(id, lookup);
    return pending
        .judged()
        .thenComposeAsync(
            judged -> {
              if (pending.outcome().toCompletableFuture().isDone()) {
                return outcome(id, pending).thenApply(reply -> held(pass, reply));
              }
              // Somebody who waits for a generation has nothing on its way.
              pass.leave();
              return settled(id, lookup, pending);
            },
            home);
  }

  private Cache.Pending begin(int id, Lookup lookup) {
    Cache.Pending pending = cache.lookup(lookup, caller);
    if (!pending.outcome().toCompletableFuture().isDone()) {
      var asked = new Asked(pending, lookup.waitBudget() > 0);
      waiting.put(id, asked);
      pending.judged().thenRunAsync(() -> waits(id, asked), home);
      if (leaving && asked.patient()) {
        pending.cancel();
      }
    }
    return pending;
  }

  private void waits(int id, Asked asked) {
    if (asked.equals(waiting.get(id))) {
      asked.waits().set(true);
      patient++;
      changed.run();
    }
  }

  /** The reply to a lookup that holds no pass, once there is one. */
  private CompletionStage<Reply> settled(int id, Lookup lookup, Cache.Pending pending) {
    return outcome(id, pending).thenCompose(reply -> passing(id, lookup, reply));
  }

  private CompletionStage<Reply> passing(int id, Lookup lookup, Reply reply) {
    int size = reply.bytes();
    if (size < Turnstile.LARGE || !outflow.crowded()) {
      // It is in memory already, and what is to be sent is counted.
      return CompletableFuture.completedStage(reply);
    }
    CompletionStage<Turnstile.Pass> entering = turnstile.enter(this, size);
    if (entering.toCompletableFuture().isDone()) {
      return entering.thenApply(pass -> held(pass, reply));
    }
    if (reply.leads()) {
      return entering.thenApplyAsync(pass -> held(pass, reply), home);
    }
    // The value is let go of meanwhile, and looked up again.
    queued.add(id);
    var again = new Lookup(lookup.key(), lookup.softTags(), lookup.leaseWanted(), 0);
    return entering.thenComposeAsync(pass -> entered(pass, id, again), home);
  }

  /** An answer that may be large: it is asked for again if it has to wait for its turn. */
  private CompletionStage<Reply> weighed(
      int id, Supplier<CompletionStage<? extends Answer>> asked) {
    return later(id, asked.get())
        .thenCompose(reply -> {
          if (reply.bytes() < Turnstile.LARGE) {
            return CompletableFuture.completedStage(reply);
          }
          CompletionStage<Turnstile.Pass> entering = turnstile.enter(this, reply.bytes());
          return entering.toCompletableFuture().isDone()
              ? entering.thenApply(pass -> held(pass, reply))
              : entering.thenComposeAsync(
                  pass -> later(id, asked.get()).thenApply(again -> held(pass, again)), home);
        });
  }

  /** The reply to a lookup, which waits no more once there is one. */
  private CompletionStage<Reply> outcome(int id, Cache.Pending pending) {
    BiFunction<LookupOutcome, Throwable, Reply> settled =
        (outcome, failure) -> {
          Asked asked = waiting.get(id);
          if (asked != null && asked.pending().equals(pending)) {
            waiting.remove(id);
            if (asked.waits().get()) {
              patient--;
            }
          }
          return framed(id, failure == null ? told(outcome) : failed(failure));
        };
    return pending.outcome().toCompletableFuture().isDone()
        ? pending.outcome().handle(settled)
        : pending.outcome().handleAsync(settled, home);
  }

  /** A reply that holds a pass until it is sent, or the conversation ends. */
  private Reply held(Turnstile.Pass pass, Reply reply) {
    if (closed) {
      pass.leave();
      return reply;
    }
    passes.add(pass);
    return new Reply(
        reply.frame(),
        reply.bytes(),
        () -> {
          passes.remove(pass);
          pass.leave();
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
        home);
  }

  private Answer told(LookupOutcome outcome) {
    return switch (outcome) {
      case LookupOutcome.Fresh(AsOf asOf, CacheEntry entry) -> new Answer.Fresh(asOf, told(entry));
      case LookupOutcome.Stale(AsOf asOf, long lease, CacheEntry entry) ->
          new Answer.Stale(asOf, lease, told(entry));
      case LookupOutcome.Miss(AsOf asOf, long lease) -> new Answer.Miss(asOf, lease);
    };
  }

  private Answer.Entry told(CacheEntry entry) {
    return new Answer.Entry(
        entry.revision(),
        entry.tags(),
        entry.life(),
        entry.age(cache.now()),
        entry.checksum(),
        entry.value());
  }

  private Answer told(Refreshed refreshed) {
    var missed = refreshed.missed();
    return new Answer.Refreshed(
        refreshed.asOf(), missed.since(), missed.invalidations().stream().map(this::told).toList());
  }

  /** An invalidation as it is told to this client. */
  Answer.Told told(Invalidation invalidation) {
    return new Answer.Told(
        invalidation.revision(), invalidation.expiresIn(cache.now()), invalidation.tags());
  }

  private static CompletionStage<Reply> now(int id, Answer answer) {
    return CompletableFuture.completedStage(framed(id, answer));
  }

  private CompletionStage<Reply> later(int id, CompletionStage<? extends Answer> answer) {
    BiFunction<Answer, Throwable, Reply> framed =
        (told, failure) -> framed(id, failure == null ? told : failed(failure));
    return answer.toCompletableFuture().isDone()
        ? answer.handle(framed)
        : answer.handleAsync(framed, home);
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
      case StoreException e -> new Answer.Failed(ErrorCode.STORE_UNAVAILABLE, Complaints.told(e));
      case ProtocolException e -> new Answer.Failed(e.code(), why);
      default -> {
        LastResort.ifOutOfMemory(cause);
        LOG.log(Level.ERROR, "a request failed", cause);
        yield new Answer.Failed(ErrorCode.INTERNAL, "a fault of the server; its log has details");
      }
    };
  }
}
