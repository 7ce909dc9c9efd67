package dev.larder.server.http;

import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import dev.larder.server.socket.Connection;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * One answer of events. Used by the event loop of its request, but for {@link #end}.
 *
 * <p>It takes from the log only what the socket takes from it: for a client that reads slowly
 * nothing is kept, and what is forgotten meanwhile is sent to it as a gap. A client that takes
 * nothing at all is ended by {@link dev.larder.server.socket.Connections}.
 */
final class EventStream {
  /** How often a comment is sent, in ms: a proxy ends what is silent. */
  private static final long COMMENT = 15_000;

  /** How many events are looked at before others have their turn on the event loop. */
  private static final int AT_ONCE = 256;

  /** How long a client may take to read the end, in ms. */
  private static final long GOODBYE = 5_000;

  private final Vertx vertx;
  private final Context context;
  private final HttpServerResponse response;
  private final Connection connection;
  private final EventLog events;
  private final Predicate<Event> visible;
  private final Promise<Void> ended = Promise.promise();
  private final AtomicBoolean ending = new AtomicBoolean();

  /** Whether the event loop is to look for events. */
  private final AtomicBoolean woken = new AtomicBoolean();

  private Runnable deaf = () -> {};
  private long timer = -1;

  /** The number of the last event that was looked at. */
  private long known;

  /** Up to which number it was told that events are missing. */
  private long missed = -1;

  private boolean over;

  EventStream(
      Vertx vertx,
      HttpServerRequest request,
      EventLog events,
      long since,
      Predicate<Event> visible) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.response = request.response();
    this.connection = Connection.of(request.connection());
    this.events = events;
    this.known = since;
    this.visible = visible;
  }

  /** Completes once nobody listens any more. */
  Future<Void> ended() {
    return ended.future();
  }

  /** Says that it listens, and sends what there is. */
  void begin() {
    response.closeHandler(closed -> finish());
    response.exceptionHandler(failure -> finish());
    response.drainHandler(drained -> send());
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        // nginx would keep events until it has a page of them.
        .putHeader("x-accel-buffering", "no")
        .setChunked(true);
    write("retry: 2000\n: listening\n\n");
    timer = vertx.setPeriodic(COMMENT, tick -> context.runOnContext(now -> comment()));
    deaf = events.listen(this::wake);
    send();
  }

  /** Ends it, and says why to whoever still reads. Called by any thread. */
  void end(String why) {
    if (!ending.compareAndSet(false, true)) {
      return;
    }
    context.runOnContext(now -> {
      if (over) {
        return;
      }
      send();
      write(": the stream ends: %s\n\n".formatted(why));
      leave();
      var closing = vertx.setTimer(GOODBYE, late -> connection.close());
      response
          .end()
          .onComplete(sent -> {
            vertx.cancelTimer(closing);
            ended.tryComplete();
          });
    });
  }

  private void wake() {
    if (woken.compareAndSet(false, true)) {
      context.runOnContext(now -> send());
    }
  }

  /** Sends what is new, as far as the socket takes it. */
  private void send() {
    woken.set(false);
    if (over || response.writeQueueFull()) {
      return;
    }
    EventLog.Page page = events.after(known, AT_ONCE);
    if (page.missed() && page.forgotten() != missed) {
      missed = page.forgotten();
      long before = known;
      known = page.events().isEmpty() ? events.last() : page.events().getFirst().number() - 1;
      write(gap(before, known, missed));
    }
    for (Event event : page.events()) {
      if (response.writeQueueFull()) {
        return;
      }
      known = event.number();
      if (visible.test(event)) {
        write(text(event));
      }
    }
    if (page.events().size() == AT_ONCE) {
      wake();
    }
  }

  private void comment() {
    if (!over && !response.writeQueueFull()) {
      write(":\n\n");
    }
  }

  private void write(String text) {
    if (over) {
      return;
    }
    Buffer bytes = Buffer.buffer(text);
    int length = bytes.length();
    connection.sending(length);
    response.write(bytes).onComplete(sent -> connection.sent(length));
  }

  private void finish() {
    leave();
    ended.tryComplete();
  }

  /** Hears nothing from now on, and writes nothing. */
  private void leave() {
    over = true;
    deaf.run();
    vertx.cancelTimer(timer);
  }

  /**
   * Says that not all is remembered.
   *
   * @param after what was known
   * @param next the number before that of the next event that is
   * @param forgotten up to which number some are missing
   */
  private static String gap(long after, long next, long forgotten) {
    String data =
        new JsonObject()
            .put("kind", "gap")
            .put("after", after)
            .put("to", forgotten)
            .put(
                "sentence",
                "of what came after event %d not all is remembered any more".formatted(after))
            .encode();
    return "id: %d\nevent: gap\ndata: %s\n\n".formatted(next, data);
  }

  private static String text(Event event) {
    var details = new JsonObject();
    event
        .details()
        .forEach((name, value) ->
            details.put(
                name, value instanceof List<?> list ? new JsonArray(List.copyOf(list)) : value));
    var json =
        new JsonObject()
            .put("number", event.number())
            .put("at", Instant.ofEpochMilli(event.at()).toString())
            .put("kind", event.kind().label());
    event.namespace().ifPresent(namespace -> json.put("namespace", namespace.name()));
    json.put("sentence", event.sentence()).put("details", details);
    return "id: %d\nevent: %s\ndata: %s\n\n"
        .formatted(event.number(), event.kind().label(), json.encode());
  }
}
