package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.InvalidationSource;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.RedisProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real server, killed while several clients invalidate, over both stores: what was acknowledged
 * to anybody has its record in the audit, with who made it.
 */
class AuditIT {
  private static final int KILLS = 3;
  private static final int WRITERS = 3;

  /** How many acknowledged invalidations are enough before the server is killed. */
  private static final int ENOUGH = 40;

  @TempDir private Path temporary = Path.of("");

  @Test
  void theEmbeddedStoreHasARecordOfEverythingAcknowledged() throws Exception {
    everyAcknowledgedInvalidationIsAudited();
  }

  @Test
  void theSharedStoreHasARecordOfEverythingAcknowledged() throws Exception {
    try (RedisProcess redis =
        RedisProcess.start("--appendonly", "yes", "--appendfsync", "always")) {
      everyAcknowledgedInvalidationIsAudited("--store", "redis://" + redis.host());
    }
  }

  private void everyAcknowledgedInvalidationIsAudited(String... options) throws Exception {
    long seed = Long.getLong("larder.seed", System.nanoTime());
    var random = new Random(seed);
    Map<Long, String> acknowledged = new ConcurrentHashMap<>();
    for (int kill = 0; kill < KILLS; kill++) {
      try (ServerProcess server = ServerProcess.start(temporary.resolve("data"), options)) {
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        int enough = acknowledged.size() + ENOUGH + random.nextInt(ENOUGH);
        for (int writer = 0; writer < WRITERS; writer++) {
          String instance = "writer-" + kill + "-" + writer;
          writers.add(
              CompletableFuture.runAsync(
                  () -> invalidate(server.address(), instance, acknowledged)));
        }
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (acknowledged.size() < enough) {
          assertThat(System.nanoTime())
              .as("seed %d: enough is acknowledged", seed)
              .isLessThan(deadline);
          Thread.onSpinWait();
        }
        server.kill();
        for (CompletableFuture<Void> writer : writers) {
          try {
            writer.join();
          } catch (CompletionException e) {
            // The server went away while it was asked: that is the point.
          }
        }
      }
    }
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"), options)) {
      Map<Long, String> audited = audited(server.address());
      assertThat(audited).as("seed %d", seed).containsAllEntriesOf(acknowledged);
    }
  }

  private static void invalidate(URI server, String instance, Map<Long, String> acknowledged) {
    try (TestClient client = TestClient.welcomed(server, "shop")) {
      for (int count = 0; ; count++) {
        var source = new InvalidationSource("updateTag", "/buy", instance);
        var asked = new Request.Invalidate(TagSet.of("tag " + count), 0, source);
        if (!(client.ask(asked) instanceof Response.Invalidated(AsOf asOf))) {
          return;
        }
        acknowledged.put(asOf.revision().number(), instance);
      }
    }
  }

  /** Which instance made which revision, page by page. */
  private static Map<Long, String> audited(URI server) throws IOException, InterruptedException {
    Map<Long, String> audited = new ConcurrentHashMap<>();
    String page = "";
    while (true) {
      JsonObject answer = get(server, "/v1/shop/invalidations?limit=50" + page);
      JsonArray rows = answer.getJsonArray("invalidations");
      for (int i = 0; i < rows.size(); i++) {
        JsonObject source = rows.getJsonObject(i).getJsonObject("source");
        assertThat(source.getString("action")).isEqualTo("updateTag");
        assertThat(source.getString("via")).isEqualTo("connection");
        audited.put(rows.getJsonObject(i).getLong("revision"), source.getString("instance"));
      }
      if (!answer.containsKey("before")) {
        return audited;
      }
      page = "&before=" + answer.getLong("before");
    }
  }

  private static JsonObject get(URI server, String path) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(server.resolve(path)).build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new JsonObject(answer.body());
  }
}
