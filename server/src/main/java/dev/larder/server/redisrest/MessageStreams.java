package dev.larder.server.redisrest;

import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.server.http.Refusal;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Subscriptions over HTTP: answers that end when their clients leave, or the server stops. */
final class MessageStreams {
  private final Vertx vertx;
  private final int most;
  private final Set<MessageStream> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong waiting = new AtomicLong();
  private volatile boolean closed;

  /**
   * Nobody listens.
   *
   * @param most how many may
   */
  MessageStreams(Vertx vertx, int most) {
    this.vertx = vertx;
    this.most = most;
  }

  /**
   * Answers a request with what is published from now on.
   *
   * @param names of channels, or patterns
   * @return completes once nobody listens any more
   */
  Future<Void> serve(
      HttpServerRequest request, Database database, List<Bytes> names, boolean patterns) {
    if (request.method().equals(HttpMethod.HEAD)) {
      throw new Refusal(405, "method-not-allowed", "ERR HEAD; expected GET, POST, PUT");
    }
    if (names.isEmpty()) {
      throw new Refusal(
          400,
          "invalid-value",
          "ERR wrong number of arguments for '%s' command"
              .formatted(patterns ? "psubscribe" : "subscribe"));
    }
    if (closed || open.size() >= most) {
      throw new Refusal(
          503, "overloaded", closed ? "ERR the server is stopping" : "ERR too many subscriptions");
    }
    Context context = vertx.getOrCreateContext();
    var stream = new MessageStream(vertx, context, request, waiting);
    open.add(stream);
    stream.ended().onComplete(ended -> open.remove(stream));
    Set<Bytes> wanted = wanted(names);
    Future.fromCompletionStage(
            database.subscribe(
                patterns ? Set.of() : wanted, patterns ? wanted : Set.of(), stream::hear),
            context)
        .onSuccess(subscription -> stream.begin(subscription, names, patterns))
        .onFailure(stream::fail);
    return stream.ended();
  }

  /** Ends them all, and whatever comes from now on. */
  void close() {
    closed = true;
    open.forEach(MessageStream::end);
  }

  /** The SDK does not encode a slash: what it makes several names of may be one. */
  private static Set<Bytes> wanted(List<Bytes> names) {
    var wanted = new LinkedHashSet<Bytes>(names);
    if (names.size() > 1) {
      var joined = new StringJoiner("/");
      names.forEach(name -> joined.add(name.toString()));
      wanted.add(Bytes.of(joined.toString()));
    }
    return wanted;
  }
}
