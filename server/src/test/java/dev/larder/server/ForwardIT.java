package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.server.FakeCdn.Mood;
import dev.larder.server.FakeCdn.Told;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A CDN that is told what was invalidated, whatever it does and whoever ends meanwhile. */
class ForwardIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private Path temporary = Path.of("");

  private FakeCdn cdn;

  @BeforeEach
  void begin() throws IOException {
    cdn = new FakeCdn();
  }

  @AfterEach
  void end() {
    cdn.close();
  }

  @Test
  void whatIsInvalidatedIsToldTwiceAndForgottenThen() throws Exception {
    try (ServerProcess server = start()) {
      var admin = new Admin(server.address());
      long asked = System.nanoTime();
      admin.post("/v1/shop/invalidate", tags("product:1", "a b"));
      admin.post("/v1/shop/invalidate", tags("product:2").put("expire", 60));
      admin.post("/v1/other/invalidate", tags("elsewhere"));
      eventually(SOON, () -> cdn.taken("product:1").size() == 2);
      eventually(SOON, () -> cdn.taken("product:2").size() == 2);
      eventually(SOON, () -> cdn.taken("elsewhere").size() == 2);
      Told first = cdn.taken("product:1").getFirst();
      JsonObject body = new JsonObject(first.body());
      assertThat(body.getString("namespace")).isEqualTo("shop");
      assertThat(body.getJsonArray("tags"))
          .isEqualTo(new JsonArray().add("product:1").add("h:c8687a08aa5d6ed2"));
      assertThat(body.getLong("expire")).isZero();
      assertThat(new JsonObject(cdn.taken("product:2").getFirst().body()).getLong("expire"))
          .isEqualTo(60);
      assertThat(Duration.ofNanos(first.at() - asked)).isGreaterThan(Duration.ofMillis(200));
      assertThat(Duration.ofNanos(cdn.taken("product:1").getLast().at() - first.at()))
          .isGreaterThan(Duration.ofMillis(4_500));
      assertThat(metrics(server))
          .containsPattern(
              "larder_forwards_total\\{outcome=\"forwarded\",target=\"webhook:127.0.0.1\"\\} [6-9]");
      server.kill();
    }
    int before = cdn.told().size();
    try (ServerProcess server = start()) {
      new Admin(server.address()).post("/v1/shop/invalidate", tags("afterwards"));
      eventually(SOON, () -> cdn.taken("afterwards").size() == 1);
      assertThat(cdn.told()).as("what was told for good is not told again").hasSize(before + 1);
    }
  }

  @Test
  void manyAreToldTogether() throws Exception {
    try (ServerProcess server = start();
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      IntStream.range(0, 300).forEach(n -> client.invalidate("product:" + n % 100));
      eventually(
          SOON, () -> IntStream.range(0, 100).allMatch(n -> !tagged("product:" + n).isEmpty()));
      assertThat(cdn.told().size()).as("requests").isLessThan(20);
    }
  }

  @Tag("full")
  @Test
  void whatTheServerDoesByItselfIsNobodysBusiness() throws Exception {
    try (ServerProcess server = start();
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      client.ask(TestClient.putRequest("k", AsOf.NONE, 0, "v", "t"));
      client.invalidate("last");
      eventually(SOON, () -> cdn.taken("last").size() == 2);
      assertThat(cdn.told()).allMatch(each -> each.body().contains("[\"last\"]"));
    }
  }

  @Test
  void nobodyWaitsForACdnThatDoesNotAnswerAndNothingIsLost() throws Exception {
    cdn.is(Mood.SILENT);
    try (ServerProcess server = start()) {
      var admin = new Admin(server.address());
      for (int n = 0; n < 20; n++) {
        long asked = System.nanoTime();
        admin.post("/v1/shop/invalidate", tags("silent:" + n));
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(5));
        if (n == 0) {
          eventually(SOON, () -> !cdn.told().isEmpty());
        }
      }
      assertThat(
              admin.get("/v1/overview").getJsonArray("forwards").getJsonObject(0).getLong("queue"))
          .isEqualTo(1);
      // Acknowledged, told to nobody.
      server.kill();
    }
    cdn.is(Mood.WELL);
    try (ServerProcess server = start()) {
      eventually(
          SOON, () -> IntStream.range(0, 20).allMatch(n -> !tagged("silent:" + n).isEmpty()));
      assertThat(server.said()).isNotEmpty();
    }
  }

  @Test
  void aCdnThatRefusesIsToldAgain() throws Exception {
    try (ServerProcess server = start()) {
      var admin = new Admin(server.address());
      cdn.is(Mood.BUSY);
      admin.post("/v1/shop/invalidate", tags("busy"));
      eventually(SOON, () -> !cdn.told().isEmpty());
      Told refused = cdn.told().getFirst();
      cdn.is(Mood.WELL);
      eventually(SOON, () -> !cdn.taken("busy").isEmpty());
      assertThat(Duration.ofNanos(cdn.taken("busy").getFirst().at() - refused.at()))
          .as("it asked for two seconds")
          .isGreaterThan(Duration.ofMillis(1_900));
      eventually(SOON, () -> server.linesWith("takes what was invalidated again") == 1);

      cdn.dies();
      admin.post("/v1/shop/invalidate", tags("dead"));
      eventually(SOON, () -> server.linesWith("it is told again and again") == 2);
      cdn.revives();
      eventually(SOON, () -> !cdn.taken("dead").isEmpty());

      cdn.is(Mood.DISGUSTED);
      admin.post("/v1/shop/invalidate", tags("never-taken"));
      eventually(SOON, () -> server.linesWith("purge it by hand") > 0);
      cdn.is(Mood.WELL);
      admin.post("/v1/shop/invalidate", tags("goes-on"));
      eventually(SOON, () -> !cdn.taken("goes-on").isEmpty());
      assertThat(
              admin
                  .get("/v1/overview")
                  .getJsonArray("forwards")
                  .getJsonObject(0)
                  .getLong("dropped"))
          .isPositive();
    }
  }

  @Test
  void aServerThatIsNoLongerToTellForgetsWhatItWouldHaveTold() throws Exception {
    cdn.dies();
    try (ServerProcess server = start()) {
      new Admin(server.address()).post("/v1/shop/invalidate", tags("told-to-nobody"));
      server.kill();
    }
    ServerProcess.start(temporary.resolve("data")).close();
    cdn.revives();
    try (ServerProcess server = start()) {
      new Admin(server.address()).post("/v1/shop/invalidate", tags("new"));
      eventually(SOON, () -> !cdn.taken("new").isEmpty());
      assertThat(cdn.taken("told-to-nobody")).isEmpty();
    }
  }

  private List<Told> tagged(String tag) {
    return cdn.taken("\"" + tag + "\"");
  }

  private ServerProcess start() throws IOException {
    return ServerProcess.start(temporary.resolve("data"), "--forward", "webhook:" + cdn.url());
  }

  private static JsonObject tags(String... tags) {
    return new JsonObject().put("tags", new JsonArray(List.of(tags)));
  }

  private static String metrics(ServerProcess server) throws IOException {
    try (var client = new RawClient(server.address())) {
      client.text("GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
      return client.rest();
    }
  }
}
