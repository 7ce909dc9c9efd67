package dev.larder.server;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Response;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the real server says at its limits. */
class LimitsIT {
  @TempDir private Path temporary = Path.of("");

  @Test
  void oneNamespaceTooManyIsRefusedAndThoseThatExistAreServed() throws Exception {
    for (String existing : new String[] {"a", "b"}) {
      try (ServerProcess server = start("--max-namespaces", "2")) {
        assertThat(invalidate(server, existing, "[\"tag\"]").statusCode()).isEqualTo(200);
      }
    }
    try (ServerProcess server = start("--max-namespaces", "2")) {
      HttpResponse<String> refused = invalidate(server, "c", "[\"tag\"]");
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(refused.body()).contains("'c' would be one more than the 2 allowed");
      assertThat(invalidate(server, "a", "[\"tag\"]").body()).contains("\"revision\":2");
      assertThat(invalidate(server, "b", "[\"tag\"]").body()).contains("\"revision\":2");
    }
  }

  @Test
  void oneConnectionTooManyIsRefusedUntilAnotherEnds() throws Exception {
    try (ServerProcess server = start("--max-connections", "2");
        TestClient _ = TestClient.welcomed(server.address(), "shop")) {
      try (TestClient second = TestClient.welcomed(server.address(), "shop")) {
        assertThat(second.hello().version()).isEqualTo(Protocol.VERSION);
        assertThatThrownBy(() -> TestClient.connect(server.address(), "shop"))
            .cause()
            .extracting(
                failure -> ((WebSocketHandshakeException) failure).getResponse().statusCode(),
                as(InstanceOfAssertFactories.INTEGER))
            .isEqualTo(503);
      }
      try (TestClient third = connectedOnceThereIsRoom(server)) {
        assertThat(third.hello().version()).isEqualTo(Protocol.VERSION);
      }
    }
  }

  private static TestClient connectedOnceThereIsRoom(ServerProcess server) {
    long deadline = System.nanoTime() + 15_000_000_000L;
    while (true) {
      try {
        return TestClient.connect(server.address(), "shop");
      } catch (RuntimeException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
      }
    }
  }

  @Test
  void oneWaitingTooManyIsToldSo() throws Exception {
    try (ServerProcess server = start("--max-waiting", "1");
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      client.lookup("key", 0);
      // Lookups may overtake each other, so it may be either that finds the place taken.
      CompletableFuture<Response> one = client.send(TestClient.lookupRequest("key", 60_000));
      CompletableFuture<Response> other = client.send(TestClient.lookupRequest("key", 60_000));
      Response refused = TestClient.await(one.applyToEither(other, answer -> answer));
      assertThat(((Response.Failed) refused).code()).isEqualTo(ErrorCode.OVERLOADED);
      assertThat(one.isDone() && other.isDone()).isFalse();
    }
  }

  @Test
  void tagsAndKeysOverTheLimitAreRefused() throws Exception {
    try (ServerProcess server = start()) {
      assertThat(invalidate(server, "shop", tags(1024)).body()).contains("\"revision\":1");
      assertRefused(invalidate(server, "shop", tags(1025)), "1025 tags; at most 1024");

      String tag = "t".repeat(4096);
      assertThat(invalidate(server, "shop", "[\"" + tag + "\"]").body()).contains("\"revision\":2");
      String longer = "[\"" + tag + "t\"]";
      assertThat(invalidate(server, "shop", longer).body()).contains("\"revision\":3");

      assertThat(purge(server, "ab".repeat(512)).statusCode()).isEqualTo(200);
      assertRefused(purge(server, "ab".repeat(513)), "a key of 513 bytes; expected 1 to 512");
    }
  }

  private static String tags(int count) {
    return IntStream.range(0, count)
        .mapToObj("\"t%d\""::formatted)
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static void assertRefused(HttpResponse<String> answer, String message) {
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("invalid-value", message);
  }

  private ServerProcess start(String... options) throws IOException {
    return ServerProcess.start(temporary.resolve("data"), options);
  }

  private static HttpResponse<String> invalidate(
      ServerProcess server, String namespace, String tags)
      throws IOException, InterruptedException {
    return post(server, namespace + "/invalidate", "{\"tags\":" + tags + "}");
  }

  private static HttpResponse<String> purge(ServerProcess server, String key)
      throws IOException, InterruptedException {
    return post(server, "shop/purge", "{\"key\":\"" + key + "\"}");
  }

  private static HttpResponse<String> post(ServerProcess server, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(server.address().resolve("/v1/" + path))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }
}
