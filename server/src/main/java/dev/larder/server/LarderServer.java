package dev.larder.server;

import dev.larder.core.InvalidValueException;
import dev.larder.core.spi.Scheduler;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import dev.larder.core.spi.StoreProvider;
import dev.larder.server.access.AccessControl;
import dev.larder.server.access.Certificates;
import dev.larder.server.access.FileText;
import dev.larder.server.access.Tokens;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import dev.larder.server.events.StoreWatch;
import dev.larder.server.forward.Forwarder;
import dev.larder.server.http.HttpApi;
import dev.larder.server.metrics.MetricsPage;
import dev.larder.server.metrics.OtlpExport;
import dev.larder.server.metrics.ServerMetrics;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.process.Version;
import dev.larder.server.redisrest.RedisEndpoint;
import dev.larder.server.session.BuildWatch;
import dev.larder.server.session.Namespaces;
import dev.larder.server.session.Rebalancer;
import dev.larder.server.store.EmbeddedStore;
import dev.larder.server.store.StoreOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A running server: its store, its endpoints, its threads.
 *
 * <p>What belongs together here: a {@link dev.larder.core.spi.Store}, embedded or shared, of which
 * {@link Namespaces} makes caches; {@link AccessControl}, which decides for all that is served;
 * {@link HttpApi} with {@link RedisEndpoint} beside it, on one port; a {@link Forwarder}, if a CDN
 * is to be told; and one timer, whose tasks are short. The event loops are Vert.x's.
 */
public final class LarderServer implements AutoCloseable {
  /** How long those who are connected may take to go to another server, in ms. */
  private static final long DRAIN = 6_000;

  /** How long their connections may take to be closed after that, in ms. */
  private static final long DISMISSAL = 500;

  private static final Logger LOG = System.getLogger(LarderServer.class.getName());

  private final Vertx vertx;
  private final ScheduledThreadPoolExecutor timer;
  private final Store store;
  private final HttpApi api;
  private final HttpServer http;
  private final RedisEndpoint redis;
  private final Optional<Rebalancer> rebalancer;
  private final Optional<OtlpExport> export;
  private final Optional<Forwarder> forwarder;

  private LarderServer(
      Vertx vertx,
      ScheduledThreadPoolExecutor timer,
      Store store,
      HttpApi api,
      HttpServer http,
      RedisEndpoint redis,
      Optional<Rebalancer> rebalancer,
      Optional<OtlpExport> export,
      Optional<Forwarder> forwarder) {
    this.vertx = vertx;
    this.timer = timer;
    this.store = store;
    this.api = api;
    this.http = http;
    this.redis = redis;
    this.rebalancer = rebalancer;
    this.export = export;
    this.forwarder = forwarder;
  }

  /**
   * Starts a server and returns once it accepts requests.
   *
   * @throws StoreException if the data directory cannot be used, or the address of the store is
   *     none
   * @throws CompletionException if it cannot listen
   */
  public static LarderServer start(ServerConfig config) {
    // Both take their time, in different ways.
    CompletableFuture<Store> opening = CompletableFuture.supplyAsync(() -> open(config));
    var vertx = Vertx.vertx(vertxOptions());
    vertx.exceptionHandler(LarderServer::unexpected);
    var timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("larder-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
    try {
      Store store = opened(opening);
      try {
        var events = new EventLog(InstantSource.system());
        var metrics = new ServerMetrics();
        var namespaces =
            new Namespaces(
                store,
                scheduler(timer),
                new SecureRandom(),
                config.limits().namespace(),
                config.limits().maxNamespaces(),
                config.store() instanceof ServerConfig.Embedded,
                metrics::observer,
                events);
        var access =
            new AccessControl(
                config.access().token(),
                config.access().redisReadToken(),
                config.access().tokens().map(kept -> tokens(kept, store)),
                InstantSource.system(),
                events,
                timer);
        access.check();
        every(timer, AccessControl.CHECK_INTERVAL, access::check);
        var storeWatch = new StoreWatch(namespaces::ready, events);
        every(timer, StoreWatch.CHECK_INTERVAL, storeWatch::check);
        Optional<Forwarder> forwarder =
            store
                .outbox()
                .map(outbox ->
                    Forwarder.start(
                        outbox,
                        config.forward(),
                        System.getenv(),
                        events,
                        InstantSource.system(),
                        new SecureRandom()));
        Supplier<List<Forwarder.State>> forwards =
            () -> forwarder.map(Forwarder::states).orElse(List.of());
        Optional<Rebalancer> rebalancer =
            store
                .text("servers")
                .map(text -> new Rebalancer(text, events, new SecureRandom(), System::nanoTime));
        rebalancer.ifPresent(each -> every(timer, Rebalancer.CHECK_INTERVAL, each::check));
        config
            .limits()
            .keepBuilds()
            .ifPresent(keep -> watchBuilds(timer, config, store, namespaces, events, keep));
        var redis = new RedisEndpoint(vertx, config, access);
        var api =
            new HttpApi(
                vertx,
                namespaces,
                config,
                access,
                "larder " + Version.current(),
                new HttpApi.Recorded(
                    metrics,
                    () -> page(metrics, namespaces, config, access, forwards),
                    events,
                    forwards),
                rebalancer,
                redis,
                redis.backup());
        Optional<Certificates> certificates =
            config
                .http()
                .tls()
                .map(paths -> new Certificates(vertx, paths, InstantSource.system()));
        HttpServer http =
            api.listen(certificates.map(Certificates::read))
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        certificates.ifPresent(
            changing -> every(timer, Certificates.CHECK_INTERVAL, () -> renew(http, changing)));
        events.add(
            Event.Kind.SERVER_STARTED,
            "larder %s has started".formatted(Version.current()),
            Map.of("version", Version.current()));
        Optional<OtlpExport> export =
            config
                .otlp()
                .map(otlp ->
                    new OtlpExport(
                        otlp,
                        page(metrics, namespaces, config, access, forwards),
                        Version.current(),
                        http.actualPort()));
        return new LarderServer(
            vertx, timer, store, api, http, redis, rebalancer, export, forwarder);
      } catch (RuntimeException e) {
        store.close();
        throw e;
      }
    } catch (RuntimeException e) {
      vertx.close().toCompletionStage().toCompletableFuture().join();
      timer.shutdownNow();
      throw e;
    }
  }

  /**
   * New connections are secured with what the files say now; those that are open go on.
   *
   * <p>Files that cannot be used change nothing, and are logged once.
   */
  private static void renew(HttpServer http, Certificates certificates) {
    try {
      certificates
          .changed()
          .ifPresent(options ->
              http.updateSSLOptions(options)
                  .onSuccess(updated -> LOG.log(Level.INFO, "the certificate was replaced"))
                  .onFailure(LarderServer::unexpected));
    } catch (InvalidValueException e) {
      LOG.log(Level.ERROR, "{0}; the certificate that was shown before remains", e.getMessage());
    }
  }

  /** A task that fails is logged, and called again. */
  private static void every(ScheduledThreadPoolExecutor timer, long millis, Runnable task) {
    var _ =
        timer.scheduleWithFixedDelay(() -> guarded(task), millis, millis, TimeUnit.MILLISECONDS);
  }

  /** A server alone keeps in a file what servers of a store tell each other of builds. */
  private static void watchBuilds(
      ScheduledThreadPoolExecutor timer,
      ServerConfig config,
      Store store,
      Namespaces namespaces,
      EventLog events,
      Duration keep) {
    var random = new SecureRandom();
    Optional<BuildWatch> watch =
        switch (config.store()) {
          case ServerConfig.Embedded(Path data, _) ->
              Optional.of(
                  new BuildWatch(
                      new FileText(data.resolve("builds")),
                      namespaces,
                      events,
                      keep,
                      () -> 0,
                      System::nanoTime));
          case ServerConfig.Shared _ ->
              store
                  .text("builds")
                  .map(text ->
                      new BuildWatch(
                          text, namespaces, events, keep, random::nextLong, System::nanoTime));
        };
    watch.ifPresent(each -> every(timer, each.interval(), each::check));
  }

  private static MetricsPage page(
      ServerMetrics metrics,
      Namespaces namespaces,
      ServerConfig config,
      AccessControl access,
      Supplier<List<Forwarder.State>> forwards) {
    return new MetricsPage(
        metrics,
        namespaces,
        Version.current(),
        config.store() instanceof ServerConfig.Embedded ? "embedded" : "shared",
        new MetricsPage.Limits(
            config.limits().namespace().ledgerTags(),
            config.http().maxConnections(),
            config.store() instanceof ServerConfig.Embedded embedded
                ? OptionalLong.of(embedded.options().diskBytes())
                : OptionalLong.empty()),
        access.refused(),
        forwards);
  }

  private static Store open(ServerConfig config) {
    return switch (config.store()) {
      case ServerConfig.Embedded(Path data, StoreOptions options) ->
          EmbeddedStore.open(data, options);
      case ServerConfig.Shared(String address, StoreProvider.Options options) ->
          StoreProvider.of(address).open(address, options);
    };
  }

  private static Tokens tokens(ServerConfig.KeptTokens kept, Store store) {
    return switch (kept) {
      case ServerConfig.TokenFile(Path path) -> Tokens.in(path);
      case ServerConfig.StoredTokens stored -> Tokens.in(store);
    };
  }

  private static Store opened(CompletableFuture<Store> opening) {
    try {
      return opening.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreException refused ? refused : e;
    }
  }

  /** The port it listens on. */
  public int port() {
    return http.actualPort();
  }

  /**
   * Refuses new work, lets everybody who is connected go to another server, and closes the store.
   *
   * <p>Takes 6.5 s at most until connections are closed; then the store finishes what it was asked.
   * In this order, so that nothing that is still answered finds a store that is closed.
   */
  @Override
  public void close() {
    Optional<CompletableFuture<?>> others =
        rebalancer.map(each -> each.leave().toCompletableFuture());
    api.drain(DRAIN)
        .toCompletableFuture()
        .completeOnTimeout(null, DRAIN + DISMISSAL, TimeUnit.MILLISECONDS)
        .join();
    others.ifPresent(told -> told.completeOnTimeout(null, DISMISSAL, TimeUnit.MILLISECONDS).join());
    export.ifPresent(OtlpExport::close);
    http.close().toCompletionStage().toCompletableFuture().join();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    timer.shutdownNow();
    forwarder.ifPresent(Forwarder::close);
    redis.close();
    store.close();
  }

  static VertxOptions vertxOptions() {
    // No files are served: without its cache of them nothing is left behind when we are killed.
    var files =
        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false);
    return new VertxOptions().setPreferNativeTransport(true).setFileSystemOptions(files);
  }

  /** Delays are in ms. */
  static Scheduler scheduler(ScheduledThreadPoolExecutor timer) {
    return (delay, task) -> {
      ScheduledFuture<?> scheduled =
          timer.schedule(() -> guarded(task), delay, TimeUnit.MILLISECONDS);
      return () -> scheduled.cancel(false);
    };
  }

  /** A failure of a timer is logged, and does not end other timers. */
  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      unexpected(e);
    }
  }

  static void unexpected(Throwable failure) {
    OutOfMemory.exitIfCause(failure);
    LOG.log(Level.ERROR, "something failed that nobody waited for", failure);
  }
}
