package dev.larder.server.http;

import dev.larder.server.metrics.MetricsPage;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /metrics}. Its page is made when somebody first asks, away from event loops.
 *
 * <p>Made late, because a server that nobody scrapes should not pay for the collectors, and once,
 * because it keeps what it has registered. Its text is made by a virtual thread for each request,
 * as it asks every namespace. A fault of that is answered as any other, with 500 or 503.
 */
final class MetricsEndpoint {
  private final Vertx vertx;
  private final Supplier<MetricsPage> making;
  private @Nullable MetricsPage made;

  MetricsEndpoint(Vertx vertx, Supplier<MetricsPage> making) {
    this.vertx = vertx;
    this.making = making;
  }

  /** The page, made by the first who asks. */
  private synchronized MetricsPage page() {
    MetricsPage page = made == null ? making.get() : made;
    made = page;
    return page;
  }

  /** The page, as OpenMetrics if that is asked for, else in the text format of Prometheus. */
  CompletionStage<?> show(Router.Call call) {
    HttpServerRequest request = call.request();
    String accepted = request.getHeader(HttpHeaders.ACCEPT);
    boolean open = accepted != null && accepted.contains("application/openmetrics-text");
    String type = open ? MetricsPage.OPEN_METRICS : MetricsPage.PROMETHEUS;
    var text = CompletableFuture.supplyAsync(() -> page().text(type), Thread::startVirtualThread);
    return Future.fromCompletionStage(text, vertx.getOrCreateContext())
        .compose(body ->
            request
                .response()
                .putHeader(HttpHeaders.CONTENT_TYPE, type)
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end(body))
        .toCompletionStage();
  }
}
