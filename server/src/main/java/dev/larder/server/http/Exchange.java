package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.concurrent.CompletionStage;

/** How requests are read and answered, whatever they ask. */
final class Exchange {
  /** The content type of frames. */
  static final String FRAMES = "application/octet-stream";

  /** The content type of everything for people. */
  static final String JSON = "application/json";

  /** How long a request line may be, in bytes. */
  static final int LINE = 4096;

  private Exchange() {}

  /**
   * Refuses another content type than the one expected.
   *
   * <p>Parameters such as {@code charset} do not count, nor does the case of letters.
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

  /**
   * Answers with JSON.
   *
   * <p>A line end follows, for people with a terminal.
   */
  static Future<Void> json(HttpServerRequest request, int status, JsonObject body) {
    return request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
        .putHeader("x-content-type-options", "nosniff")
        .end(body.encode() + "\n");
  }

  /**
   * Answers with JSON, on the event loop of the request, once it is known.
   *
   * @return completes once it is answered; fails as {@code work} does
   */
  static CompletionStage<?> answer(
      Vertx vertx, HttpServerRequest request, CompletionStage<JsonObject> work) {
    return Future.fromCompletionStage(work, vertx.getOrCreateContext())
        .compose(body -> json(request, 200, body))
        .toCompletionStage();
  }

  /**
   * Answers with the error that a failure stands for.
   *
   * <p>The body is {@code {"error": {"code", "message"}}}: the code is for programs and does not
   * change, the message for people. Nothing is sent if an answer has begun, or the client has gone.
   * After a 408 the connection is closed: the rest of the body would be taken for the next request.
   */
  static void refuse(HttpServerRequest request, Throwable failure) {
    if (request.response().headWritten() || request.response().closed()) {
      return;
    }
    Refusal refusal = Refusal.of(failure);
    json(
            request,
            refusal.status(),
            new JsonObject()
                .put(
                    "error",
                    new JsonObject()
                        .put("code", refusal.code())
                        .put("message", refusal.getMessage())))
        .onComplete(sent -> {
          if (refusal.status() == 408) {
            request.connection().close();
          }
        });
  }

  /** A request line is longer than {@link #LINE}. */
  static Refusal longLine() {
    return new Refusal(414, "too-large", "a request line of more than %d bytes".formatted(LINE));
  }

  /**
   * Answers what is no request of HTTP as we speak it.
   *
   * <p>431 for headers, 414 for the line, 400 for the rest; the connection is closed, since nobody
   * knows where the next request would begin.
   */
  static void refuseInvalid(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    Refusal refusal =
        switch (cause) {
          case TooLongHttpLineException e -> longLine();
          case TooLongHttpHeaderException e ->
              new Refusal(431, "too-large", "headers of more than 8192 bytes");
          case null, default -> new Refusal(400, "invalid-value", "a request that is not HTTP/1.1");
        };
    request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    refuse(request, refusal);
  }
}
