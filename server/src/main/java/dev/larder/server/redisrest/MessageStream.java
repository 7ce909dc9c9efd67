package dev.larder.server.redisrest;

import dev.larder.redis.engine.Database;
import dev.larder.server.socket.Connection;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One answer of server-sent events. Used by the event loop of its request.
 *
 * <p>It begins when the store has said that it listens, and ends when its client leaves, reads too
 * slowly, loses its right, or the server stops. The reason of an end that the server wants is sent
 * as a comment, which clients skip. A message that is sent while nobody is connected is lost, as
 * with Redis.
 */
final class MessageStream {
  /** How often a comment is sent, in ms: a proxy ends what is silent. */
  private static final long COMMENT = 10_000;

  /** What may wait for a client that does not read, in bytes; one that has more is sent away. */
  private static final long WAITING = 4 << 20;

  /** What may wait for one while too much waits for all. */
  private static final long WAITING_WHEN_CROWDED = 64 << 10;

  /** What may wait for all, in bytes. */
  private static final long CROWDED = Runtime.getRuntime().maxMemory() / 16;

  /** How long a client may take to read the end, in ms. */
  private static final long GOODBYE = 5_000;

  private final Vertx vertx;
  private final Context context;
  private final HttpServerResponse response;
  private final Connection connection;
  private final Promise<Void> ended = Promise.promise();

  /** Bytes of events that were heard or handed to the socket, and have not left. */
  private final AtomicLong waiting = new AtomicLong();

  /** The same of all streams of the server, which share it. */
  private final AtomicLong waitingForAll;

  private Database.@Nullable Subscription subscription;

  /** True once somebody has said that it ends; only the first reason counts. */
  private final AtomicBoolean ending = new AtomicBoolean();

  private long timer = -1;

  /** Of the event loop: nothing is written any more. */
  private boolean over;

  MessageStream(Vertx vertx, Context context, HttpServerRequest request, AtomicLong waitingForAll) {
    this.waitingForAll = waitingForAll;
    this.vertx = vertx;
    this.context = context;
    this.response = request.response();
    this.connection = Connection.of(request.connection());
    response.closeHandler(closed -> finish());
    response.exceptionHandler(failure -> finish());
  }

  /** Completes once it has ended; fails if it did not begin. */
  Future<Void> ended() {
    return ended.future();
  }

  /**
   * Says that it listens.
   *
   * @param begun closed with this
   * @param first events that are sent before all others
   */
  void begin(Database.Subscription begun, List<String> first) {
    if (over) {
      begun.close();
      return;
    }
    subscription = begun;
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
        // nginx would keep messages until it has a page of them.
        .putHeader("x-accel-buffering", "no")
        .putHeader("upstash-sync-token", Answer.syncToken())
        .setChunked(true);
    timer = vertx.setPeriodic(COMMENT, tick -> context.runOnContext(now -> write(": ka\n\n")));
    first.forEach(this::write);
  }

  /**
   * It could not begin.
   *
   * <p>Nothing was sent: the failure is answered as one of any request.
   */
  void fail(Throwable failure) {
    over = true;
    ended.tryFail(failure);
  }

  /**
   * Sends an event. Called by any thread.
   *
   * <p>Keeps the order of one thread that calls. Never waits: a stream that has too much waiting
   * ends.
   */
  void hear(String event) {
    int length = event.length();
    long most = waitingForAll.get() > CROWDED ? WAITING_WHEN_CROWDED : WAITING;
    if (waiting.get() > 0 && waiting.get() + length > most) {
      end("its client did not read, and %d bytes waited".formatted(waiting.get()));
      return;
    }
    count(length);
    context.runOnContext(now -> {
      count(-length);
      write(event);
    });
  }

  /** Ends it, and says why to whoever still reads. Called by any thread. */
  void end(String why) {
    if (!ending.compareAndSet(false, true)) {
      return;
    }
    context.runOnContext(now -> {
      if (over || !response.headWritten()) {
        finish();
        return;
      }
      write(": the stream ends: %s\n\n".formatted(why));
      leave();
      var closing = vertx.setTimer(GOODBYE, late -> connection.close());
      response
          .end()
          .onComplete(sent -> {
            vertx.cancelTimer(closing);
            finish();
          });
    });
  }

  private void write(String event) {
    if (over) {
      return;
    }
    Buffer bytes = Buffer.buffer(event);
    int length = bytes.length();
    count(length);
    connection.sending(length);
    response
        .write(bytes)
        .onComplete(sent -> {
          count(-length);
          connection.sent(length);
        });
  }

  /** Fewer than none: they have left. */
  private void count(int bytes) {
    waiting.addAndGet(bytes);
    waitingForAll.addAndGet(bytes);
  }

  private void finish() {
    leave();
    ended.tryComplete();
  }

  /** Hears nothing from now on, and writes nothing. */
  private void leave() {
    over = true;
    if (timer >= 0) {
      vertx.cancelTimer(timer);
    }
    if (subscription != null) {
      subscription.close();
    }
  }
}
