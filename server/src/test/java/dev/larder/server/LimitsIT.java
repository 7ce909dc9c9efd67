package dev.larder.server;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.wire.Answer;
import dev.larder.core.wire.ErrorCode;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        TestClient first = TestClient.welcomed(server.address(), "shop")) {
      try (TestClient second = TestClient.welcomed(server.address(), "shop")) {
        assertThat(second.hello().version()).isEqualTo(1);
        assertThatThrownBy(() -> TestClient.connect(server.address(), "shop"))
            .cause()
            .extracting(
                failure -> ((WebSocketHandshakeException) failure).getResponse().statusCode(),
                as(InstanceOfAssertFactories.INTEGER))
            .isEqualTo(503);
      }
      // The server notices the end of the second when it reads: ask until there is room.
      first.hello();
      try (TestClient third = connectedOnceThereIsRoom(server)) {
        assertThat(third.hello().version()).isEqualTo(1);
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
      CompletableFuture<Answer> waiting = client.send(TestClient.lookupRequest("key", 60_000));
      Answer refused = client.lookup("key", 60_000);
      assertThat(((Answer.Failed) refused).code()).isEqualTo(ErrorCode.OVERLOADED);
      assertThat(waiting).isNotDone();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1024, 1025})
  void tooManyTagsAreRefused(int count) throws Exception {
    String tags =
        IntStream.range(0, count).mapToObj("\"t%d\""::formatted).collect(Collectors.joining(","));
    assertLimit(count <= 1024, "[" + tags + "]", "1025 tags; at most 1024");
  }

  @ParameterizedTest
  @ValueSource(ints = {4096, 4097})
  void aTagTooLongIsRefused(int length) throws Exception {
    assertLimit(length <= 4096, "[\"" + "t".repeat(length) + "\"]", "is longer than 4096 bytes");
  }

  private void assertLimit(boolean within, String tags, String message) throws Exception {
    try (ServerProcess server = start()) {
      HttpResponse<String> answer = invalidate(server, "shop", tags);
      assertThat(answer.statusCode()).isEqualTo(within ? 200 : 400);
      assertThat(answer.body()).contains(within ? "\"revision\":1" : message);
    }
  }

  @Test
  void aKeyTooLongIsRefused() throws Exception {
    try (ServerProcess server = start()) {
      invalidate(server, "shop", "[\"tag\"]");
      HttpResponse<String> longest = post(server, "shop/purge", "{\"key\":\"%s\"}", 512);
      assertThat(longest.statusCode()).isEqualTo(200);
      HttpResponse<String> longer = post(server, "shop/purge", "{\"key\":\"%s\"}", 513);
      assertThat(longer.statusCode()).isEqualTo(400);
      assertThat(longer.body()).contains("a key of 513 bytes; expected 1 to 512");
    }
  }

  private ServerProcess start(String... options) throws IOException {
    return ServerProcess.start(temporary.resolve("data"), options);
  }

  private static HttpResponse<String> invalidate(
      ServerProcess server, String namespace, String tags)
      throws IOException, InterruptedException {
    return post(server, namespace + "/invalidate", "{\"tags\":" + tags + "}");
  }

  private static HttpResponse<String> post(
      ServerProcess server, String path, String body, int keyBytes)
      throws IOException, InterruptedException {
    return post(server, path, body.formatted("ab".repeat(keyBytes)));
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
