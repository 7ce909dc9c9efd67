package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code larder token}, as a process, and a server that is given its file. */
class TokenCommandIT {
  @TempDir private Path temporary = Path.of("");

  /** What a command said and ended with. */
  private record Ran(int status, String out, String err) {}

  @Test
  void aTokenIsMadeReplacedAndRevokedWhileAServerRuns() throws Exception {
    Ran created = token("create", "--role", "read", "--namespace", "shop", "--name", "a reader");
    assertThat(created.status()).isZero();
    String secret = created.out().strip();
    assertThat(secret).startsWith("lrd_").doesNotContain(" ");
    String id = secret.substring(4, 14);
    assertThat(created.err()).contains(id, "a reader", "namespaces shop").doesNotContain(secret);
    assertThat(Files.readString(file())).doesNotContain(secret);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    assertThat(token("list").out())
        .contains("1 token", id, "a reader", "read", "shop", "never", "LAST USED");

    try (ServerProcess server =
        ServerProcess.start(temporary.resolve("data"), "--tokens", file().toString())) {
      assertThat(asked(server, secret)).isEqualTo(404);
      String day = Instant.now().truncatedTo(ChronoUnit.DAYS).toString().substring(0, 10);
      eventually(
          Duration.ofSeconds(30),
          () -> token("list").out().lines().anyMatch(it -> it.matches(id + ".* " + day + "T.*Z")));

      Ran rotated = token("rotate", id, "--keep", "1h");
      String next = rotated.out().strip();
      assertThat(rotated.err()).contains(id, "remains of use until");
      eventually(Duration.ofSeconds(30), () -> asked(server, next) == 404);
      assertThat(asked(server, secret)).isEqualTo(404);

      assertThat(token("revoke", id).out()).contains(id, "revoked");
      eventually(Duration.ofSeconds(30), () -> asked(server, secret) == 401);
      assertThat(asked(server, next)).isEqualTo(404);
    }
  }

  @Test
  void whatIsWrongIsSaidAndChangesNothing() throws Exception {
    assertThat(token("create", "--role", "reader", "--name", "x").err())
        .contains("'reader'", "expected read, write");
    assertThat(token("create", "--role", "read", "--name", " ").err()).contains("name");
    assertThat(token("create", "--role", "read", "--name", "x", "--namespace", "UPPER").err())
        .contains("UPPER");
    assertThat(token("create", "--role", "read", "--name", "x", "--expires", "soon").err())
        .contains("'soon'", "90d");
    assertThat(token("create", "--role", "read", "--name", "x", "--tag-prefix", "t").err())
        .contains("'read'", "'invalidate'");
    assertThat(file()).doesNotExist();
    assertThat(token("revoke", "nobody").err()).contains("'nobody'", "larder token list");
    assertThat(token("list").out()).startsWith("No tokens");

    Files.writeString(file(), "{");
    Ran damaged = token("create", "--role", "read", "--name", "x");
    assertThat(damaged.status()).isEqualTo(1);
    assertThat(damaged.err()).contains(file().toString(), "no JSON object").doesNotContain("\tat ");
    assertThat(Files.readString(file())).isEqualTo("{");
  }

  @Test
  void commandsAtTheSameTimeLoseNothing() throws Exception {
    List<Process> commands = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      commands.add(start("create", "--role", "read", "--name", "reader " + i));
    }
    for (Process command : commands) {
      assertThat(command.waitFor()).isZero();
    }
    assertThat(token("list").out()).contains("4 tokens", "reader 0", "reader 3");
  }

  private Path file() {
    return temporary.resolve("tokens.json");
  }

  private Ran token(String... arguments) throws IOException, InterruptedException {
    Process process = start(arguments);
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    return new Ran(process.waitFor(), out, err);
  }

  private Process start(String... arguments) throws IOException {
    List<String> command =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-jar",
                    System.getProperty("larder.jar", ""),
                    "token"),
                Stream.concat(Stream.of(arguments), Stream.of("--tokens", file().toString())))
            .toList();
    return new ProcessBuilder(command).start();
  }

  /** Of a namespace that nobody has used: 404 to who may ask. */
  private static int asked(ServerProcess server, String secret) throws Exception {
    var request =
        HttpRequest.newBuilder(server.address().resolve("/v1/shop"))
            .header("Authorization", "Bearer " + secret)
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
  }
}
