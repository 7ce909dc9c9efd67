package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.Identity;
import dev.larder.core.Report;
import dev.larder.core.wire.Request;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the first screen is made of, asked of a real server after a workload that was counted. */
class OverviewIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir private Path temporary = Path.of("");

  @Test
  void theOverviewSaysWhatWasCounted() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop");
        TestClient silent = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = client.hello().asOf();
      client.ask(new Request.Identify(identity()));
      client.ask(
          new Request.Report(
              new Report(
                  asOf,
                  new Report.Lookups(90, 5, 2, 3, 4, 0),
                  10_800,
                  new Report.Near(1, 6, 1 << 20),
                  List.of(),
                  List.of())));
      client.ask(TestClient.lookupRequest("a", 0));
      client.ask(TestClient.putRequest("b", asOf, 0, "value", "tag"));
      client.ask(TestClient.lookupRequest("b", 0));
      client.ask(TestClient.lookupRequest("b", 0));
      silent.invalidate("other");

      JsonObject overview = new JsonObject(get(server, "/v1/overview").body());
      assertThat(overview.getJsonObject("server").getJsonObject("store").getString("kind"))
          .isEqualTo("embedded");
      assertThat(overview.getJsonObject("server").getJsonObject("store").getBoolean("ready"))
          .isTrue();
      assertThat(overview.getInteger("more")).isZero();
      assertThat(overview.getJsonArray("namespaces")).hasSize(1);
      JsonObject shop = overview.getJsonArray("namespaces").getJsonObject(0);
      assertThat(shop.getString("namespace")).isEqualTo("shop");
      assertThat(shop.getLong("revision")).isEqualTo(1);
      assertThat(shop.getLong("entries")).isEqualTo(1);
      assertThat(shop.getLong("leases")).isEqualTo(1);
      assertThat(shop.getJsonObject("lookups").getLong("fresh")).isEqualTo(2);
      assertThat(shop.getJsonObject("lookups").getLong("miss")).isEqualTo(1);
      assertThat(shop.getJsonObject("lookups").getLong("near")).isEqualTo(90);
      assertThat(shop.getJsonObject("puts").getLong("stored")).isEqualTo(1);
      assertThat(shop.getJsonObject("instances"))
          .isEqualTo(new JsonObject().put("total", 2).put("behind", 1).put("silent", 1));
      assertThat(shop.getJsonObject("lastInvalidation").getJsonArray("tags"))
          .containsExactly("other");
      assertThat(shop.getLong("invalidations")).isEqualTo(1);
      client.invalidate("later");
      shop =
          new JsonObject(get(server, "/v1/overview").body())
              .getJsonArray("namespaces")
              .getJsonObject(0);
      assertThat(shop.getJsonObject("lastInvalidation").getJsonArray("tags"))
          .containsExactly("later");
    }
  }

  /** With the dashboard in it or without: nothing of it can become a script of somebody else. */
  @Test
  void everybodyMayReadThePageAndNobodyAnythingElse() throws Exception {
    try (ServerProcess server =
        ServerProcess.start(temporary.resolve("data"), "--token", "master")) {
      HttpResponse<String> page = get(server, "/");
      assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
          .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
          .doesNotContain("unsafe");
      if (page.statusCode() == 404) {
        assertThat(page.body()).contains("./larder build");
      } else {
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("/dashboard/app.js");
      }
      String etag = page.headers().firstValue("etag").orElseThrow();
      assertThat(get(server, "/", "If-None-Match", etag).statusCode()).isEqualTo(304);
      assertThat(get(server, "/v1/overview").statusCode()).isEqualTo(401);
      assertThat(get(server, "/dashboard/other.js").statusCode()).isEqualTo(401);
    }
  }

  private static Identity identity() {
    return new Identity("i1", "shop-1", 1, "client", "next 16", "node 22", "b7", "strict", "ws");
  }

  private static HttpResponse<String> get(ServerProcess server, String path, String... headers)
      throws Exception {
    var request = HttpRequest.newBuilder(URI.create(server.address() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
