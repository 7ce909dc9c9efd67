package dev.larder.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.spi.StoreException;
import dev.larder.core.wire.Protocol;
import dev.larder.server.Namespaces;
import dev.larder.server.ServerConfig;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** The HTTP side of a server: routes requests, and answers every fault in one form. */
public final class HttpApi {
  private static final Logger LOG = System.getLogger(HttpApi.class.getName());
  private static final String FRAMES = "application/octet-stream";
  private static final String JSON = "application/json";

  /** The most bytes of a JSON body. */
  private static final int JSON_BYTES = 8 << 20;

  private final Vertx vertx;
  private final Namespaces namespaces;
  private final ServerConfig config;
  private final Session.Terms terms;
  private volatile boolean draining;

  /**
   * The endpoints of a server.
   *
   * @param name what the server calls itself in the handshake
   */
  public HttpApi(Vertx vertx, Namespaces namespaces, ServerConfig config, String name) {
    this.vertx = vertx;
    this.namespaces = namespaces;
    this.config = config;
    this.terms =
        new Session.Terms(
            config.heartbeatMillis(),
            config.maxValueBytes() + Protocol.FRAME_OVERHEAD,
            config.maxValueBytes(),
            name);
  }

  /** Listens on the configured address. */
  public Future<HttpServer> listen() {
    // Over the frame limit there is an answer; far over it the message is not even received.
    int most = (int) Math.min(Integer.MAX_VALUE, 2L * terms.frameLimit());
    var options =
        new HttpServerOptions()
            .setHost(config.host())
            .setPort(config.port())
            .setTcpNoDelay(true)
            .setMaxWebSocketFrameSize(most)
            .setMaxWebSocketMessageSize(most)
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setWebSocketClosingTimeout(2);
    return vertx.createHttpServer(options).requestHandler(this::handle).listen();
  }

  /** From now on {@code readyz} tells that no more work is wanted. */
  public void draining() {
    draining = true;
  }

  private void handle(HttpServerRequest request) {
    request.pause();
    try {
      route(request)
          .whenComplete((done, failure) -> {
            if (failure != null) {
              refuse(request, failure);
            }
          });
    } catch (RuntimeException e) {
      refuse(request, e);
    }
  }

  private CompletionStage<?> route(HttpServerRequest request) {
    String path = request.path() == null ? "" : request.path();
    return switch (path) {
      case "/healthz" -> status(request, 200, "ok");
      case "/readyz" -> draining ? status(request, 503, "draining") : status(request, 200, "ready");
      default -> {
        List<String> parts = List.of(path.split("/", -1));
        if (parts.size() != 4 || !parts.get(1).equals("v1")) {
          throw notFound(path);
        }
        yield namespaced(request, parts.get(2), parts.get(3));
      }
    };
  }

  private CompletionStage<?> namespaced(HttpServerRequest request, String name, String operation) {
    return switch (operation) {
      case "connect" -> {
        allow(request, HttpMethod.GET);
        yield connect(request, name);
      }
      case "batch" -> {
        allow(request, HttpMethod.POST);
        yield batch(request, name);
      }
      case "invalidate" -> {
        allow(request, HttpMethod.POST);
        yield invalidate(request, name);
      }
      default -> throw notFound(operation);
    };
  }

  private CompletionStage<?> connect(HttpServerRequest request, String name) {
    Namespace namespace = admitted(request, name);
    if (!request.canUpgradeToWebSocket()) {
      throw new Refusal(426, "upgrade-required", "expected a WebSocket upgrade");
    }
    Context context = vertx.getOrCreateContext();
    return onContext(context, namespaces.cache(namespace))
        .compose(cache ->
            request
                .toWebSocket()
                .onSuccess(socket -> SocketEndpoint.serve(vertx, socket, cache, terms)))
        .toCompletionStage();
  }

  private CompletionStage<?> batch(HttpServerRequest request, String name) {
    Namespace namespace = admitted(request, name);
    expect(request, FRAMES);
    Context context = vertx.getOrCreateContext();
    return body(request, terms.frameLimit())
        .compose(body ->
            onContext(context, namespaces.cache(namespace))
                .compose(cache ->
                    onContext(context, BatchEndpoint.answer(request, context, cache, terms, body))))
        .compose(
            answer -> request.response().putHeader(HttpHeaders.CONTENT_TYPE, FRAMES).end(answer))
        .toCompletionStage();
  }

  private CompletionStage<?> invalidate(HttpServerRequest request, String name) {
    Namespace namespace = admitted(request, name);
    expect(request, JSON);
    Context context = vertx.getOrCreateContext();
    return body(request, JSON_BYTES)
        .compose(body -> {
          var invalidation = InvalidateBody.parse(body);
          return onContext(
              context,
              namespaces
                  .cache(namespace)
                  .thenCompose(
                      cache -> cache.invalidate(invalidation.tags(), invalidation.expire())));
        })
        .compose(
            asOf -> json(request, 200, new JsonObject().put("revision", asOf.revision().number())))
        .toCompletionStage();
  }

  private Namespace admitted(HttpServerRequest request, String name) {
    config
        .token()
        .ifPresent(token -> {
          String given = request.getHeader(HttpHeaders.AUTHORIZATION);
          byte[] expected = ("Bearer " + token).getBytes(UTF_8);
          if (given == null || !MessageDigest.isEqual(expected, given.getBytes(UTF_8))) {
            throw new Refusal(
                401, "unauthorized", "expected the server's token as 'Authorization: Bearer'");
          }
        });
    return new Namespace(name);
  }

  private static void allow(HttpServerRequest request, HttpMethod method) {
    if (!request.method().equals(method)) {
      request.response().putHeader(HttpHeaders.ALLOW, method.name());
      throw new Refusal(
          405, "method-not-allowed", "%s; expected %s".formatted(request.method(), method));
    }
  }

  private static void expect(HttpServerRequest request, String type) {
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

  /** The whole body, refused as soon as it is known to be longer than {@code limit}. */
  private static Future<Buffer> body(HttpServerRequest request, int limit) {
    Promise<Buffer> whole = Promise.promise();
    Buffer gathered = Buffer.buffer();
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

  private static <T> Future<T> onContext(Context context, CompletionStage<T> stage) {
    return Future.fromCompletionStage(stage, context);
  }

  private static CompletionStage<?> status(HttpServerRequest request, int status, String text) {
    allow(request, HttpMethod.GET);
    return json(request, status, new JsonObject().put("status", text)).toCompletionStage();
  }

  private static Future<Void> json(HttpServerRequest request, int status, JsonObject body) {
    return request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
        .end(body.encode() + "\n");
  }

  private static void refuse(HttpServerRequest request, Throwable failure) {
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

  private static Refusal notFound(String path) {
    return new Refusal(
        404, "not-found", "no such address: %s".formatted(InvalidValueException.shortened(path)));
  }

  /** What {@code POST …/invalidate} asks for. */
  private record InvalidateBody(TagSet tags, long expire) {

    static InvalidateBody parse(Buffer body) {
      JsonObject json;
      try {
        json = body.toJsonObject();
      } catch (DecodeException | ClassCastException e) {
        throw new InvalidValueException("a body that is not a JSON object");
      }
      for (String field : json.fieldNames()) {
        if (!field.equals("tags") && !field.equals("expire")) {
          throw new InvalidValueException(
              "unknown field '%s'; expected 'tags' and 'expire'"
                  .formatted(InvalidValueException.shortened(field)));
        }
      }
      return new InvalidateBody(tags(json.getValue("tags")), expire(json));
    }

    private static TagSet tags(Object given) {
      if (!(given instanceof JsonArray array)
          || array.isEmpty()
          || !array.stream().allMatch(String.class::isInstance)) {
        throw new InvalidValueException("'tags' must be an array of at least one string");
      }
      return TagSet.of(array.stream().map(String.class::cast).toList());
    }

    private static long expire(JsonObject json) {
      if (!json.containsKey("expire")) {
        return 0;
      }
      Object given = json.getValue("expire");
      if (given instanceof Integer || given instanceof Long) {
        long seconds = ((Number) given).longValue();
        if (seconds >= 0) {
          return seconds;
        }
      }
      throw new InvalidValueException(
          "'expire' is %s; expected a whole number of seconds, 0 or more"
              .formatted(InvalidValueException.shortened(String.valueOf(given))));
    }
  }
}
