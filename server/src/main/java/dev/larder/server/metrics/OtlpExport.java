package dev.larder.server.metrics;

import dev.larder.server.config.ServerConfig;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Sends what is on the page of metrics to a collector, by OTLP over HTTP, until it is closed: at
 * once, every 30 s, and a last time.
 *
 * <p>What could not be sent is not sent again: all is cumulative, so that the next request says
 * everything. That it fails is logged once, and that it works again.
 */
public final class OtlpExport implements AutoCloseable {
  /** How often it sends, in s. */
  private static final int EVERY = 30;

  /** How long a collector may take to answer, in s; at the end one that is gone delays nobody. */
  private static final int PATIENCE = 10;

  private static final int LAST_PATIENCE = 1;

  private static final Logger LOG = System.getLogger(OtlpExport.class.getName());

  private final ServerConfig.Otlp to;
  private final MetricsPage page;
  private final String version;
  private final int port;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(Redirect.NEVER)
          .connectTimeout(Duration.ofSeconds(PATIENCE))
          .build();
  private final Thread sender;
  private boolean fails;

  /**
   * Begins to send.
   *
   * @param version of the server
   * @param port on which it listens, which tells it from others of its machine
   */
  public OtlpExport(ServerConfig.Otlp to, MetricsPage page, String version, int port) {
    this.to = to;
    this.page = page;
    this.version = version;
    this.port = port;
    this.sender = Thread.ofVirtual().name("larder-otlp").start(this::run);
  }

  private void run() {
    try {
      while (true) {
        send(PATIENCE);
        TimeUnit.SECONDS.sleep(EVERY);
      }
    } catch (InterruptedException e) {
      // It is closed.
    }
  }

  private void send(int patience) throws InterruptedException {
    try {
      HttpResponse<Void> answer = http.send(request(patience), BodyHandlers.discarding());
      told(answer.statusCode() / 100 == 2 ? "" : "it answers with " + answer.statusCode());
    } catch (IOException e) {
      told(String.valueOf(e.getMessage() == null ? e : e.getMessage()));
    } catch (RuntimeException e) {
      told(e.toString());
    }
  }

  private HttpRequest request(int patience) {
    var document =
        new OtlpDocument(
            Map.of(
                "service.name",
                "larder",
                "service.version",
                version,
                "service.instance.id",
                host() + ":" + port),
            ManagementFactory.getRuntimeMXBean().getStartTime(),
            System.currentTimeMillis());
    String base = to.collector().toString();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create((base.endsWith("/") ? base : base + "/") + "v1/metrics"))
            .timeout(Duration.ofSeconds(patience))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(document.of(page.snapshots()).encode()));
    to.headers().forEach(request::setHeader);
    return request.build();
  }

  /** The name of this machine, as far as it knows one. */
  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** Logs what has changed. */
  private void told(String why) {
    if (!why.isEmpty() && !fails) {
      LOG.log(Level.WARNING, "metrics cannot be sent to {0}: {1}; it is tried again", to, why);
    } else if (why.isEmpty() && fails) {
      LOG.log(Level.INFO, "metrics are sent to {0} again", to);
    }
    fails = !why.isEmpty();
  }

  /** Sends a last time, for a second at most. */
  @Override
  public void close() {
    sender.interrupt();
    try {
      sender.join();
      send(LAST_PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.shutdownNow();
  }
}
