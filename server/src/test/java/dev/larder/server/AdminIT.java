package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Origin;
import dev.larder.core.Put;
import dev.larder.core.Report;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What whoever is on call asks the real server, after what was done to it. */
class AdminIT {
  private static final CacheKey KEY = CacheKey.of("page".getBytes(StandardCharsets.UTF_8));
  private static final CacheKey GONE = CacheKey.of("gone".getBytes(StandardCharsets.UTF_8));

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir private Path temporary = Path.of("");
  private ServerProcess server;
  private Admin admin;

  @BeforeEach
  void start() throws IOException {
    server = ServerProcess.start(temporary.resolve("data"));
    admin = new Admin(server.address());
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private static void stored(TestClient client) {
    byte[] value = "a page".getBytes(StandardCharsets.UTF_8);
    AsOf asOf = client.hello().asOf();
    var origin = new Origin("/product/3", Origin.Kind.PAGE, "b7", "6f1e2d3c", 120);
    var put =
        new Put(
            KEY,
            asOf,
            0,
            TagSet.of("product:3"),
            new CacheLife(60, 600, 6000),
            0,
            CacheEntry.checksum(value),
            value,
            origin);
    assertThat(client.ask(new Request.Put(put))).isInstanceOf(Response.Stored.class);
  }

  private static Report report(AsOf known) {
    return new Report(
        known,
        new Report.Lookups(90, 5, 2, 3, 0, 0),
        10_800,
        new Report.Near(1, 6, 1 << 20),
        List.of(),
        List.of(new Report.Render("/product/3", List.of(KEY, GONE))));
  }

  @Test
  void aStalePageIsExplainedByWhoInvalidatedItAndWhen() throws Exception {
    try (TestClient client = TestClient.welcomed(server.address(), "shop")) {
      client.identify("6f1e2d3c", "shop-2", "b7");
      stored(client);
      JsonObject fresh = admin.get("/v1/shop/explain?key=" + KEY);
      assertThat(fresh.getString("sentence")).startsWith("fresh: generated");
      client.ask(
          new Request.Invalidate(
              TagSet.of("product:3"), 600, new InvalidationSource("revalidateTag", "/buy", "")));
      JsonObject stale = admin.get("/v1/shop/explain?key=" + KEY);
      assertThat(stale.getString("sentence"))
          .startsWith("stale since ")
          .endsWith(
              "tag product:3 was invalidated at revision 1 by 6f1e2d3c"
                  + " (revalidateTag in /buy, via connection)");
      JsonObject entry = stale.getJsonArray("entries").getJsonObject(0);
      assertThat(entry.getString("label")).isEqualTo("/product/3");
      assertThat(entry.getString("kind")).isEqualTo("page");
      assertThat(entry.getLong("generationMillis")).isEqualTo(120);
      client.ask(new Request.Invalidate(TagSet.of("product:3"), 0));
      JsonObject expired = admin.get("/v1/shop/entries/" + KEY);
      assertThat(expired.getString("state")).isEqualTo("expired");
      assertThat(expired.getJsonObject("invalidation").getLong("revision")).isEqualTo(2);
    }
  }

  @Test
  void aPathIsExplainedByWhatItWasMadeOfWhenItWasRendered() throws Exception {
    try (TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf known = client.hello().asOf();
      client.identify("6f1e2d3c", "shop-2", "b7");
      stored(client);
      JsonObject unknown = admin.get("/v1/shop/explain?path=/product/3");
      assertThat(unknown.getString("sentence")).startsWith("nobody has reported");
      client.ask(new Request.Report(report(known)));
      JsonObject explained = admin.get("/v1/shop/explain?path=/product/3");
      assertThat(explained.getString("renderedBy")).isEqualTo("6f1e2d3c");
      assertThat(explained.getJsonArray("entries")).hasSize(2);
      assertThat(explained.getString("sentence"))
          .isEqualTo(
              "/product/3: nothing is stored under %s: the next reader generates it"
                  .formatted(GONE));
    }
  }

  @Test
  void instancesAreListedWithWhatTheyReportAndHowFarTheyAreBehind() throws Exception {
    try (TestClient client = TestClient.welcomed(server.address(), "shop");
        TestClient silent = TestClient.welcomed(server.address(), "shop")) {
      AsOf known = client.hello().asOf();
      client.identify("6f1e2d3c", "shop-2", "b7");
      client.ask(new Request.Report(report(known)));
      silent.invalidate("tag");
      JsonObject answer = admin.get("/v1/shop/instances");
      assertThat(answer.getJsonArray("instances")).hasSize(2);
      JsonObject reported =
          answer.getJsonArray("instances").stream()
              .map(JsonObject.class::cast)
              .filter(each -> each.getString("host").equals("shop-2"))
              .findAny()
              .orElseThrow();
      assertThat(reported.getBoolean("reports")).isTrue();
      assertThat(reported.getLong("behind")).isEqualTo(1);
      assertThat(reported.getJsonObject("lookups").getLong("near")).isEqualTo(90);
      assertThat(reported.getString("build")).isEqualTo("b7");
    }
    try (TestClient last = TestClient.welcomed(server.address(), "shop")) {
      assertThat(last.hello().version()).isEqualTo(Protocol.VERSION);
      eventually(SOON, () -> admin.get("/v1/shop/instances").getJsonArray("instances").size() == 1);
    }
  }

  @Test
  void whatIsAskedWronglyIsRefusedWithWhatWasExpected() throws Exception {
    try (TestClient client = TestClient.welcomed(server.address(), "shop")) {
      client.invalidate("tag");
      assertThat(admin.refused("/v1/shop/explain", 400)).contains("one of 'path', 'key' and 'tag'");
      assertThat(admin.refused("/v1/shop/explain?key=xyz", 400)).contains("hexadecimal");
      assertThat(admin.refused("/v1/shop/invalidations?limit=0", 400)).contains("from 1 to 1000");
      assertThat(admin.refused("/v1/shop/entries/00", 404)).contains("nothing is stored");
      assertThat(admin.refused("/v1/other/instances", 404)).contains("no namespace");
    }
  }
}
