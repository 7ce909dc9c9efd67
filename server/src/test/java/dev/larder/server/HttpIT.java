package dev.larder.server;

import static dev.larder.server.TestClient.freshNamespace;
import static dev.larder.server.TestClient.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.FrameWriter;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.Entries;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The real server, asked over HTTP: in JSON, as people and webhooks ask it, and in batches of
 * frames, as clients without a connection do.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** Static, for JUnit fills instance fields only after {@link #start}. */
  @TempDir private static Path temporary = Path.of("");

  private ServerProcess server;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    server = ServerProcess.start(temporary.resolve("data"), "--max-value", "1");
    assertThat(http("GET", "/v1", "", new byte[0]).body().strip())
        .as("namespaces of a server nobody has used")
        .isEqualTo("{\"namespaces\":[]}");
  }

  @AfterAll
  void stop() throws IOException, InterruptedException {
    server.close();
  }

  private TestClient client(String namespace) {
    return TestClient.welcomed(server.address(), namespace);
  }

  private HttpResponse<String> http(String method, String path, String type, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.address().resolve(path))
            .method(method, BodyPublishers.ofByteArray(body));
    if (!type.isEmpty()) {
      request.header("content-type", type);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  @Nested
  class Json {
    @ParameterizedTest
    @CsvSource({"/healthz,ok", "/readyz,ready"})
    void itSaysThatItIsWell(String path, String status) throws Exception {
      HttpResponse<String> answer = http("GET", path, "", new byte[0]);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).contains("\"status\":\"%s\"".formatted(status));
    }

    @Test
    void anInvalidationIsCounted() throws Exception {
      String path = "/v1/" + freshNamespace() + "/invalidate";
      byte[] now = "{\"tags\":[\"a\"]}".getBytes(StandardCharsets.UTF_8);
      byte[] soft = "{\"tags\":[\"a\",\"b\"],\"expire\":60}".getBytes(StandardCharsets.UTF_8);
      assertThat(http("POST", path, "application/json", now).body().strip())
          .isEqualTo("{\"revision\":1}");
      assertThat(http("POST", path, "application/json; charset=utf-8", soft).body().strip())
          .isEqualTo("{\"revision\":2}");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "[]",
          "{",
          "\"a\"",
          "{}",
          "{\"tags\":[]}",
          "{\"tags\":\"a\"}",
          "{\"tags\":[1]}",
          "{\"tags\":[\"\"]}",
          "{\"tags\":[\"a\"],\"expire\":-1}",
          "{\"tags\":[\"a\"],\"expire\":1.5}",
          "{\"tags\":[\"a\"],\"expire\":\"60\"}",
          "{\"tags\":[\"a\"],\"expire\":null}",
          "{\"tags\":[\"a\"],\"expires\":60}"
        })
    void aBadInvalidationIsRefusedAndChangesNothing(String body) throws Exception {
      String namespace = freshNamespace();
      HttpResponse<String> answer =
          http(
              "POST",
              "/v1/" + namespace + "/invalidate",
              "application/json",
              body.getBytes(StandardCharsets.UTF_8));
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).contains("\"code\":\"invalid-value\"", "\"message\":\"");
      try (TestClient client = client(namespace)) {
        assertThat(client.invalidate("x").revision().number()).isEqualTo(1);
      }
    }

    @Test
    void aNamespaceIsListedDescribedAndDeleted() throws Exception {
      String namespace = freshNamespace();
      try (TestClient client = client(namespace)) {
        AsOf before = client.invalidate("a");
        client.put("key", before, 0, "value", "a");

        assertThat(http("GET", "/v1", "", new byte[0]).body()).contains("\"" + namespace + "\"");
        assertThat(http("GET", "/v1/" + namespace, "", new byte[0]).body())
            .contains("\"revision\":1", "\"entries\":1", "\"bytes\":5", "\"tags\":1");

        assertThat(http("DELETE", "/v1/" + namespace, "", new byte[0]).statusCode()).isEqualTo(200);
        assertThat(client.closedWith()).isEqualTo(1001);
        assertThat(http("GET", "/v1/" + namespace, "", new byte[0]).statusCode()).isEqualTo(404);
        try (TestClient again = TestClient.connect(server.address(), namespace)) {
          assertThat(again.hello().asOf().store()).isNotEqualTo(before.store());
          assertThat(again.lookup("key", 0)).isInstanceOf(Response.Miss.class);
        }
      }
    }

    @Test
    void aTagOrAKeyIsPurged() throws Exception {
      String namespace = freshNamespace();
      try (TestClient client = client(namespace)) {
        AsOf asOf = ((Response.Miss) client.lookup("other", 0)).asOf();
        client.put("a", asOf, 0, "a", "tag");
        client.put("b", asOf, 0, "b", "tag");
        client.put("c", asOf, 0, "c", "another");
        assertThat(purge(namespace, "{\"tags\":[\"tag\"]}")).contains("\"removed\":2");
        assertThat(client.lookup("a", 0)).isInstanceOf(Response.Miss.class);
        assertThat(text(client.lookup("c", 0))).isEqualTo("c");
        assertThat(purge(namespace, "{\"key\":\"63\"}"))
            .contains("\"purged\":\"63\",\"revision\":2");
        assertThat(client.lookup("c", 0)).isInstanceOf(Response.Miss.class);
        client.nextUnasked();
        var pushed = (Response.Pushed) client.nextUnasked();
        assertThat(pushed.invalidation())
            .isEqualTo(
                new Response.Notification(
                    new Revision(2), 0, TagSet.of("larder:purge:63", "larder:key:63")));
        assertThat(client.put("c", asOf, 0, "late"))
            .isEqualTo(new Response.Stored(PutOutcome.EXPIRED));
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"{}", "{\"key\":\"\"}", "{\"key\":\"xy\"}", "{\"key\":\"00\",\"tags\":[\"a\"]}"})
    void aBadPurgeIsRefused(String body) throws Exception {
      assertThat(purge("shop", body)).contains("invalid-value");
    }

    private String purge(String namespace, String body) throws Exception {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      return http("POST", "/v1/" + namespace + "/purge", "application/json", bytes).body();
    }

    @ParameterizedTest
    @CsvSource({
      "GET,/nowhere,'',404,not-found",
      "GET,/v1/a/b/c,'',404,not-found",
      "POST,/v1/shop/purges,'',404,not-found",
      "GET,/v1/never-used,'',404,not-found",
      "DELETE,/v1/never-used,'',404,not-found",
      "PUT,/v1/shop,'',405,method-not-allowed",
      "POST,/healthz,'',405,method-not-allowed",
      "GET,/v1/shop/invalidate,'',405,method-not-allowed",
      "POST,/v1/shop/connect,'',405,method-not-allowed",
      "GET,/v1/shop/connect,'',426,upgrade-required",
      "POST,/v1/Shop/invalidate,application/json,400,invalid-value",
      "POST,/v1/shop/invalidate,text/plain,415,unsupported-media-type",
      "POST,/v1/shop/invalidate,'',415,unsupported-media-type",
      "POST,/v1/shop/batch,application/json,415,unsupported-media-type",
      "POST,/v1/shop/batch,application/octet-stream,400,invalid-value"
    })
    void aBadRequestGetsAClearError(
        String method, String path, String type, int status, String code) throws Exception {
      HttpResponse<String> answer = http(method, path, type, new byte[0]);
      assertThat(answer.statusCode()).isEqualTo(status);
      assertThat(answer.headers().firstValue("content-type")).contains("application/json");
      assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
    }

    @Test
    void aBodyOverTheLimitIsRefused() throws Exception {
      HttpResponse<String> answer =
          http("POST", "/v1/shop/batch", "application/octet-stream", new byte[10 << 20]);
      assertThat(answer.statusCode()).isEqualTo(413);
      assertThat(answer.body()).contains("too-large");
    }
  }

  @Nested
  class Batch {
    @Test
    void framesInFramesOutInOrder() throws Exception {
      String namespace = freshNamespace();
      CacheKey key = Entries.key("key");
      List<Response> first =
          batch(
              namespace,
              new Request.Hello(Protocol.VERSION, "test", AsOf.NONE),
              TestClient.lookupRequest("key", 0),
              new Request.Ping());
      assertThat(first).hasSize(3);
      assertThat(first.get(0)).isInstanceOf(Response.Welcome.class);
      var miss = (Response.Miss) first.get(1);
      assertThat(first.get(2)).isEqualTo(new Response.Pong());

      List<Response> second =
          batch(
              namespace,
              new Request.Hello(Protocol.VERSION, "test", AsOf.NONE),
              new Request.Renew(key, miss.lease()),
              TestClient.putRequest("key", miss.asOf(), miss.lease(), "value"),
              TestClient.lookupRequest("key", 0));
      assertThat(second.get(1)).isEqualTo(new Response.Renewed(true));
      assertThat(second.get(2)).isEqualTo(new Response.Stored(PutOutcome.STORED));
      assertThat(text(second.get(3))).isEqualTo("value");
    }

    @Test
    void aClientThatGoesAwayNoLongerWaits() throws Exception {
      String namespace = freshNamespace();
      TestClient leader = client(namespace);
      var held = (Response.Miss) leader.lookup("key", 0);
      CompletableFuture<HttpResponse<byte[]>> waiting =
          HTTP.sendAsync(
              batchOf(
                  namespace,
                  new Request.Hello(Protocol.VERSION, "test", AsOf.NONE),
                  TestClient.lookupRequest("key", 60_000)),
              BodyHandlers.ofByteArray());
      untilWaiting(namespace, 1);
      waiting.cancel(true);
      untilWaiting(namespace, 0);
      leader.ask(new Request.Release(Entries.key("key"), held.lease()));
      assertThat(((Response.Miss) leader.lookup("key", 0)).lease()).isNotZero();
      leader.close();
    }

    private void untilWaiting(String namespace, int count) throws Exception {
      String wanted = "\"waiting\":%d".formatted(count);
      String described = "";
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TestClient.PATIENCE_SECONDS);
      while (!described.contains(wanted)) {
        assertThat(System.nanoTime()).as(described).isLessThan(deadline);
        described = http("GET", "/v1/" + namespace, "", new byte[0]).body();
      }
    }

    private HttpRequest batchOf(String namespace, Request... requests) {
      var writer = new FrameWriter();
      for (int i = 0; i < requests.length; i++) {
        writer.write(new Frame(i + 1, requests[i]));
      }
      byte[] body = new byte[writer.length()];
      writer.message().get(body);
      return HttpRequest.newBuilder(server.address().resolve("/v1/" + namespace + "/batch"))
          .header("content-type", "application/octet-stream")
          .POST(BodyPublishers.ofByteArray(body))
          .build();
    }

    private List<Response> batch(String namespace, Request... requests) throws Exception {
      HttpResponse<byte[]> response =
          HTTP.send(batchOf(namespace, requests), BodyHandlers.ofByteArray());
      assertThat(response.statusCode()).isEqualTo(200);
      var reader = new FrameReader(ByteBuffer.wrap(response.body()), 64 << 20);
      var answers = new ArrayList<Response>();
      while (reader.hasNext()) {
        var good = (FrameReader.Read.Good) reader.next();
        assertThat(good.frame().requestId()).isEqualTo(answers.size() + 1);
        answers.add((Response) good.frame().message());
      }
      return answers;
    }
  }
}
