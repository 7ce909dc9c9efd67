package dev.larder.server.http;

import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.engine.Cache;
import dev.larder.core.wire.Protocol;
import dev.larder.server.access.AccessControl;
import dev.larder.server.access.Principal;
import dev.larder.server.backup.Backup;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import dev.larder.server.forward.Forwarder;
import dev.larder.server.metrics.MetricsPage;
import dev.larder.server.metrics.ServerMetrics;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.session.Drain;
import dev.larder.server.session.Fleet;
import dev.larder.server.session.MemoryBounds;
import dev.larder.server.session.Namespaces;
import dev.larder.server.session.Rebalancer;
import dev.larder.server.session.Session;
import dev.larder.server.session.SessionMemory;
import dev.larder.server.socket.Connection;
import dev.larder.server.socket.Connections;
import dev.larder.server.socket.IncomingMemory;
import dev.larder.server.socket.IncomingMessages;
import dev.larder.server.socket.SocketEndpoint;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.ServerSSLOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP side of a server: routes requests, and answers every fault in one form.
 *
 * <p>A request takes this way: its connection is watched from the moment it is accepted ({@link
 * dev.larder.server.socket.Connections} ends what is idle or slow); {@link #handle} counts it among
 * those the drain waits for; {@link #route} gives it to the endpoint beside, or to the {@link
 * Router}, which asks {@link AccessCheck} before a handler sees it; {@link #handled} turns a
 * failure into an answer and lets go of a body that nobody read. A request that becomes a WebSocket
 * leaves this way and lives in {@link dev.larder.server.socket.SocketEndpoint}.
 *
 * <p>Who asks for these needs no token: {@code /healthz}, 200 as long as the process answers,
 * {@code /readyz}, 200 or 503, {@code /login} and {@code /logout}, and the dashboard, whose files
 * hold nothing of any namespace.
 */
public final class HttpApi {
  private final Vertx vertx;
  private final Namespaces namespaces;
  private final ServerConfig config;
  private final Session.Terms terms;
  private final Router router;
  private final IncomingMemory incomingMemory;
  private final SessionMemory memory;
  private final Connections connections;

  /** WebSocket connections that are open or opening; bounded by {@code maxConnections}. */
  private final AtomicInteger sockets = new AtomicInteger();

  private final AccessControl access;
  private final AccessCheck check;
  private final Drain drain = new Drain();
  private final Optional<Rebalancer> rebalancer;
  private final Endpoint beside;
  private final EventLog events;
  private final EventsEndpoint listeners;

  /**
   * What is recorded of a server while it works.
   *
   * @param counters what is counted
   * @param page makes the page of metrics, when somebody first asks for it
   * @param events what happened lately
   * @param forwards how those stand who are told what was invalidated
   */
  public record Recorded(
      ServerMetrics counters,
      Supplier<MetricsPage> page,
      EventLog events,
      Supplier<List<Forwarder.State>> forwards) {}

  /**
   * The endpoints of a server.
   *
   * @param access who may do what
   * @param name what the server calls itself in the handshake
   * @param recorded what those are told who look at the server
   * @param rebalancer spreads processes over the servers of the store, if there may be others
   * @param beside what else is served on the port
   * @param backup what there is to back up
   */
  public HttpApi(
      Vertx vertx,
      Namespaces namespaces,
      ServerConfig config,
      AccessControl access,
      String name,
      Recorded recorded,
      Optional<Rebalancer> rebalancer,
      Endpoint beside,
      Backup backup) {
    this.vertx = vertx;
    this.namespaces = namespaces;
    this.beside = beside;
    this.config = config;
    var bounds = MemoryBounds.ofHeap();
    this.incomingMemory = new IncomingMemory(bounds.incoming());
    this.memory = SessionMemory.of(bounds);
    this.connections = new Connections(incomingMemory, memory::contended, recorded.events());
    this.access = access;
    this.rebalancer = rebalancer;
    this.events = recorded.events();
    this.check = new AccessCheck(config.http(), access);
    this.listeners = new EventsEndpoint(vertx, recorded.events(), check);
    var walks = new Walks();
    var lately = new Lately(namespaces, recorded.counters());
    this.router =
        routes(
            check,
            walks,
            lately,
            new JsonApi(check, vertx, namespaces, walks, lately, incomingMemory),
            new OverviewEndpoint(
                vertx,
                namespaces,
                recorded.counters(),
                lately,
                config.store() instanceof ServerConfig.Embedded ? "embedded" : "shared",
                config.store() instanceof ServerConfig.Embedded embedded
                    ? OptionalLong.of(embedded.options().diskBytes())
                    : OptionalLong.empty(),
                config.limits().namespace().ledgerTags(),
                recorded.forwards()),
            new MetricsEndpoint(vertx, recorded.page()),
            new BackupEndpoint(vertx, backup));
    this.terms =
        new Session.Terms(
            config.http().heartbeatMillis(),
            config.limits().maxValueBytes() + Protocol.FRAME_OVERHEAD,
            config.limits().maxValueBytes(),
            name);
  }

  /**
   * Listens on the configured address.
   *
   * <p>Fails with an {@link java.io.IOException} if the address is taken or unknown, or with an
   * {@link java.nio.channels.UnresolvedAddressException}.
   *
   * @param tls what it is secured with; none: it is not
   */
  public Future<HttpServer> listen(Optional<ServerSSLOptions> tls) {
    var options =
        new HttpServerOptions()
            .setHost(config.http().host())
            .setPort(config.http().port())
            .setTcpNoDelay(true)
            // Longer than what is taken, so that what refuses it can do so in its own form.
            .setMaxInitialLineLength(Exchange.LINE * 16)
            // Nobody asks for it: what every client of ours speaks is enough to be sure of.
            .setHttp2ClearTextEnabled(false)
            .setHandle100ContinueAutomatically(true)
            .setMaxWebSocketFrameSize(IncomingMessages.FRAME_BYTES)
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setWebSocketClosingTimeout(2);
    tls.ifPresent(secured ->
        options
            .setSsl(true)
            .setKeyCertOptions(secured.getKeyCertOptions())
            .setTrustOptions(secured.getTrustOptions())
            .setClientAuth(secured.getClientAuth()));
    vertx.setPeriodic(Connections.CHECK_INTERVAL, tick -> connections.check());
    return vertx
        .createHttpServer(options)
        .connectionHandler(this::accepted)
        .exceptionHandler(OutOfMemory::exitIfCause)
        .invalidRequestHandler(Exchange::refuseInvalid)
        .requestHandler(this::handle)
        .listen();
  }

  /** Watches a connection before it has sent anything: one that sends nothing must end, too. */
  private void accepted(HttpConnection accepted) {
    Connection connection = Connection.watch(accepted, incomingMemory);
    accepted.exceptionHandler(OutOfMemory::exitIfCause);
    connections.add(connection);
    connection.onClose(() -> {
      connections.remove(connection);
      incomingMemory.gone(connection);
    });
  }

  /**
   * Lets everybody go: {@code readyz} tells that no more work is wanted, no connection is accepted,
   * and every client is notified, and answered until it has gone to another server. Where there is
   * none, connections are closed once they were answered.
   *
   * @param millis after how long whoever is left is sent away
   * @return completes when nobody is left
   */
  public CompletionStage<Void> drain(long millis) {
    vertx.setTimer(millis, late -> drain.force());
    connections.leave();
    events.add(
        Event.Kind.SERVER_DRAINING, "the server is stopping, and lets everybody go", Map.of());
    listeners.leave();
    beside.leave();
    return drain.begin();
  }

  private void handle(HttpServerRequest request) {
    request.pause();
    Connection connection = Connection.of(request.connection());
    connection.enter(Connection.Phase.WORK);
    Drain.Participant participant = drain.register();
    try {
      route(request).whenComplete((done, failure) -> handled(request, participant, failure));
    } catch (RuntimeException e) {
      handled(request, participant, e);
    }
  }

  private void handled(
      HttpServerRequest request, Drain.Participant participant, @Nullable Throwable failure) {
    if (failure != null) {
      Exchange.refuse(request, failure);
    }
    participant.done();
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

  /** Everything a server answers, and to whom; Redis over HTTP answers in a form of its own. */
  private Router routes(
      AccessCheck check,
      Walks walks,
      Lately lately,
      JsonApi json,
      OverviewEndpoint overview,
      MetricsEndpoint metrics,
      BackupEndpoint backup) {
    var invalidations = new InvalidationsApi(vertx, namespaces);
    var fleet = new FleetApi(vertx, namespaces, walks);
    var entries = new EntriesApi(vertx, namespaces, walks, lately);
    var tags = new TagsApi(vertx, namespaces, walks, lately);
    var explain = new ExplainApi(vertx, namespaces, walks, lately);
    var router = new Router(check);
    DashboardFile.all().forEach((path, file) -> router.probe(path, file::show));
    var login = new LoginEndpoint(check, incomingMemory);
    return router
        .probe("/login", login::show)
        .open("POST", "/login", login::signIn)
        .open("POST", "/logout", login::signOut)
        .probe("/healthz", request -> status(request, 200, "ok"))
        .probe("/readyz", this::readiness)
        .on(Address.METRICS, metrics::show)
        .on(Address.LIST, json::list)
        .on(Address.OVERVIEW, overview::show)
        .on(Address.EVENTS, listeners::listen)
        .on(Address.BACKUP, backup::send)
        .on(Address.DESCRIBE, json::describe)
        .on(Address.DELETE, json::delete)
        .on(Address.INVALIDATE, json::invalidate)
        .on(Address.PURGE, json::purge)
        .on(Address.INVALIDATIONS, invalidations::list)
        .on(Address.INSTANCES, fleet::instances)
        .on(Address.BUILDS, fleet::builds)
        .on(Address.PATHS, fleet::paths)
        .on(Address.LEASES, fleet::leases)
        .on(Address.EXPLAIN, explain::explain)
        .on(Address.ENTRIES, entries::list)
        .on(Address.ENTRY, entries::one)
        .on(Address.TAGS, tags::list)
        .on(Address.TAG, tags::one)
        .on(Address.BATCH, this::batch)
        .on(Address.CONNECT, this::connect);
  }

  private CompletionStage<?> route(HttpServerRequest request) {
    if (beside.serves(request.path() == null ? "" : request.path())) {
      return beside.handle(request, limit -> Body.of(request, incomingMemory, limit));
    }
    if (request.uri().length() > Exchange.LINE) {
      throw Exchange.longLine();
    }
    return router.route(request);
  }

  /**
   * 200 {@code {"status": "ready"}}; 503 with a status that says why, while the server drains or
   * its store cannot do what it is asked. A load balancer takes a server out of use by it.
   */
  private CompletionStage<?> readiness(HttpServerRequest request) {
    if (drain.begun()) {
      return status(request, 503, "draining");
    }
    return namespaces.ready() && access.isReady()
        ? status(request, 200, "ready")
        : status(
            request, 503, "the store cannot do what it is asked; the log of the server says why");
  }

  /**
   * Opens the connection of a client. 426 {@code upgrade-required} without an upgrade, 503 {@code
   * draining} while the server stops, 503 {@code overloaded} when {@code maxConnections} are open.
   */
  private CompletionStage<?> connect(Router.Call call) {
    HttpServerRequest request = call.request();
    if (!request.canUpgradeToWebSocket()) {
      throw new Refusal(426, "upgrade-required", "expected a WebSocket upgrade");
    }
    if (drain.begun()) {
      throw new Refusal(503, "draining", "the server is stopping; connect to another one");
    }
    if (sockets.incrementAndGet() > config.http().maxConnections()) {
      sockets.decrementAndGet();
      throw new Refusal(
          503,
          "overloaded",
          "%d connections are open already".formatted(config.http().maxConnections()));
    }
    Context context = vertx.getOrCreateContext();
    return onContext(context, namespaces.cache(call.namespace()))
        .compose(cache -> request.toWebSocket().onSuccess(socket -> accept(socket, call, cache)))
        .onFailure(failure -> sockets.decrementAndGet())
        .toCompletionStage();
  }

  /**
   * The connection ends with the right it was opened with: when the token is revoked, expires, or
   * gives other rights. While the server drains, it is told whether there are other servers to go
   * to.
   */
  private void accept(ServerWebSocket socket, Router.Call call, Cache cache) {
    Principal principal = call.principal();
    Fleet fleet = namespaces.fleet(call.namespace());
    SocketEndpoint endpoint =
        SocketEndpoint.serve(
            vertx,
            socket,
            Connection.of(call.request().connection()),
            cache,
            terms,
            check.grants(call.request(), principal, call.namespace()),
            incomingMemory,
            memory,
            fleet.join(Via.CONNECTION),
            sockets::decrementAndGet);
    Drain.Participant participant =
        drain.register(() -> endpoint.leave(rebalancer.isPresent()), endpoint::dismiss);
    rebalancer.ifPresent(each -> endpoint.onClose(each.register(endpoint::sendElsewhere)));
    endpoint.onClose(participant::done);
    endpoint.onClose(access.hold(principal, endpoint::revoke));
  }

  /**
   * The body is frames, up to the longest frame in bytes. The body is read before the namespace is
   * opened: somebody who sends nothing costs nothing. 415 for another content type.
   */
  private CompletionStage<?> batch(Router.Call call) {
    HttpServerRequest request = call.request();
    Exchange.expect(request, Exchange.FRAMES);
    Context context = vertx.getOrCreateContext();
    Executor eventLoop = task -> context.runOnContext(now -> task.run());
    return Body.of(request, incomingMemory, terms.frameLimit())
        .compose(body ->
            onContext(context, namespaces.cache(call.namespace()))
                .compose(cache ->
                    onContext(
                        context,
                        BatchEndpoint.answer(
                            request,
                            eventLoop,
                            new Session(
                                cache,
                                terms,
                                check.grants(request, call.principal(), call.namespace()),
                                memory,
                                eventLoop,
                                namespaces.fleet(call.namespace()).join(Via.BATCH),
                                () -> {}),
                            terms,
                            memory.outgoing(),
                            drain,
                            body.buffer(),
                            body::release,
                            () -> closeIfDraining(request))))
                .onComplete(answered -> body.release()))
        .toCompletionStage();
  }

  private void closeIfDraining(HttpServerRequest request) {
    if (drain.begun()) {
      // A client that knows other servers turns to one of them.
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
  }

  private static <T> Future<T> onContext(Context context, CompletionStage<T> stage) {
    return Future.fromCompletionStage(stage, context);
  }

  private static CompletionStage<?> status(HttpServerRequest request, int status, String text) {
    return Exchange.json(request, status, new JsonObject().put("status", text)).toCompletionStage();
  }
}
