package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.wire.Protocol;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in, and what is said to those who are not. */
class EdgeIT {
  @TempDir private Path temporary = Path.of("");

  @Test
  void webPagesOfOthersAreNotAnswered() throws Exception {
    try (ServerProcess server = start()) {
      String own = server.address().getAuthority();
      assertThat(asked(server, "GET", "/v1", "host: " + own)).startsWith("HTTP/1.1 200 ");
      assertThat(asked(server, "GET", "/v1", "host: " + own, "origin: http://" + own))
          .startsWith("HTTP/1.1 200 ");
      assertThat(asked(server, "GET", "/v1", "host: " + own, "origin: https://evil.example"))
          .startsWith("HTTP/1.1 403 ")
          .contains("\"forbidden\"", "evil.example");
      assertThat(asked(server, "GET", "/v1", "host: " + own, "origin: null"))
          .startsWith("HTTP/1.1 403 ");
      // A name of the attacker's that leads to loopback: then the page is of the same origin.
      assertThat(asked(server, "GET", "/v1", "host: evil.example", "origin: http://evil.example"))
          .startsWith("HTTP/1.1 403 ");
      assertThat(upgrade(server, "host: " + own, "origin: https://evil.example"))
          .startsWith("HTTP/1.1 403 ");
      assertThat(upgrade(server, "host: localhost")).startsWith("HTTP/1.1 101 ");
    }
  }

  private String upgrade(ServerProcess server, String... headers) throws IOException {
    String[] all = new String[headers.length + 4];
    System.arraycopy(headers, 0, all, 4, headers.length);
    all[0] = "connection: upgrade";
    all[1] = "upgrade: websocket";
    all[2] = "sec-websocket-version: 13";
    all[3] = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    return asked(server, "GET", "/v1/shop/connect", all);
  }

  @Test
  void theTokenComesFirst() throws Exception {
    try (ServerProcess server = start("--token", "secret")) {
      for (String path : new String[] {"/v1", "/v1/Bad Name", "/v1/a/b/c/d", "/v1/shop/purge"}) {
        assertThat(asked(server, "GET", path.replace(" ", "%20"), "host: any.example"))
            .startsWith("HTTP/1.1 401 ")
            .containsIgnoringCase("www-authenticate: Bearer")
            .contains("\"unauthorized\"");
      }
      for (String scheme : new String[] {"Bearer", "bearer", "BEARER"}) {
        assertThat(asked(server, "GET", "/v1", "host: a", "authorization: " + scheme + " secret"))
            .startsWith("HTTP/1.1 200 ");
      }
      assertThat(asked(server, "GET", "/healthz", "host: a")).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void whatIsNotHttpIsAnsweredInJson() throws Exception {
    try (ServerProcess server = start()) {
      assertThat(asked(server, "GET", "/" + "x".repeat(5000), "host: a"))
          .containsPattern("^HTTP/1.. 414 ")
          .contains("application/json", "\"too-large\"");
      assertThat(asked(server, "GET", "/v1", "host: a", "x: " + "y".repeat(9000)))
          .containsPattern("^HTTP/1.. 431 ")
          .contains("application/json", "\"too-large\"");
      assertThat(asked(server, "GET", "/v1", "host: a", "bad name: x", "content-length: z"))
          .containsPattern("^HTTP/1.. 400 ")
          .contains("application/json", "\"invalid-value\"");
    }
  }

  @Test
  void withoutATokenItListensToItsOwnMachineOnly() throws Exception {
    assertThat(refusal("--host", "0.0.0.0", "--port", "0"))
        .contains("0.0.0.0", "--token-file", "LARDER_TOKEN", "--insecure-no-token");
    try (ServerProcess server = start("--host", "0.0.0.0", "--insecure-no-token")) {
      assertThat(asked(server, "GET", "/v1", "host: any.example")).startsWith("HTTP/1.1 200 ");
    }
    try (ServerProcess server = start("--host", "0.0.0.0", "--token", "secret")) {
      assertThat(asked(server, "GET", "/healthz", "host: a")).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void whyItDoesNotStartIsSaidAsItIs() throws Exception {
    assertThat(refusal("--host", "192.0.2.1", "--token", "t"))
        .contains("cannot listen on 192.0.2.1:", "--host");
    for (String password : new String[] {"xy/zzy", "xy@zzy", "xy?zzy", "xy#zzy"}) {
      assertThat(refusal("--store", "redis://user:" + password + "@localhost:1"))
          .contains("percent-encoded")
          .doesNotContain("zzy", "listen");
    }
  }

  @Test
  void whatIsStoredIsForTheOwner() throws Exception {
    for (int start = 0; start < 2; start++) {
      try (ServerProcess server = start();
          TestClient client = TestClient.welcomed(server.address(), "shop")) {
        client.invalidate("a");
        assertForTheOwner();
      }
      assertForTheOwner();
      // As a version of before left them.
      try (Stream<Path> files = Files.list(data().resolve("db"))) {
        for (Path file : files.toList()) {
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        }
      }
    }
  }

  private void assertForTheOwner() throws IOException {
    try (Stream<Path> files = Files.walk(data())) {
      for (Path file : files.toList()) {
        try {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
              .as("%s", file)
              .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------");
        } catch (NoSuchFileException e) {
          // The database is done with it.
        }
      }
    }
  }

  @Test
  void emptyNamespacesMakeRoomForThoseThatAreUsed() throws Exception {
    try (ServerProcess server = start("--max-namespaces", "3")) {
      for (String name : new String[] {"one", "two"}) {
        try (TestClient stranger = TestClient.connect(server.address(), name)) {
          assertThat(stranger.hello().version()).isEqualTo(Protocol.VERSION);
        }
      }
      try (TestClient guest = TestClient.welcomed(server.address(), "used")) {
        guest.invalidate("a");
        try (TestClient late = TestClient.connect(server.address(), "late")) {
          assertThat(late.hello().version()).isEqualTo(Protocol.VERSION);
          assertThat(asked(server, "GET", "/v1", "host: localhost"))
              .contains("\"late\"", "\"used\"")
              .doesNotContain("\"one\"", "\"two\"");
        }
      }
    }
  }

  private static String asked(ServerProcess server, String method, String path, String... headers)
      throws IOException {
    try (var client = new RawClient(server.address())) {
      client.text(
          "%s %s HTTP/1.1\r\n%s\r\n\r\n".formatted(method, path, String.join("\r\n", headers)));
      return client.answer();
    }
  }

  private ServerProcess start(String... options) throws IOException {
    return ServerProcess.start(data(), options);
  }

  private Path data() {
    return temporary.resolve("data");
  }

  private String refusal(String... options) throws IOException, InterruptedException {
    Process process = ServerProcess.launch(data(), options);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isNotZero();
    return output;
  }
}
