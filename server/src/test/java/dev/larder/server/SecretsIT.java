package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a server has its secrets from. */
class SecretsIT {
  private static final String SEEN = "is in the list of processes";

  @TempDir private Path temporary = Path.of("");

  @Test
  void aSecretComesFromAFileAndIsSeenByNobody() throws Exception {
    Path token = file("token", "all-may-be-done-with-it\n");
    Path reader = file("reader", "  only-reading\n");
    try (ServerProcess server =
        ServerProcess.start(
            temporary.resolve("data"),
            "--token-file",
            token.toString(),
            "--redis-read-token-file",
            reader.toString())) {
      assertThat(asked(server, "/v1", "all-may-be-done-with-it")).contains(" 200 ");
      assertThat(asked(server, "/v1", "only-reading")).contains(" 403 ");
      assertThat(asked(server, "/redis/shop/get/k", "only-reading")).contains(" 200 ");
      assertThat(asked(server, "/v1", token.toString())).contains(" 401 ");
      assertThat(server.linesWith(SEEN)).isZero();
    }
  }

  @Test
  void aFileThatHasNoneIsNoStart() throws Exception {
    Path empty = file("empty", " \n");
    Path large = file("large", "x".repeat(5000));
    Path right = file("right", "a-token");
    assertThat(refused("", "--token-file", empty.toString())).contains("'" + empty, "no secret");
    assertThat(refused("", "--token-file", large.toString())).contains("4096", "nothing else");
    assertThat(refused("", "--token-file", temporary + "/none")).contains("none", "cannot be read");
    assertThat(refused("", "--token-file", "-")).contains("'-'", "no secret");
    assertThat(refused("", "--token", "t", "--token-file", right.toString()))
        .contains("--token or --token-file, not both")
        .doesNotContain("a-token");
    // What is read from the standard input is one of both.
    assertThat(refused("same\n", "--token-file", "-", "--redis-read-token", "same"))
        .contains("the same one to write with");
  }

  @Test
  void whatStandsInTheCommandLineIsSaidToBeSeen() throws Exception {
    assertThat(refused("", "--store", "redis://:hidden@127.0.0.1:1/x/y", "--port", "1"))
        .contains("--store " + SEEN, "LARDER_STORE")
        .doesNotContain("hidden");
    assertThat(refused("", "--store", "redis-cluster://127.0.0.1:1/x/y", "--port", "1"))
        .doesNotContain(SEEN);
    assertThat(refused("", "--host", "192.0.2.1", "--token", "t1", "--redis-read-token", "t2"))
        .contains("--token " + SEEN, "--token-file", "--redis-read-token " + SEEN);
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(temporary.resolve(name), content);
  }

  private static String asked(ServerProcess server, String path, String token) throws IOException {
    try (var client = new RawClient(server.address())) {
      client.text(
          "GET %s HTTP/1.1\r\nhost: a\r\nauthorization: Bearer %s\r\n\r\n".formatted(path, token));
      return client.answer();
    }
  }

  private String refused(String input, String... options) throws IOException, InterruptedException {
    Process process = ServerProcess.launch(temporary.resolve("data"), options);
    try (var typed = process.outputWriter(StandardCharsets.UTF_8)) {
      typed.write(input);
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isNotZero();
    return output;
  }
}
