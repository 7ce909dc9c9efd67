package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.Revision;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.io.IOException;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starting, stopping, killing and freezing the real server process. */
class LifecycleIT {
  @TempDir private Path temporary = Path.of("");

  private Path data() {
    return temporary.resolve("data");
  }

  @Test
  void whatWasAcknowledgedSurvivesKill() throws Exception {
    AsOf acknowledged;
    try (ServerProcess server = ServerProcess.start(data());
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      for (String key : new String[] {"kept", "dropped"}) {
        var miss = (Response.Miss) client.lookup(key, 0);
        client.put(key, miss.asOf(), miss.lease(), "value of " + key, key);
      }
      acknowledged = client.invalidate("dropped");
      server.kill();
    }
    try (ServerProcess server = ServerProcess.start(data());
        TestClient client = TestClient.connect(server.address(), "shop")) {
      assertThat(client.hello().asOf()).isEqualTo(acknowledged);
      assertThat(client.lookup("kept", 0)).isInstanceOf(Response.Fresh.class);
      assertThat(client.lookup("dropped", 0)).isInstanceOf(Response.Miss.class);
    }
  }

  /** Warnings of libraries, say, are nobody's to read at every start. */
  @Test
  void theFirstThingAServerSaysIsWhereItListens() throws Exception {
    try (ServerProcess server = ServerProcess.start(data())) {
      assertThat(server.said()).singleElement().asString().contains("listens on");
    }
  }

  @Test
  void aKilledServerLeavesNothingOutsideItsDirectoryAndNothingTwiceInIt() throws Exception {
    for (int i = 0; i < 3; i++) {
      try (ServerProcess server = ServerProcess.start(data())) {
        server.kill();
      }
    }
    assertThat(list(temporary)).containsExactly("data");
    assertThat(list(data())).containsExactlyInAnyOrder("LARDER", "commit", "db", "native");
    assertThat(list(data().resolve("native"))).hasSize(1);
  }

  @Test
  void aDamagedNativeLibraryIsReplaced() throws Exception {
    try (ServerProcess server = ServerProcess.start(data())) {
      server.kill();
    }
    Path library = data().resolve("native").resolve(list(data().resolve("native")).getFirst());
    byte[] bytes = Files.readAllBytes(library);
    Files.write(library, new byte[bytes.length]);
    try (ServerProcess server = ServerProcess.start(data())) {
      server.kill();
    }
    assertThat(library).hasBinaryContent(bytes);
  }

  @Test
  void withoutSyncingHistorySurvivesTheProcessButNotTheMachine() throws Exception {
    Path bootId = Files.writeString(temporary.resolve("boot_id"), "first\n");
    AsOf acknowledged;
    try (ServerProcess server = ServerProcess.startOnBoot(bootId, data(), "--fsync", "never");
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      acknowledged = client.invalidate("a");
      server.kill();
    }
    try (ServerProcess server = ServerProcess.startOnBoot(bootId, data(), "--fsync", "never");
        TestClient client = TestClient.connect(server.address(), "shop")) {
      assertThat(client.hello().asOf()).isEqualTo(acknowledged);
      server.kill();
    }
    Files.writeString(bootId, "second\n");
    try (ServerProcess server = ServerProcess.startOnBoot(bootId, data(), "--fsync", "never");
        TestClient client = TestClient.connect(server.address(), "shop")) {
      AsOf reborn = client.hello().asOf();
      assertThat(reborn.store()).isNotEqualTo(acknowledged.store());
      assertThat(client.ask(new Request.Refresh(acknowledged)))
          .isEqualTo(new Response.Refreshed(reborn, reborn.revision(), List.of()));
    }
  }

  @Test
  void anEmptiedDataDirectoryIsAnotherHistory() throws Exception {
    AsOf before;
    try (ServerProcess server = ServerProcess.start(data());
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      before = client.invalidate("a");
    }
    try (ServerProcess server = ServerProcess.start(temporary.resolve("other"));
        TestClient client = TestClient.connect(server.address(), "shop")) {
      assertThat(client.hello().asOf().store()).isNotEqualTo(before.store());
      var refreshed = (Response.Refreshed) client.ask(new Request.Refresh(before));
      assertThat(refreshed.asOf()).isEqualTo(new AsOf(refreshed.asOf().store(), Revision.ZERO));
      assertThat(refreshed.since()).isEqualTo(Revision.ZERO);
    }
  }

  @Test
  void itStopsOnRequestAndFreesTheDirectory() throws Exception {
    for (int i = 0; i < 2; i++) {
      try (ServerProcess server = ServerProcess.start(data())) {
        server.stop();
      }
    }
  }

  @Test
  void aSecondServerOnTheDirectoryIsRefusedWithAClearMessage() throws Exception {
    try (ServerProcess first = ServerProcess.start(data())) {
      assertThat(refusal(data())).contains("is in use by another server", data().toString());
      assertThat(TestClient.welcomed(first.address(), "shop").ask(new Request.Ping()))
          .isEqualTo(new Response.Pong());
    }
  }

  @Test
  void aPortInUseIsAClearMessage() throws Exception {
    try (ServerProcess first = ServerProcess.start(data())) {
      String port = Integer.toString(first.address().getPort());
      assertThat(refusal(temporary.resolve("other"), "--port", port))
          .contains("cannot listen on 127.0.0.1:" + port, "--port");
    }
  }

  @Test
  void withATokenOnlyThoseWhoPresentItAreLetIn() throws Exception {
    try (ServerProcess server = ServerProcess.start(data(), "--token", "secret")) {
      assertThat(
              CompletableFuture.supplyAsync(() -> TestClient.connect(server.address(), "shop"))
                  .handle((client, failure) -> status(failure))
                  .join())
          .isEqualTo(401);
      try (TestClient client =
          TestClient.connect(server.address(), "shop", "authorization", "Bearer secret")) {
        assertThat(client.hello().version()).isEqualTo(Protocol.VERSION);
      }
    }
  }

  @Test
  void aSilentClientLosesItsLeases() throws Exception {
    try (ServerProcess server = ServerProcess.start(data(), "--lease", "3600");
        TestClient silent = TestClient.connect(server.address(), "shop");
        TestClient follower = TestClient.welcomed(server.address(), "shop")) {
      silent.hello();
      silent.lookup("key", 0);
      CompletableFuture<Response> waiting = follower.send(TestClient.lookupRequest("key", 60_000));
      while (!waiting.isDone()) {
        follower.ask(new Request.Ping());
        Thread.onSpinWait();
      }
      assertThat(((Response.Miss) waiting.join()).lease()).isNotZero();
      assertThat(silent.closedWith()).isEqualTo(1001);
    }
  }

  private static List<String> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static int status(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    while (cause != null && !(cause instanceof WebSocketHandshakeException)) {
      cause = cause.getCause();
    }
    return cause instanceof WebSocketHandshakeException handshake
        ? handshake.getResponse().statusCode()
        : 0;
  }

  private static String refusal(Path data, String... options)
      throws IOException, InterruptedException {
    Process process = ServerProcess.launch(data, options);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    return output;
  }
}
