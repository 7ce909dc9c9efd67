package dev.larder.server.session;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Identity;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Lookup;
import dev.larder.core.PathReads;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Report;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Caller;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader.Read;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.ProtocolException;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * One client's conversation with a cache: answers its frames, whatever carries them. Used by one
 * thread, the one {@code eventLoop} runs on.
 *
 * <p>What a client may rely on: the first frame must be HELLO, and others are refused before; a
 * lookup that was sent after a put of the same key sees that put; other requests may be answered in
 * any order. Every request has one answer, but for a cancellation, whose lookup has one.
 *
 * <p>A request that fails is answered with an ERROR frame and does not end the conversation.
 */
public final class Session {
  private final Cache cache;
  private final Terms terms;
  private final Grants grants;
  private final Caller caller;
  private final Executor eventLoop;
  private final Responses responses;
  private final Lookups lookups;
  private final Fleet.Member client;

  /** Puts under way, so that a lookup sent after a put sees it. */
  private final Map<CacheKey, CompletionStage<PutOutcome>> arriving = new HashMap<>();

  private boolean welcomed;

  /** The version of the protocol the client speaks; none before the handshake. */
  private int version;

  /**
   * A conversation that has not begun.
   *
   * @param grants what the client may ask
   * @param memory the memory all sessions share
   * @param eventLoop where everything of this session runs
   * @param client the process it is with
   * @param changed run when one more lookup waits for somebody else's entry
   */
  public Session(
      Cache cache,
      Terms terms,
      Grants grants,
      SessionMemory memory,
      Executor eventLoop,
      Fleet.Member client,
      Runnable changed) {
    this.cache = cache;
    this.client = client;
    this.caller = new Caller(() -> client.identity().instance());
    this.terms = terms;
    this.grants = grants;
    this.eventLoop = eventLoop;
    this.responses = new Responses(cache, client, eventLoop);
    this.lookups = new Lookups(cache, caller, memory, eventLoop, responses, changed);
  }

  /**
   * What a server tells every client.
   *
   * @param heartbeat how often a client must be heard from, in ms
   * @param frameLimit the most bytes of a protocol frame, its length field included
   * @param maxValue the most bytes of a value
   * @param name what the server calls itself
   */
  public record Terms(int heartbeat, int frameLimit, int maxValue, String name) {}

  /**
   * How many lookups wait for somebody else's entry.
   *
   * <p>These do not count as work under way: they may wait as long as their clients allow.
   */
  public int patient() {
    return lookups.patient();
  }

  /**
   * The bytes of the value a frame asks for, as far as the store knows.
   *
   * <p>0 for a frame that asks for none.
   */
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
   * Responses one frame. The stage completes on {@link #eventLoop} and never fails; none if the
   * frame is one that has no answer of its own.
   */
  public Optional<CompletionStage<Reply>> answer(Read read) {
    return switch (read) {
      case Read.Bad(int id, ErrorCode code, String why) ->
          Optional.of(Responses.now(id, new Response.Failed(code, why)));
      case Read.Good(Frame(int id, Request.Cancel(int lookup))) when welcomed -> {
        lookups.cancel(lookup);
        yield Optional.empty();
      }
      case Read.Good(Frame(int id, Request request)) -> Optional.of(answer(id, request));
      case Read.Good(Frame(int id, Response answer)) ->
          Optional.of(
              Responses.now(
                  id,
                  new Response.Failed(
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
        .map(fresh -> new Frame(id, responses.of(fresh)))
        .filter(frame -> Reply.bytes(frame.message()) < MemoryLimit.LARGE);
  }

  /** Responses every lookup that waits for somebody else's entry, and lets none wait any more. */
  public void drain() {
    lookups.drain();
  }

  /** The client was silent for too long: {@link #close} follows. */
  public void unheard() {
    client.unheard();
  }

  /**
   * Ends the conversation: the client is gone, its leases pass on.
   *
   * <p>Nothing is answered any more; what is under way in the store goes on.
   */
  public void close() {
    int leases = cache.leases().close(caller);
    lookups.close();
    client.left(leases);
  }

  /** Answers a request by its kind, once the handshake and the rights of the client allow it. */
  private CompletionStage<Reply> answer(int id, Request request) {
    if (!welcomed && !(request instanceof Request.Hello)) {
      return Responses.now(
          id, new Response.Failed(ErrorCode.HANDSHAKE_REQUIRED, "the first frame must be a HELLO"));
    }
    Optional<String> refused = grants.refusal(request);
    if (refused.isPresent()) {
      // Version 1 has no word for it.
      ErrorCode code = version < 2 ? ErrorCode.INVALID_VALUE : ErrorCode.FORBIDDEN;
      return Responses.now(id, new Response.Failed(code, refused.get()));
    }
    try {
      return switch (request) {
        case Request.Hello hello -> welcome(id, hello);
        case Request.Lookup(Lookup lookup) ->
            lookups.lookup(
                id, grants.limited(lookup), Optional.ofNullable(arriving.get(lookup.key())));
        case Request.Put(Put put) -> put(id, put);
        case Request.Release(CacheKey key, long lease) ->
            responses.later(id, cache.release(key, lease).thenApply(Response.Released::new));
        case Request.Renew(CacheKey key, long lease) ->
            responses.later(id, cache.renew(key, lease, caller).thenApply(Response.Renewed::new));
        case Request.Invalidate(TagSet tags, long expire, InvalidationSource source) ->
            responses.later(
                id,
                cache
                    .invalidate(tags, expire, client.sourceOf(source).token(grants.token()))
                    .thenApply(Response.Invalidated::new));
        case Request.Refresh(AsOf known) ->
            lookups.limited(id, () -> cache.refresh(known).thenApply(responses::of));
        case Request.Cancel cancel ->
            throw new IllegalStateException("a cancellation has no answer");
        case Request.Ping() -> Responses.now(id, new Response.Pong());
        case Request.Identify(Identity identity) -> {
          client.identified(identity);
          yield Responses.now(id, new Response.Pong());
        }
        case Request.Report(Report report) -> {
          client.reported(report);
          yield Responses.now(id, new Response.Pong());
        }
        case Request.Paths(List<PathReads> reads) -> {
          client.read(reads);
          yield Responses.now(id, new Response.Pong());
        }
        case Request.Hottest(long count) ->
            lookups.limited(id, () -> cache.hottest((int) count).thenApply(Response.Keys::new));
      };
    } catch (RuntimeException e) {
      return Responses.now(id, Responses.failed(e));
    }
  }

  /**
   * Any version from {@link Protocol#OLDEST} to {@link Protocol#VERSION}; the answer is in the same
   * one.
   */
  private CompletionStage<Reply> welcome(int id, Request.Hello hello) {
    if (hello.version() < Protocol.OLDEST || hello.version() > Protocol.VERSION) {
      return Responses.now(
          id,
          new Response.Failed(
              ErrorCode.UNSUPPORTED_VERSION,
              "version %d; this server speaks %d to %d"
                  .formatted(hello.version(), Protocol.OLDEST, Protocol.VERSION)));
    }
    welcomed = true;
    version = hello.version();
    responses.speak(version);
    client.greeted(version, hello.client(), hello.known());
    // A client that comes from another server must not learn less than it knows. It is answered in
    // the turn in which it is welcomed where history stands, so that pushes follow without a gap.
    CompletionStage<Void> current = cache.catchUp();
    return current.toCompletableFuture().isDone()
        ? Responses.now(id, welcome())
        : current.handleAsync((caughtUp, failure) -> Reply.of(new Frame(id, welcome())), eventLoop);
  }

  private Response welcome() {
    return new Response.Welcome(
        version,
        cache.asOf(),
        terms.heartbeat(),
        (int) cache.leases().duration(),
        terms.frameLimit(),
        terms.name());
  }

  /**
   * Refuses a value that is too large, or whose CRC-32 is not the one it came with.
   *
   * @throws ProtocolException with the code of the answer
   */
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
    CompletionStage<PutOutcome> stored = cache.put(put);
    if (stored.toCompletableFuture().isDone()) {
      return responses.later(id, stored.thenApply(Response.Stored::new));
    }
    arriving.put(put.key(), stored);
    return stored.handleAsync(
        (outcome, failure) -> {
          arriving.remove(put.key(), stored);
          return Responses.framed(
              id, failure == null ? new Response.Stored(outcome) : Responses.failed(failure));
        },
        eventLoop);
  }
}
