package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.server.access.Permission;
import dev.larder.server.access.Principal;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * {@code GET /v1/events?since=&namespace=}: what happens, as server-sent events.
 *
 * <p>Each has its number as {@code id}, its kind as {@code event}, and as data {@code {"number",
 * "at", "kind", "namespace", "sentence", "details"}}; of what is about the whole server {@code
 * namespace} is left out. {@code since}, or the header {@code Last-Event-ID}, is the number of the
 * last event that is known, and 0 is before all that are remembered; without either, only what
 * happens from now on is sent. If what came after it is not remembered any more, an event {@code
 * gap} comes first.
 *
 * <p>A token for some namespaces is sent what happens in these, and to the server; who was refused,
 * and whose connections were ended, is sent only to those who may do everything. A stream ends with
 * its client, with the right it was asked for with, and with the server.
 */
final class EventsEndpoint {
  /** How many may listen. */
  private static final int MOST = 256;

  private final Vertx vertx;
  private final EventLog events;
  private final AccessCheck check;
  private final Set<EventStream> open = ConcurrentHashMap.newKeySet();
  private volatile boolean leaving;

  EventsEndpoint(Vertx vertx, EventLog events, AccessCheck check) {
    this.vertx = vertx;
    this.events = events;
    this.check = check;
  }

  /** Answers with events, until nobody listens any more. */
  CompletionStage<?> listen(Router.Call call) {
    HttpServerRequest request = call.request();
    Principal principal = call.principal();
    Optional<Namespace> only =
        Optional.ofNullable(request.getParam("namespace")).map(Namespace::new);
    check.require(request, principal, Permission.INSPECT, only);
    long since = since(request);
    if (leaving || open.size() >= MOST) {
      throw new Refusal(
          503,
          leaving ? "draining" : "overloaded",
          leaving ? "the server is stopping" : "%d listen to events already".formatted(MOST));
    }
    var stream = new EventStream(vertx, request, events, since, visible(principal, only));
    open.add(stream);
    Runnable release =
        check.hold(
            request, principal, () -> stream.end("the session or the token has ended, or changed"));
    stream.begin();
    return stream
        .ended()
        .onComplete(ended -> {
          open.remove(stream);
          release.run();
        })
        .toCompletionStage();
  }

  /** Ends all streams, and whatever comes from now on. */
  void leave() {
    leaving = true;
    open.forEach(stream -> stream.end("the server is stopping"));
  }

  private static Predicate<Event> visible(Principal principal, Optional<Namespace> only) {
    return event -> {
      boolean may = !event.kind().forOperators() || principal.may(Permission.ADMINISTER);
      if (event.namespace().isEmpty()) {
        // An address that was refused may be of somebody who wanted another namespace.
        return may && (!event.kind().forOperators() || principal.namespaces().isEmpty());
      }
      Namespace where = event.namespace().orElseThrow();
      return may && principal.in(where) && only.filter(asked -> !asked.equals(where)).isEmpty();
    };
  }

  /** The number of the last event that is known; the latest if none is named. */
  private long since(HttpServerRequest request) {
    String header = request.getHeader("last-event-id");
    String given = header == null || header.isEmpty() ? request.getParam("since") : header;
    if (given == null) {
      return events.last();
    }
    try {
      long number = Long.parseLong(given);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, as what it is.
    }
    throw new InvalidValueException(
        "'since' is %s; expected the id of an event, or 0"
            .formatted(InvalidValueException.shortened(given)));
  }
}
