package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.testkit.RedisProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several servers over one Redis, of which one tells the CDN. */
@Tag("full")
class ForwardScaleOutIT {
  /** Longer than a server that has ended is taken for the one that tells. */
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path temporary = Path.of("");

  @Test
  void oneTellsAndAnotherGoesOnWhenItEnds() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes");
        var cdn = new FakeCdn();
        ServerProcess first = start(redis, cdn);
        ServerProcess second = start(redis, cdn)) {
      for (ServerProcess each : List.of(first, second)) {
        eventually(SOON, () -> isReady(each));
      }
      IntStream.range(0, 10).forEach(n -> invalidate(n % 2 == 0 ? first : second, "both:" + n));
      eventually(
          SOON,
          () -> IntStream.range(0, 10).allMatch(n -> cdn.taken("\"both:" + n + "\"").size() >= 2));
      assertThat(cdn.taken("\"both:1\"")).as("told by one server, twice").hasSize(2);

      // Whichever it is, the other one is told to, and nobody is left who told the first.
      cdn.is(FakeCdn.Mood.SILENT);
      invalidate(second, "when-it-ends");
      first.kill();
      cdn.is(FakeCdn.Mood.WELL);
      invalidate(second, "afterwards");
      eventually(SOON, () -> !cdn.taken("when-it-ends").isEmpty());
      eventually(SOON, () -> !cdn.taken("afterwards").isEmpty());
    }
  }

  private ServerProcess start(RedisProcess redis, FakeCdn cdn) throws IOException {
    return ServerProcess.start(
        temporary.resolve("unused"),
        "--store",
        "redis://" + redis.host(),
        "--forward",
        "webhook:" + cdn.url());
  }

  private static boolean isReady(ServerProcess server) throws IOException {
    try (var client = new RawClient(server.address())) {
      client.text("GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n");
      return client.answer().startsWith("HTTP/1.1 200 ");
    }
  }

  private static void invalidate(ServerProcess server, String tag) {
    try {
      var body = new JsonObject().put("tags", new JsonArray(List.of(tag)));
      new Admin(server.address()).post("/v1/shop/invalidate", body);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
