package dev.larder.server.redisrest;

import dev.larder.redis.engine.Database.Subscription;
import dev.larder.server.access.AccessControl;
import dev.larder.server.access.Principal;
import dev.larder.server.http.Refusal;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** Events over HTTP: answers that end when their clients leave, or the server stops. */
final class MessageStreams {
  private final Vertx vertx;
  private final AccessControl control;
  private final int most;
  private final Set<MessageStream> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong waiting = new AtomicLong();
  private volatile boolean closed;

  /**
   * Nobody listens.
   *
   * @param control who may still listen
   * @param most how many may
   */
  MessageStreams(Vertx vertx, AccessControl control, int most) {
    this.vertx = vertx;
    this.control = control;
    this.most = most;
  }

  /**
   * Answers a request with events.
   *
   * <p>Refuses {@code HEAD} with 405, and one more than there may be with 503.
   *
   * @param principal who listens, for as long as it may
   * @param source begins to show them to the stream
   * @param first what is shown when it has begun
   * @return completes once nobody listens any more
   */
  Future<Void> serve(
      HttpServerRequest request,
      Principal principal,
      Function<MessageStream, CompletionStage<Subscription>> source,
      List<String> first) {
    if (request.method().equals(HttpMethod.HEAD)) {
      throw new Refusal(405, "method-not-allowed", "ERR HEAD; expected GET, POST, PUT");
    }
    if (closed || open.size() >= most) {
      throw new Refusal(
          503, "overloaded", closed ? "ERR the server is stopping" : "ERR too many subscriptions");
    }
    Context context = vertx.getOrCreateContext();
    var stream = new MessageStream(vertx, context, request, waiting);
    open.add(stream);
    Runnable release =
        control.hold(principal, () -> stream.end("the token was revoked, or has changed"));
    stream
        .ended()
        .onComplete(ended -> {
          open.remove(stream);
          release.run();
        });
    Future.fromCompletionStage(source.apply(stream), context)
        .onSuccess(subscription -> stream.begin(subscription, first))
        .onFailure(stream::fail);
    return stream.ended();
  }

  /** Ends them all, and whatever comes from now on. */
  void close() {
    closed = true;
    open.forEach(stream -> stream.end("the server is stopping"));
  }
}
