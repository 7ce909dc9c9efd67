package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.engine.Cache;
import dev.larder.core.wire.Protocol;
import dev.larder.server.LastResort;
import dev.larder.server.Namespaces;
import dev.larder.server.ServerConfig;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The HTTP side of a server: routes requests, and answers every fault in one form. */
public final class HttpApi {

  private final Vertx vertx;
  private final Namespaces namespaces;
  private final ServerConfig config;
  private final Session.Terms terms;
  private final JsonApi json;
  private final SocketEndpoint.Shared shared = SocketEndpoint.Shared.of(Bounds.ofHeap());
  private final Connections connections =
      new Connections(
          shared.intake(), () -> shared.outflow().crowded() || shared.turnstile().crowded());
  private final AtomicInteger sockets = new AtomicInteger();
  private final Doorman doorman;
  private final Guests guests = new Guests();

  /**
   * The endpoints of a server.
   *
   * @param name what the server calls itself in the handshake
   */
  public HttpApi(Vertx vertx, Namespaces namespaces, ServerConfig config, String name) {
    this.vertx = vertx;
    this.namespaces = namespaces;
    this.config = config;
    this.json = new JsonApi(vertx, namespaces, shared.intake());
    this.doorman = new Doorman(config.host(), config.token());
    this.terms =
        new Session.Terms(
            config.heartbeatMillis(),
            config.maxValueBytes() + Protocol.FRAME_OVERHEAD,
            config.maxValueBytes(),
            name);
  }

  /** Listens on the configured address. */
  public Future<HttpServer> listen() {
    var options =
        new HttpServerOptions()
            .setHost(config.host())
            .setPort(config.port())
            .setTcpNoDelay(true)
            // Nobody asks for it: what every client of ours speaks is enough to be sure of.
            .setHttp2ClearTextEnabled(false)
            .setHandle100ContinueAutomatically(true)
            .setMaxWebSocketFrameSize(Incoming.FRAME_BYTES)
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setWebSocketClosingTimeout(2);
    vertx.setPeriodic(Connections.LOOK_EVERY, tick -> connections.look());
    return vertx
        .createHttpServer(options)
        .connectionHandler(this::accepted)
        .exceptionHandler(LastResort::ifOutOfMemory)
        .invalidRequestHandler(Exchange::refuseInvalid)
        .requestHandler(this::handle)
        .listen();
  }

  private void accepted(HttpConnection accepted) {
    Connection connection = Connection.watch(accepted, shared.intake());
    accepted.exceptionHandler(LastResort::ifOutOfMemory);
    connections.add(connection);
    connection.onClose(() -> {
      connections.remove(connection);
      shared.intake().gone(connection);
    });
  }

  /**
   * Lets everybody go: {@code readyz} tells that no more work is wanted, no connection is accepted,
   * and who is connected is told, and answered until he has gone to another server. Where there is
   * none, connections are closed once they were answered.
   *
   * @param millis after how long whoever is left is sent away
   * @return completes when nobody is left
   */
  public CompletionStage<Void> drain(long millis) {
    vertx.setTimer(millis, late -> guests.dismiss());
    connections.leave();
    return guests.leave();
  }

  private void handle(HttpServerRequest request) {
    request.pause();
    Connection connection = Connection.of(request.connection());
    connection.enter(Connection.Phase.WORK);
    Guests.Guest guest = guests.enter();
    try {
      route(request).whenComplete((done, failure) -> handled(request, guest, failure));
    } catch (RuntimeException e) {
      handled(request, guest, e);
    }
  }

  private void handled(HttpServerRequest request, Guests.Guest guest, @Nullable Throwable failure) {
    if (failure != null) {
      Exchange.refuse(request, failure);
    }
    guest.left();
    Connection connection = Connection.of(request.connection());
    if (connection.phase() == Connection.Phase.SOCKET) {
      return;
    }
    if (request.isEnded()) {
      connections.answered(connection);
      return;
    }
    // What is left of a body nobody wants is let go of.
    connection.awaitBody(connection::close);
    request.handler(chunk -> {});
    request.endHandler(end -> connections.answered(connection));
    request.resume();
  }

  private CompletionStage<?> route(HttpServerRequest request) {
    String path = request.path() == null ? "" : request.path();
    return switch (path) {
      case "/healthz" -> status(request, 200, "ok");
      case "/readyz" -> readiness(request);
      default -> {
        doorman.admit(request);
        List<String> parts = List.of(path.split("/", -1));
        if (parts.size() < 2 || parts.size() > 4 || !parts.get(1).equals("v1")) {
          throw notFound(path);
        }
        if (parts.size() == 2) {
          allow(request, HttpMethod.GET);
          yield json.list(request);
        }
        yield namespaced(request, parts.get(2), parts.size() == 3 ? "" : parts.get(3));
      }
    };
  }

  private CompletionStage<?> readiness(HttpServerRequest request) {
    if (guests.leaving()) {
      return status(request, 503, "draining");
    }
    return namespaces.ready()
        ? status(request, 200, "ready")
        : status(
            request, 503, "the store cannot do what it is asked; the log of the server says why");
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
        yield json.invalidate(request, new Namespace(name));
      }
      case "purge" -> {
        allow(request, HttpMethod.POST);
        yield json.purge(request, new Namespace(name));
      }
      case "" -> {
        allow(request, HttpMethod.GET, HttpMethod.DELETE);
        Namespace namespace = new Namespace(name);
        yield request.method().equals(HttpMethod.GET)
            ? json.describe(request, namespace)
            : json.delete(request, namespace);
      }
      default -> throw notFound(operation);
    };
  }

  private CompletionStage<?> connect(HttpServerRequest request, String name) {
    Namespace namespace = new Namespace(name);
    if (!request.canUpgradeToWebSocket()) {
      throw new Refusal(426, "upgrade-required", "expected a WebSocket upgrade");
    }
    if (guests.leaving()) {
      throw new Refusal(503, "draining", "the server is stopping; connect to another one");
    }
    if (sockets.incrementAndGet() > config.maxConnections()) {
      sockets.decrementAndGet();
      throw new Refusal(
          503, "overloaded", "%d connections are open already".formatted(config.maxConnections()));
    }
    Context context = vertx.getOrCreateContext();
    return onContext(context, namespaces.cache(namespace))
        .compose(cache ->
            request
                .toWebSocket()
                .onSuccess(socket -> accept(socket, Connection.of(request.connection()), cache)))
        .onFailure(failure -> sockets.decrementAndGet())
        .toCompletionStage();
  }

  private void accept(ServerWebSocket socket, Connection connection, Cache cache) {
    SocketEndpoint endpoint =
        SocketEndpoint.serve(
            vertx, socket, connection, cache, terms, shared, sockets::decrementAndGet);
    boolean others = config.shared().isPresent();
    Guests.Guest guest = guests.enter(() -> endpoint.leave(others), endpoint::dismiss);
    endpoint.onClose(guest::left);
  }

  private CompletionStage<?> batch(HttpServerRequest request, String name) {
    var namespace = new Namespace(name);
    Exchange.expect(request, Exchange.FRAMES);
    Context context = vertx.getOrCreateContext();
    Executor home = task -> context.runOnContext(now -> task.run());
    return Body.of(request, shared.intake(), terms.frameLimit())
        .compose(body ->
            onContext(context, namespaces.cache(namespace))
                .compose(cache ->
                    onContext(
                        context,
                        BatchEndpoint.answer(
                            request,
                            home,
                            new Session(cache, terms, shared, home, () -> {}),
                            terms,
                            shared.outflow(),
                            guests,
                            body.buffer(),
                            body::release,
                            () -> turnAway(request))))
                .onComplete(answered -> body.release()))
        .toCompletionStage();
  }

  private void turnAway(HttpServerRequest request) {
    if (guests.leaving()) {
      // Whoever knows other servers takes it as a word to turn to one of them.
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
  }

  private static void allow(HttpServerRequest request, HttpMethod... methods) {
    List<HttpMethod> allowed = List.of(methods);
    if (!allowed.contains(request.method())) {
      String names = String.join(", ", allowed.stream().map(HttpMethod::name).toList());
      request.response().putHeader(HttpHeaders.ALLOW, names);
      throw new Refusal(
          405, "method-not-allowed", "%s; expected %s".formatted(request.method(), names));
    }
  }

  private static <T> Future<T> onContext(Context context, CompletionStage<T> stage) {
    return Future.fromCompletionStage(stage, context);
  }

  private static CompletionStage<?> status(HttpServerRequest request, int status, String text) {
    allow(request, HttpMethod.GET);
    return Exchange.json(request, status, new JsonObject().put("status", text)).toCompletionStage();
  }

  private static Refusal notFound(String path) {
    return new Refusal(
        404, "not-found", "no such address: %s".formatted(InvalidValueException.shortened(path)));
  }
}
