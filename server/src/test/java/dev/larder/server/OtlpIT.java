package dev.larder.server;

import static dev.larder.server.Admin.objects;
import static dev.larder.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.larder.core.wire.Response;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real server sends to a collector of OpenTelemetry. */
class OtlpIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path temporary = Path.of("");

  /** A collector: what it was sent, by the path it was sent to. */
  private record Collector(
      HttpServer http, List<String> paths, List<String> types, List<JsonObject> sent)
      implements AutoCloseable {
    static Collector start() throws IOException {
      HttpServer http =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      var collector =
          new Collector(
              http,
              new CopyOnWriteArrayList<>(),
              new CopyOnWriteArrayList<>(),
              new CopyOnWriteArrayList<>());
      http.createContext(
          "/",
          exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            collector.paths.add(exchange.getRequestURI().getPath());
            collector.types.add(exchange.getRequestHeaders().getFirst("Content-Type"));
            collector.sent.add(new JsonObject(new String(body, StandardCharsets.UTF_8)));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
          });
      http.start();
      return collector;
    }

    String address() {
      return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    /** A metric of the last request. */
    JsonObject metric(String name) {
      JsonObject scope = objects(resource(), "scopeMetrics").getFirst();
      return objects(scope, "metrics").stream()
          .filter(metric -> metric.getString("name").equals(name))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + name + " in " + scope));
    }

    JsonObject resource() {
      return objects(sent.getLast(), "resourceMetrics").getFirst();
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }

  @Test
  void whatIsCountedIsSentAtOnceAndALastTime() throws Exception {
    try (Collector collector = Collector.start();
        ServerProcess server =
            ServerProcess.start(
                temporary.resolve("data"), "--otlp", collector.address() + "/below/")) {
      eventually(SOON, () -> !collector.sent.isEmpty());
      try (TestClient client = TestClient.welcomed(server.address(), "shop")) {
        for (int i = 0; i < 3; i++) {
          assertThat(client.lookup("absent", 0)).isInstanceOf(Response.Miss.class);
        }
      }
      assertThat(server.stop()).isEqualTo(143);
      assertThat(collector.paths).containsOnly("/below/v1/metrics");
      assertThat(collector.types).containsOnly("application/json");
      assertThat(collector.resource().getJsonObject("resource").encode())
          .contains("service.name", "larder", "service.instance.id");

      JsonObject lookups = collector.metric("larder.lookups").getJsonObject("sum");
      assertThat(lookups.getBoolean("isMonotonic")).isTrue();
      assertThat(lookups.getInteger("aggregationTemporality")).isEqualTo(2);
      assertThat(point(lookups, "miss").getDouble("asDouble")).isEqualTo(3);
      JsonObject took = collector.metric("larder.lookup.duration");
      assertThat(took.getString("unit")).isEqualTo("s");
      JsonObject durations = point(took.getJsonObject("histogram"), "false");
      assertThat(durations.getString("count")).isEqualTo("3");
      JsonArray counts = durations.getJsonArray("bucketCounts");
      assertThat(counts).hasSize(durations.getJsonArray("explicitBounds").size() + 1);
      assertThat(counts.stream().mapToLong(each -> Long.parseLong(each.toString())).sum())
          .isEqualTo(3);
      assertThat(collector.metric("larder.waiting").getJsonObject("gauge")).isNotNull();
    }
  }

  @Test
  void aCollectorThatIsNotThereIsToldOfOnceAndDelaysNobody() throws Exception {
    String nobody;
    try (Collector gone = Collector.start()) {
      nobody = gone.address();
    }
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"), "--otlp", nobody)) {
      eventually(SOON, () -> server.linesWith("metrics cannot be sent to " + nobody) == 1);
      try (TestClient client = TestClient.welcomed(server.address(), "shop")) {
        assertThat(client.lookup("absent", 0)).isInstanceOf(Response.Miss.class);
      }
      assertThat(server.stop()).isEqualTo(143);
    }
  }

  /** The point one of whose attributes has that value. */
  private static JsonObject point(JsonObject points, String attribute) {
    return objects(points, "dataPoints").stream()
        .filter(point ->
            objects(point, "attributes").stream()
                .anyMatch(
                    each -> each.getJsonObject("value").getString("stringValue").equals(attribute)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("none with " + attribute + " in " + points));
  }
}
