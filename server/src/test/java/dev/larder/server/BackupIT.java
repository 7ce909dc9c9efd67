package dev.larder.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.wire.Response;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is backed up of a running server, and what a server has that is started over it. */
class BackupIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir private Path temporary = Path.of("");

  private record Ran(int status, String out, String err) {}

  @Test
  void databasesAreAsTheyWereAndCachesBeginAnew() throws Exception {
    Path backup = temporary.resolve("shop.backup");
    AsOf before;
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"))) {
      redis(server, "shop", "[\"SET\",\"cart\",\"three apples\"]");
      redis(server, "shop", "[\"RPUSH\",\"queue\",\"a\",\"b\"]");
      redis(server, "other", "[\"SET\",\"counter\",\"41\"]");
      try (TestClient shop = TestClient.welcomed(server.address(), "shop")) {
        before = shop.hello().asOf();
        shop.put("page", before, 0, "as it was", "product");
        assertThat(shop.lookup("page", 0)).isInstanceOf(Response.Fresh.class);
        Ran ran = larder(server, "backup", backup.toString());
        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(ran.out()).startsWith("Backed up 2 databases of ");
        // What follows is unknown to the backup.
        shop.invalidate("product");
      }
      redis(server, "shop", "[\"SET\",\"cart\",\"nothing\"]");
      server.kill();
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rw-------");

    Path restored = temporary.resolve("restored");
    Ran ran = larder("restore", backup.toString(), "--data", restored.toString());
    assertThat(ran.status()).as(ran.err()).isZero();
    assertThat(restored.resolve("restoring")).doesNotExist();
    try (ServerProcess server = ServerProcess.start(restored);
        TestClient shop = TestClient.welcomed(server.address(), "shop")) {
      assertThat(redis(server, "shop", "[\"GET\",\"cart\"]")).contains("three apples");
      assertThat(redis(server, "shop", "[\"LRANGE\",\"queue\",\"0\",\"-1\"]")).contains("a", "b");
      assertThat(redis(server, "other", "[\"INCR\",\"counter\"]")).contains("42");
      assertThat(shop.hello().asOf().store()).isNotEqualTo(before.store());
      assertThat(shop.lookup("page", 0)).isInstanceOf(Response.Miss.class);
      assertThat(shop.put("page", before, 0, "as it was", "product"))
          .as("stamped with a history that is no more")
          .isEqualTo(new Response.Stored(PutOutcome.UNSTAMPED));
    }
  }

  @Test
  void whatIsWrongIsSaidAndChangesNothing() throws Exception {
    Path backup = temporary.resolve("shop.backup");
    Path data = temporary.resolve("data");
    try (ServerProcess server = ServerProcess.start(data)) {
      redis(server, "shop", "[\"SET\",\"cart\",\"%s\"]".formatted("apples ".repeat(1_000)));
      assertThat(larder(server, "backup", backup.toString()).status()).isZero();
      Ran nowhere = larder(server, "backup", temporary.resolve("none/here").toString());
      assertThat(nowhere.status()).isEqualTo(1);
      assertThat(nowhere.err()).contains("none/here").doesNotContain("\tat ");
    }
    Ran taken = larder("restore", backup.toString(), "--data", data.toString());
    assertThat(taken.status()).isEqualTo(1);
    assertThat(taken.err()).contains(data.toString(), "missing or empty", "--data");

    Path restored = temporary.resolve("restored");
    byte[] whole = Files.readAllBytes(backup);
    Path damaged = temporary.resolve("damaged");
    Files.write(damaged, Arrays.copyOf(whole, whole.length - 1));
    refused(damaged, restored, "it is not whole: it ends after database 1");
    whole[whole.length / 2] ^= 0x10;
    Files.write(damaged, whole);
    refused(damaged, restored, "cannot be restored: it is ");
    Ran missing = larder("restore", temporary.resolve("nothing").toString());
    assertThat(missing.err()).contains("there is no '", "nothing'");
  }

  @Test
  void whenItIsKilledThereIsNothingOrAllOfIt() throws Exception {
    Path backup = temporary.resolve("shop.backup");
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"))) {
      String value = "v".repeat(100_000);
      for (int i = 0; i < 60; i++) {
        redis(server, "shop-" + i % 6, "[\"SET\",\"key-%d\",\"%s\"]".formatted(i, value));
      }
      assertThat(larder(server, "backup", backup.toString()).status()).isZero();
    }
    Path restored = temporary.resolve("restored");
    Path marker = restored.resolve("LARDER");
    for (int killed = 0; killed < 3 && Files.notExists(marker); killed++) {
      Process restore =
          program("restore", backup.toString(), "--data", restored.toString()).start();
      int databases = killed * 2;
      Eventually.eventually(
          Duration.ofSeconds(20), () -> !restore.isAlive() || made(restored).size() > databases);
      restore.destroyForcibly();
      assertThat(restore.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
    if (Files.notExists(marker)) {
      Process server = ServerProcess.launch(restored);
      assertThat(new String(server.getInputStream().readAllBytes(), UTF_8))
          .as("no server takes half of it")
          .contains("not Larder's");
      Ran again = larder("restore", backup.toString(), "--data", restored.toString());
      assertThat(again.status()).as(again.err()).isZero();
      assertThat(restored.resolve("restoring")).doesNotExist();
    }
    try (ServerProcess server = ServerProcess.start(restored)) {
      for (int i = 0; i < 60; i++) {
        assertThat(redis(server, "shop-" + i % 6, "[\"STRLEN\",\"key-%d\"]".formatted(i)))
            .contains("100000");
      }
    }
  }

  private void refused(Path damaged, Path restored, String why) throws Exception {
    Ran ran = larder("restore", damaged.toString(), "--data", restored.toString());
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.err()).contains(damaged.toString(), why).doesNotContain("\tat ");
    assertThat(restored).doesNotExist();
  }

  /** The databases that a restore has begun. */
  private static List<Path> made(Path restored) throws IOException {
    Path databases = restored.resolve("restoring/data/redis");
    if (Files.notExists(databases)) {
      return List.of();
    }
    try (var found = Files.list(databases)) {
      return found.toList();
    }
  }

  private static String redis(ServerProcess server, String namespace, String command)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(server.address().resolve("/redis/" + namespace))
            .POST(BodyPublishers.ofString(command))
            .build();
    var answer = HTTP.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private Ran larder(ServerProcess server, String... arguments) throws Exception {
    ProcessBuilder program = program(arguments);
    program.environment().put("LARDER_URL", server.address().toString());
    return ran(program);
  }

  private Ran larder(String... arguments) throws Exception {
    return ran(program(arguments));
  }

  private static Ran ran(ProcessBuilder program) throws Exception {
    Process process = program.start();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ran(process.exitValue(), out, err);
  }

  private ProcessBuilder program(String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Djava.io.tmpdir=" + temporary,
                "-jar",
                System.getProperty("larder.jar", "")));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("LARDER_"));
    return builder;
  }
}
