package dev.larder.server.session;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.LookupOutcome;
import dev.larder.core.Refreshed;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.OverloadedException;
import dev.larder.core.spi.StoreException;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.ProtocolException;
import dev.larder.core.wire.Response;
import dev.larder.server.process.OutOfMemory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;

/**
 * What the model says, as clients are answered. Used by one thread, the one of the event loop.
 *
 * <p>A duration is given from now on, not a time of day: clocks of clients may differ.
 */
final class Responses {
  private static final Logger LOG = System.getLogger(Responses.class.getName());

  private final Cache cache;
  private final Fleet.Member client;
  private final Executor eventLoop;

  /**
   * Whether the client is sent how long a generation took.
   *
   * <p>From version 2 of the protocol on.
   */
  private boolean detailed;

  Responses(Cache cache, Fleet.Member client, Executor eventLoop) {
    this.cache = cache;
    this.client = client;
    this.eventLoop = eventLoop;
  }

  /** Answers as that version of the protocol has it from now on. */
  void speak(int version) {
    detailed = version >= 2;
  }

  /** The answer to a lookup. */
  Response of(LookupOutcome outcome) {
    return switch (outcome) {
      case LookupOutcome.FreshHit(AsOf asOf, CacheEntry entry) ->
          new Response.Fresh(asOf, of(entry));
      case LookupOutcome.StaleHit(AsOf asOf, long lease, CacheEntry entry) ->
          new Response.Stale(asOf, lease, of(entry));
      case LookupOutcome.Miss(AsOf asOf, long lease) -> new Response.Miss(asOf, lease);
    };
  }

  private Response.Entry of(CacheEntry entry) {
    client.served(entry.origin().generation());
    return new Response.Entry(
        entry.revision(),
        entry.tags(),
        entry.life(),
        entry.age(cache.now()),
        entry.checksum(),
        entry.value(),
        detailed ? entry.origin().generation() : 0);
  }

  /** The answer to a refresh. */
  Response of(Refreshed refreshed) {
    var missed = refreshed.missed();
    return new Response.Refreshed(
        refreshed.asOf(), missed.since(), missed.invalidations().stream().map(this::of).toList());
  }

  /** An invalidation as this client is sent it. */
  Response.Notification of(Invalidation invalidation) {
    return new Response.Notification(
        invalidation.revision(), invalidation.expiresIn(cache.now()), invalidation.tags());
  }

  /** The reply that is known now. */
  static CompletionStage<Reply> now(int id, Response answer) {
    return CompletableFuture.completedStage(framed(id, answer));
  }

  /** The reply once its answer is known; completes on the event loop, and never fails. */
  CompletionStage<Reply> later(int id, CompletionStage<? extends Response> answer) {
    BiFunction<Response, Throwable, Reply> framed =
        (known, failure) -> framed(id, failure == null ? known : failed(failure));
    return answer.toCompletableFuture().isDone()
        ? answer.handle(framed)
        : answer.handleAsync(framed, eventLoop);
  }

  /** An answer to the request of that id. */
  static Reply framed(int id, Response answer) {
    return Reply.of(new Frame(id, answer));
  }

  /**
   * The answer to a request that failed: what clients may know of it.
   *
   * <p>A fault that nobody foresaw is {@code INTERNAL}, is logged, and the client learns nothing of
   * it.
   */
  static Response failed(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    String why = String.valueOf(cause.getMessage());
    return switch (cause) {
      case InvalidValueException e -> new Response.Failed(ErrorCode.INVALID_VALUE, why);
      case OverloadedException e -> new Response.Failed(ErrorCode.OVERLOADED, why);
      case StoreException e ->
          new Response.Failed(ErrorCode.STORE_UNAVAILABLE, StoreErrors.describe(e));
      case ProtocolException e -> new Response.Failed(e.code(), why);
      default -> {
        OutOfMemory.exitIfCause(cause);
        LOG.log(Level.ERROR, "a request failed", cause);
        yield new Response.Failed(ErrorCode.INTERNAL, "a fault of the server; its log has details");
      }
    };
  }
}
