package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.RedisProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tokens in a real Redis that two real servers share, changed by {@code larder token}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoredTokensIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  /** Within which something is seen that is promised within two seconds, on a busy machine. */
  private static final Duration SOON = Duration.ofSeconds(20);

  private static final String REMAIN = "the tokens that were known before remain";

  @TempDir private static Path temporary = Path.of("");

  private final RedisProcess redis = RedisProcess.start();
  private final List<ServerProcess> servers = new ArrayList<>();

  /** What a command said and ended with. */
  private record Ran(int status, String out, String err) {}

  @BeforeAll
  void start() throws Exception {
    redis.ask("CONFIG", "SET", "requirepass", "of-the-store");
    Files.writeString(storeFile(), address() + "\n");
    for (int i = 0; i < 2; i++) {
      servers.add(
          ServerProcess.start(
              temporary.resolve("unused"),
              "--store-file",
              storeFile().toString(),
              "--tokens",
              "store"));
    }
    for (ServerProcess server : servers) {
      eventually(SOON, () -> server.linesWith("is not there; 'larder token create' makes it") > 0);
      assertThat(status(server, "/readyz", "")).as("without any tokens").isEqualTo(503);
      assertThat(status(server, "/v1", "lrd_")).as("what no token can be").isEqualTo(401);
    }
    String admin = secret(token("create", "--role", "admin", "--name", "operator"));
    for (ServerProcess server : servers) {
      eventually(SOON, () -> status(server, "/readyz", "") == 200);
      assertThat(status(server, "/v1", admin)).isEqualTo(200);
    }
  }

  @AfterAll
  void stop() throws IOException {
    redis.thaw();
    for (ServerProcess server : servers) {
      server.close();
    }
    redis.close();
  }

  @Test
  void aTokenIsReplacedAndRevokedUnderLoadAndNobodyElseFails() throws Exception {
    String app = made("write", "an app");
    String client = made("redis", "a client of Redis over HTTP");
    String old = made("write", "one to replace");
    eventually(SOON, () -> everywhere(app) && everywhere(client) && everywhere(old));
    Queue<String> failed = new ConcurrentLinkedQueue<>();
    var done = new AtomicLong();
    var enough = new AtomicBoolean();
    List<Thread> load = new ArrayList<>();
    for (ServerProcess server : servers) {
      load.add(under(enough, failed, done, () -> lookUp(server, app)));
      load.add(under(enough, failed, done, () -> redis(server, client)));
    }
    String next;
    try (TestClient north = connect(servers.getFirst(), old);
        TestClient south = connect(servers.getLast(), old)) {
      String id = id(old);
      next = secret(token("rotate", id, "--keep", "1h"));
      eventually(SOON, () -> everywhere(next));
      assertThat(north.ask(new Request.Ping())).isInstanceOf(Response.Pong.class);
      assertThat(token("revoke", id).status()).isZero();
      long revoked = System.nanoTime();
      assertThat(north.closedWith()).isEqualTo(1008);
      assertThat(south.closedWith()).isEqualTo(1008);
      System.out.printf(
          "ended %d ms after the revocation%n",
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - revoked));
      for (ServerProcess server : servers) {
        assertThat(status(server, "/v1/shop", old)).isEqualTo(401);
        assertThat(status(server, "/v1/shop", next)).isNotEqualTo(401);
      }
    }
    long before = done.get();
    eventually(SOON, () -> done.get() > before + 100);
    enough.set(true);
    for (Thread each : load) {
      each.join();
    }
    assertThat(failed).as("what failed of %d", done.get()).isEmpty();
  }

  @Test
  void aStoreThatCannotBeAskedKeepsWhatIsKnown() throws Exception {
    String reader = made("metrics", "a scraper");
    eventually(SOON, () -> everywhere(reader));
    ServerProcess server = servers.getFirst();
    long before = server.linesWith(REMAIN);
    redis.freeze();
    try {
      eventually(SOON, () -> server.linesWith(REMAIN) > before);
      assertThat(status(server, "/metrics", reader)).isEqualTo(200);
      assertThat(status(server, "/metrics", "lrd_wrong")).isEqualTo(401);
    } finally {
      redis.thaw();
    }
    assertThat(token("revoke", id(reader)).status()).isZero();
    eventually(SOON, () -> status(server, "/metrics", reader) == 401);
  }

  @Test
  void whatIsDamagedIsRefusedAndTheOldRemains() throws Exception {
    String reader = made("metrics", "another scraper");
    eventually(SOON, () -> everywhere(reader));
    String right = ask("GET", "larder:tokens");
    try {
      for (String wrong : List.of("{", right.replace("\"metrics\"", "\"metric\""), "deleted")) {
        Map<ServerProcess, Long> before = lines(REMAIN);
        if (wrong.equals("deleted")) {
          ask("DEL", "larder:tokens");
        } else {
          ask("SET", "larder:tokens", wrong);
        }
        for (ServerProcess server : servers) {
          eventually(SOON, () -> server.linesWith(REMAIN) > requireNonNull(before.get(server)));
          assertThat(status(server, "/metrics", reader)).isEqualTo(200);
        }
        Map<ServerProcess, Long> known = lines("tokens are known now");
        ask("SET", "larder:tokens", right);
        // All of them: who misses it has nothing new to say of what is wrong next.
        for (ServerProcess server : servers) {
          eventually(
              SOON,
              () -> server.linesWith("tokens are known now") > requireNonNull(known.get(server)));
        }
      }
      ask("SET", "larder:tokens", "{");
      Ran refused = token("create", "--role", "read", "--name", "x");
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err()).contains("the text of tokens in the store", "no JSON object");
      assertThat(refused.out()).isEmpty();
    } finally {
      ask("SET", "larder:tokens", right);
    }
  }

  /** How many lines with this each server has said. */
  private Map<ServerProcess, Long> lines(String text) {
    return servers.stream().collect(Collectors.toMap(it -> it, it -> it.linesWith(text)));
  }

  @Tag("full")
  @Test
  void commandsAtTheSameTimeLoseNothing() throws Exception {
    List<Process> commands = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      commands.add(launch("create", "--role", "read", "--name", "at once " + i));
    }
    for (Process command : commands) {
      assertThat(command.waitFor()).isZero();
    }
    Ran listed = token("list");
    assertThat(listed.out())
        .contains("at once 0", "at once 1", "at once 2", "tokens in store redis://" + redis.host())
        .doesNotContain("of-the-store");
    assertThat(listed.err()).isEmpty();
    // To the hour, as the servers have noted it for the one who asked them first.
    eventually(SOON, () -> token("list").out().lines().anyMatch(it -> it.matches(".*operator.*Z")));
  }

  @Test
  void whatCannotBeMeantIsSaid() throws Exception {
    assertThat(run("token", "list", "--store", address(), "--tokens", "x.json").err())
        .contains("--tokens FILE or --store, not both");
    assertThat(run("token", "list", "--tokens", "store").err()).contains("needs --store");
    assertThat(run("token", "list", "--store", address()).err())
        .contains("the secret in --store is in the list of processes", "--store-file")
        .doesNotContain("of-the-store");
    assertThat(run("token", "list", "--store", "redis://127.0.0.1:1").err())
        .contains("larder: store redis://127.0.0.1:1")
        .doesNotContain("\tat ");
    assertThat(run("serve", "--tokens", "store", "--port", "0").err()).contains("needs --store");
  }

  private static Thread under(
      AtomicBoolean enough, Queue<String> failed, AtomicLong done, Asking request) {
    return Thread.ofVirtual()
        .start(() -> {
          while (!enough.get()) {
            try {
              int status = request.status();
              if (status != 200) {
                failed.add("status " + status);
              }
            } catch (Exception e) {
              failed.add(e.toString());
            }
            done.incrementAndGet();
          }
        });
  }

  /** Something that is asked again and again. */
  @FunctionalInterface
  private interface Asking {
    int status() throws Exception;
  }

  private static int lookUp(ServerProcess server, String secret) throws Exception {
    return post(server, "/v1/shop/invalidate", secret, "{\"tags\":[\"t\"]}");
  }

  private static int redis(ServerProcess server, String secret) throws Exception {
    return post(server, "/redis/shop", secret, "[\"INCR\",\"k\"]");
  }

  private static int post(ServerProcess server, String path, String secret, String body)
      throws Exception {
    var request =
        HttpRequest.newBuilder(server.address().resolve(path))
            .timeout(SOON)
            .POST(BodyPublishers.ofString(body))
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + secret)
            .build();
    return HTTP.send(request, BodyHandlers.discarding()).statusCode();
  }

  private static TestClient connect(ServerProcess server, String secret) {
    return TestClient.welcomed(server.address(), "shop", "Authorization", "Bearer " + secret);
  }

  private boolean everywhere(String secret) throws Exception {
    for (ServerProcess server : servers) {
      if (status(server, "/v1/shop", secret) == 401) {
        return false;
      }
    }
    return true;
  }

  private static int status(ServerProcess server, String path, String secret) throws Exception {
    var request = HttpRequest.newBuilder(server.address().resolve(path));
    if (!secret.isEmpty()) {
      request.header("Authorization", "Bearer " + secret);
    }
    return HTTP.send(request.build(), BodyHandlers.discarding()).statusCode();
  }

  private String made(String role, String name) throws Exception {
    return secret(token("create", "--role", role, "--name", name));
  }

  private static String secret(Ran made) {
    assertThat(made.status()).as(made.err()).isZero();
    return made.out().strip();
  }

  private static String id(String secret) {
    return secret.substring(4, 14);
  }

  private String ask(String... command) {
    return redis.ask(
        Stream.concat(Stream.of("--no-auth-warning", "-a", "of-the-store"), Stream.of(command))
            .toArray(String[]::new));
  }

  private String address() {
    return "redis://:of-the-store@" + redis.host();
  }

  private static Path storeFile() {
    return temporary.resolve("store");
  }

  private static Ran token(String... arguments) throws IOException, InterruptedException {
    return ran(launch(arguments));
  }

  private static Process launch(String... arguments) throws IOException {
    return command(
        Stream.concat(
                Stream.concat(Stream.of("token"), Stream.of(arguments)),
                Stream.of("--store-file", storeFile().toString()))
            .toArray(String[]::new));
  }

  private static Ran run(String... arguments) throws IOException, InterruptedException {
    return ran(command(arguments));
  }

  private static Process command(String... arguments) throws IOException {
    List<String> command =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-jar",
                    System.getProperty("larder.jar", "")),
                Stream.of(arguments))
            .toList();
    return new ProcessBuilder(command).directory(temporary.toFile()).start();
  }

  private static Ran ran(Process process) throws IOException, InterruptedException {
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    return new Ran(process.waitFor(), out, err);
  }
}
