package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import dev.larder.core.spi.StoreException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.concurrent.CompletionException;

/** How requests are read and answered, whatever they ask. */
final class Exchange {
  /** The content type of frames. */
  static final String FRAMES = "application/octet-stream";

  /** The content type of everything for people. */
  static final String JSON = "application/json";

  private static final Logger LOG = System.getLogger(Exchange.class.getName());

  private Exchange() {}

  /**
   * Refuses another content type than the one expected.
   *
   * @throws Refusal 415
   */
  static void expect(HttpServerRequest request, String type) {
    String given = request.getHeader(HttpHeaders.CONTENT_TYPE);
    String essence =
        given == null ? "none" : given.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!essence.equals(type)) {
      throw new Refusal(
          415,
          "unsupported-media-type",
          "content type %s; expected %s".formatted(InvalidValueException.shortened(essence), type));
    }
  }

  /** The bytes of a body as its request announces them, or {@code limit} if it does not. */
  static long announced(HttpServerRequest request, int limit) {
    return announced(request, limit, limit);
  }

  private static long announced(HttpServerRequest request, int otherwise, int limit) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length == null ? otherwise : Math.min(limit, Long.parseLong(length));
  }

  /** The whole body, refused as soon as it is known to be longer than {@code limit}. */
  static Future<Buffer> body(HttpServerRequest request, int limit) {
    Promise<Buffer> whole = Promise.promise();
    Buffer gathered = Buffer.buffer((int) announced(request, 0, limit));
    request.exceptionHandler(whole::tryFail);
    request.handler(chunk -> {
      if (gathered.length() + (long) chunk.length() > limit) {
        request.pause();
        whole.tryFail(
            new Refusal(413, "too-large", "a body over the limit of %d bytes".formatted(limit)));
      } else {
        gathered.appendBuffer(chunk);
      }
    });
    request.endHandler(end -> whole.tryComplete(gathered));
    request.resume();
    return whole.future();
  }

  /** Answers with JSON. */
  static Future<Void> json(HttpServerRequest request, int status, JsonObject body) {
    return request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .end(body.encode() + "\n");
  }

  /** Answers with the error that a failure stands for. */
  static void refuse(HttpServerRequest request, Throwable failure) {
    if (request.response().headWritten() || request.response().closed()) {
      return;
    }
    Refusal refusal = refusal(failure);
    json(
            request,
            refusal.status(),
            new JsonObject()
                .put(
                    "error",
                    new JsonObject()
                        .put("code", refusal.code())
                        .put("message", refusal.getMessage())))
        .onComplete(sent -> drain(request));
  }

  /** Lets go of what is left of a body nobody wants. */
  private static void drain(HttpServerRequest request) {
    if (!request.isEnded()) {
      request.handler(chunk -> {});
      request.resume();
    }
  }

  private static Refusal refusal(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case Refusal refusal -> refusal;
      case InvalidValueException e ->
          new Refusal(400, "invalid-value", String.valueOf(e.getMessage()));
      case StoreException e ->
          new Refusal(503, "store-unavailable", String.valueOf(e.getMessage()));
      default -> {
        LOG.log(Level.ERROR, "a request failed", cause);
        yield new Refusal(500, "internal", "a fault of the server; its log has details");
      }
    };
  }
}
