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
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real server, killed at random moments while several clients invalidate, over both stores; of
 * a shared store its Redis is killed, too. What was acknowledged to anybody has its record in the
 * audit, with who made it, and the audit has every revision of the history and no other.
 *
 * <p>The moments follow from a seed, which a failure names and {@code -Dlarder.seed} sets; {@code
 * -Dlarder.crashes} sets how often they are killed.
 */
class AuditIT {
  private static final int KILLS = Integer.getInteger("larder.crashes", 3);
  private static final int WRITERS = 3;

  /** Before the most, a kill may come while the first invalidation is on its way. */
  private static final int MOST_ACKNOWLEDGED = 40;

  /** Within which a kill comes after that, in ns: some invalidations long. */
  private static final int LATER = 3_000_000;

  @TempDir private Path temporary = Path.of("");

  @Test
  void theEmbeddedStoreHasARecordOfEverythingAcknowledged() throws Exception {
    everyAcknowledgedInvalidationIsAudited(ServerProcess::kill, () -> {});
  }

  @Test
  void theSharedStoreHasARecordOfEverythingAcknowledged() throws Exception {
    try (RedisProcess redis =
        RedisProcess.start("--appendonly", "yes", "--appendfsync", "always")) {
      everyAcknowledgedInvalidationIsAudited(
          server -> {
            redis.kill();
            server.kill();
          },
          redis::revive,
          "--store",
          "redis://" + redis.host());
    }
  }

  /** The end of a server, and of what it needs. */
  @FunctionalInterface
  private interface Kill {
    void kill(ServerProcess server) throws IOException;
  }

  private void everyAcknowledgedInvalidationIsAudited(Kill kill, Runnable revive, String... options)
      throws Exception {
    long seed = Long.getLong("larder.seed", System.nanoTime());
    var random = new Random(seed);
    Map<Long, String> acknowledged = new ConcurrentHashMap<>();
    for (int round = 0; round < KILLS; round++) {
      try (ServerProcess server = ServerProcess.start(temporary.resolve("data"), options)) {
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        int enough = acknowledged.size() + random.nextInt(MOST_ACKNOWLEDGED);
        for (int writer = 0; writer < WRITERS; writer++) {
          String instance = "writer-" + round + "-" + writer;
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
        long moment = System.nanoTime() + random.nextInt(LATER);
        while (System.nanoTime() < moment) {
          Thread.onSpinWait();
        }
        kill.kill(server);
        for (CompletableFuture<Void> writer : writers) {
          try {
            writer.join();
          } catch (CompletionException e) {
            // The server went away while it was asked: that is the point.
          }
        }
      }
      revive.run();
    }
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"), options);
        TestClient client = TestClient.connectWhenReady(server.address(), "shop")) {
      long revision = client.hello().asOf().revision().number();
      Map<Long, String> audited = audited(server.address());
      assertThat(audited).as("seed %d", seed).containsAllEntriesOf(acknowledged);
      assertThat(audited.keySet())
          .as("seed %d: the audit is that of the history", seed)
          .containsExactlyInAnyOrderElementsOf(
              LongStream.rangeClosed(1, revision).boxed().toList());
    }
  }

  private static void invalidate(URI server, String instance, Map<Long, String> acknowledged) {
    try (TestClient client = TestClient.connectWhenReady(server, "shop")) {
      client.hello();
      for (int count = 0; ; count++) {
        var source = new InvalidationSource("updateTag", "/buy", instance);
        var asked = new Request.Invalidate(TagSet.of("tag " + count), 0, source);
        if (!(client.ask(asked) instanceof Response.Invalidated(AsOf asOf))) {
          return;
        }
        acknowledged.put(asOf.revision().number(), instance);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
