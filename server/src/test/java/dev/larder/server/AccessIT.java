package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.server.access.Role;
import dev.larder.server.access.Secret;
import dev.larder.server.access.Token;
import dev.larder.server.access.Tokens;
import dev.larder.server.http.Address;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Who may do what on a server with tokens, which change while it runs.
 *
 * <p>One server serves all tests, with a token of each role in its file. First, every role asks at
 * every address, and is answered as the table of rights says; then the doors with rules of their
 * own: leases, prefixes of tags, Redis over HTTP. Then what changes under an open door: a token
 * that is replaced, expires or is revoked ends what it had opened, and a file that is wrong changes
 * nothing. Last, what is refused is written with the id of its token, at every door.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AccessIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String SHOP = "shop";
  private static final String OTHER = "other";

  /** Within which a change of the tokens takes effect: two seconds are promised. */
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private static Path temporary = Path.of("");

  private final Map<Role, Secret> secrets = new EnumMap<>(Role.class);
  private final Random random = new Random(1);
  private Tokens tokens = Tokens.in(Path.of(""));
  private ServerProcess server;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    tokens = Tokens.in(temporary.resolve("tokens.json"));
    var made = new ArrayList<Token>();
    for (Role role : Role.values()) {
      Secret secret = Secret.random(random);
      secrets.put(role, secret);
      made.add(token(secret, role, Optional.empty()));
    }
    tokens.update(none -> made);
    server =
        ServerProcess.start(
            temporary.resolve("data"),
            "--tokens",
            temporary.resolve("tokens.json").toString(),
            "--token",
            "master");
    for (String namespace : List.of(SHOP, OTHER)) {
      assertThat(invalidate(namespace, "master", "t").statusCode()).isEqualTo(200);
    }
  }

  @AfterAll
  void stop() throws IOException {
    server.close();
  }

  static Stream<Arguments> everybodyEverywhere() {
    return Stream.of(Role.values())
        .flatMap(role -> Stream.of(Address.values()).map(address -> Arguments.of(role, address)));
  }

  @ParameterizedTest(name = "{0} at {1}")
  @MethodSource("everybodyEverywhere")
  void aRoleMayWhatTheTableSays(Role role, Address address) throws Exception {
    String text = secret(role).text();
    boolean may = role.may(address.permission());
    // Deleting would take away what others ask for.
    String namespace = address == Address.DELETE ? "nothing-here" : SHOP;
    int status = ask(address.method(), path(address, namespace), text);
    if (namespace.equals(SHOP)) {
      assertThat(status == 403).as("status %d", status).isEqualTo(!may);
      assertThat(status).isNotEqualTo(401);
    }
    if (address.path().contains("{namespace}")) {
      assertThat(ask(address.method(), path(address, OTHER), text))
          .as("a namespace that the token is not for")
          .isEqualTo(403);
    }
  }

  @ParameterizedTest
  @EnumSource
  void nobodyIsLetInWithoutATokenOfUse(Address address) throws Exception {
    Secret unknown = Secret.random(random);
    String shop = secret(Role.ADMIN).text();
    String damaged = shop.substring(0, shop.length() - 1) + (shop.endsWith("0") ? "1" : "0");
    for (String given : List.of(unknown.text(), damaged, "lrd_", "masterx", "MASTER")) {
      assertThat(ask(address.method(), path(address, SHOP), given))
          .as("token '%s'", given)
          .isEqualTo(401);
    }
    assertThat(ask(address.method(), path(address, SHOP), "")).isEqualTo(401);
  }

  @ParameterizedTest
  @EnumSource
  void anotherMethodIsRefusedToWhoIsKnown(Address address) throws Exception {
    String path = path(address, SHOP);
    List<String> answered =
        Stream.of(Address.values())
            .filter(each -> each.path().equals(address.path()) || isNamespace(each, path))
            .map(Address::method)
            .toList();
    for (String method : List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")) {
      if (!answered.contains(method)) {
        assertThat(ask(method, path, "master")).as("%s %s", method, path).isEqualTo(405);
        assertThat(ask(method, path, "")).as("%s %s", method, path).isEqualTo(401);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void redisOverHttpAsksForItsRoles(Role role) throws Exception {
    String text = secret(role).text();
    HttpResponse<String> read = redis(SHOP, text, "[\"GET\",\"k\"]");
    HttpResponse<String> write = redis(SHOP, text, "[\"SET\",\"k\",\"v\"]");
    switch (role) {
      case ADMIN, REDIS_CLIENT -> {
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(write.statusCode()).isEqualTo(200);
        assertThat(redis(OTHER, text, "[\"GET\",\"k\"]").statusCode()).isEqualTo(403);
      }
      case REDIS_READER -> {
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(write.statusCode()).isEqualTo(400);
        assertThat(write.body()).contains("NOPERM");
      }
      default -> {
        assertThat(read.statusCode()).isEqualTo(403);
        assertThat(write.statusCode()).isEqualTo(403);
        assertThat(write.body()).contains("NOPERM");
      }
    }
    assertThat(redis(SHOP, Secret.random(random).text(), "[\"GET\",\"k\"]").statusCode())
        .isEqualTo(401);
  }

  @Test
  void whoOnlyReadsIsGivenNoLease() {
    try (TestClient reader = connect(Role.READ)) {
      var lookup = TestClient.lookupRequest("nobody-made-it", 0);
      assertThat(reader.ask(lookup)).isInstanceOf(Response.Miss.class);
      try (TestClient app = connect(Role.WRITE)) {
        assertThat(((Response.Miss) app.ask(lookup)).lease()).as("the lease").isNotZero();
      }
      assertThat(code(reader.ask(TestClient.putRequest("k", AsOf.NONE, 0, "v", "t"))))
          .isEqualTo(ErrorCode.FORBIDDEN);
      assertThat(code(reader.ask(new Request.Invalidate(TagSet.of("t"), 0))))
          .isEqualTo(ErrorCode.FORBIDDEN);
      assertThat(
              code(
                  reader.ask(
                      new Request.Release(CacheKey.of("k".getBytes(StandardCharsets.UTF_8)), 1))))
          .isEqualTo(ErrorCode.FORBIDDEN);
    }
  }

  @Test
  void aWebhookInvalidatesOnlyWhatBeginsAsItMay() throws Exception {
    Secret secret = Secret.random(random);
    add(
        new Token(
            secret.id(),
            "cms",
            Role.INVALIDATE_ONLY,
            Set.of(new Namespace(SHOP)),
            "cms:",
            secret.hash(),
            Instant.now(),
            Optional.empty()));
    eventually(SOON, () -> invalidate(SHOP, secret.text(), "cms:home").statusCode() == 200);
    HttpResponse<String> refused = invalidate(SHOP, secret.text(), "prices");
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("'prices'", "'cms:'");
  }

  @Test
  void aTokenIsReplacedWhileItsUsersGoOn() throws Exception {
    Secret old = Secret.random(random);
    add(token(old, Role.WRITE, Optional.empty()));
    eventually(SOON, () -> invalidate(SHOP, old.text(), "t").statusCode() == 200);
    try (TestClient oldUser = connect(old.text());
        TestClient other = connect(Role.WRITE)) {
      Secret next = Secret.random(random);
      add(token(next, Role.WRITE, Optional.empty()));
      eventually(SOON, () -> invalidate(SHOP, next.text(), "t").statusCode() == 200);
      assertThat(oldUser.ask(new Request.Ping())).isInstanceOf(Response.Pong.class);
      try (TestClient nextUser = connect(next.text())) {
        tokens.update(all -> all.stream().filter(each -> !each.id().equals(old.id())).toList());
        assertThat(oldUser.closedWith()).isEqualTo(1008);
        assertThat(invalidate(SHOP, old.text(), "t").statusCode()).isEqualTo(401);
        assertThat(nextUser.ask(new Request.Ping())).isInstanceOf(Response.Pong.class);
        assertThat(other.ask(new Request.Ping())).isInstanceOf(Response.Pong.class);
      }
    }
  }

  @Test
  void whatExpiresEndsConnectionsByItself() throws Exception {
    Secret secret = Secret.random(random);
    add(token(secret, Role.READ, Optional.of(Instant.now().plusSeconds(5))));
    eventually(SOON, () -> ask("GET", "/v1/" + SHOP, secret.text()) == 200);
    try (TestClient client = connect(secret.text())) {
      assertThat(client.closedWith()).isEqualTo(1008);
    }
    assertThat(ask("GET", "/v1/" + SHOP, secret.text())).isEqualTo(401);
  }

  @Test
  void aFileThatIsWrongChangesNothing() throws Exception {
    String right = Files.readString(temporary.resolve("tokens.json"));
    String id = secret(Role.WRITE).id();
    List<String> wrong =
        List.of(
            "",
            "[]",
            "{\"tokens\": 1}",
            right.substring(0, right.length() / 2),
            right.replace("\"write\"", "\"writer\""),
            right.replace(id, secret(Role.READ).id()),
            right.replace("\"sha256\"", "\"secret\""));
    for (String text : wrong) {
      long before = server.linesWith("the tokens that were known before remain");
      Files.writeString(temporary.resolve("tokens.json"), text);
      eventually(SOON, () -> server.linesWith("the tokens that were known before remain") > before);
      assertThat(ask("GET", "/v1/" + SHOP, secret(Role.READ).text())).isEqualTo(200);
    }
    Files.delete(temporary.resolve("tokens.json"));
    long known = server.linesWith("tokens are known now");
    assertThat(ask("GET", "/v1/" + SHOP, secret(Role.READ).text())).isEqualTo(200);
    Files.writeString(temporary.resolve("tokens.json"), right);
    eventually(SOON, () -> server.linesWith("tokens are known now") > known);
  }

  @Test
  void aStreamOfRedisOverHttpEndsWithItsToken() throws Exception {
    Secret secret = Secret.random(random);
    add(token(secret, Role.REDIS_CLIENT, Optional.empty()));
    eventually(SOON, () -> redis(SHOP, secret.text(), "[\"PING\"]").statusCode() == 200);
    HttpResponse<InputStream> stream =
        HTTP.send(
            request("GET", "/redis/" + SHOP + "/subscribe/news", secret.text(), ""),
            BodyHandlers.ofInputStream());
    assertThat(stream.statusCode()).isEqualTo(200);
    try (InputStream events = stream.body()) {
      assertThat(events.read()).as("that it is subscribed").isPositive();
      tokens.update(all -> all.stream().filter(each -> !each.id().equals(secret.id())).toList());
      // The test is cut off if it goes on.
      assertThat(events.readAllBytes()).isNotEmpty();
    } catch (IOException e) {
      assertThat(e).as("ended in the middle").hasMessageContaining("closed");
    }
    assertThat(redis(SHOP, secret.text(), "[\"PING\"]").statusCode()).isEqualTo(401);
  }

  /** The admin API, metrics, Redis over HTTP and both transports. */
  @Test
  void refusalsAreLoggedByTheIdOfTheTokenAtEveryDoor() throws Exception {
    Secret reader = secret(Role.READ);
    String told = "refused: token " + reader.id() + " has the role 'read', which may not ";
    assertThat(ask("POST", "/v1/" + SHOP + "/purge", reader.text())).isEqualTo(403);
    assertThat(ask("GET", "/metrics", reader.text())).isEqualTo(403);
    assertThat(redis(SHOP, reader.text(), "[\"GET\",\"k\"]").statusCode()).isEqualTo(403);
    try (TestClient client = connect(Role.READ)) {
      assertThat(code(client.ask(new Request.Invalidate(TagSet.of("t"), 0))))
          .isEqualTo(ErrorCode.FORBIDDEN);
    }
    for (String what :
        List.of(
            "purge, delete or administer", "read metrics", "use Redis over HTTP", "invalidate")) {
      eventually(SOON, () -> server.linesWith(told + what) > 0);
    }
    assertThat(ask("GET", "/v1/" + SHOP, Secret.random(random).text())).isEqualTo(401);
    assertThat(server.linesWith(reader.text())).as("lines with the secret").isZero();
    String events = firstEvents("master");
    assertThat(events).contains(reader.id(), "read metrics").doesNotContain(reader.text());
  }

  /** What an admin of all hears of what happened, up to what is about a refusal of Redis. */
  private String firstEvents(String token) throws IOException, InterruptedException {
    HttpResponse<Stream<String>> events =
        HTTP.send(request("GET", "/v1/events?since=0", token, ""), BodyHandlers.ofLines());
    var lines = new StringBuilder();
    try (Stream<String> body = events.body()) {
      var each = body.iterator();
      while (each.hasNext() && !lines.toString().contains("use Redis over HTTP")) {
        lines.append(each.next()).append('\n');
      }
    }
    return lines.toString();
  }

  private static ErrorCode code(Response response) {
    return ((Response.Failed) response).code();
  }

  private Secret secret(Role role) {
    return Objects.requireNonNull(secrets.get(role));
  }

  private Token token(Secret secret, Role role, Optional<Instant> expires) {
    return new Token(
        secret.id(),
        "a " + role.label(),
        role,
        Set.of(new Namespace(SHOP), new Namespace("nothing-here")),
        "",
        secret.hash(),
        Instant.now(),
        expires);
  }

  private void add(Token token) {
    tokens.update(before -> Stream.concat(before.stream(), Stream.of(token)).toList());
  }

  private TestClient connect(Role role) {
    return connect(secret(role).text());
  }

  private TestClient connect(String text) {
    TestClient client =
        TestClient.connect(server.address(), SHOP, "Authorization", "Bearer " + text);
    client.hello();
    return client;
  }

  private static String path(Address address, String namespace) {
    return address
        .path()
        .replace("{namespace}", namespace)
        .replace("{key}", "6b6579")
        .replace("{tag}", "t");
  }

  private int ask(String method, String path, String token)
      throws IOException, InterruptedException {
    // An answer of events does not end.
    HttpResponse<InputStream> answer =
        HTTP.send(request(method, path, token, "{}"), BodyHandlers.ofInputStream());
    answer.body().close();
    return answer.statusCode();
  }

  private HttpResponse<String> invalidate(String namespace, String token, String tag)
      throws IOException, InterruptedException {
    return send(
        "POST", "/v1/" + namespace + "/invalidate", token, "{\"tags\":[\"%s\"]}".formatted(tag));
  }

  private HttpResponse<String> redis(String namespace, String token, String command)
      throws IOException, InterruptedException {
    return send("POST", "/redis/" + namespace, token, command);
  }

  /** A namespace may be called as another address is. */
  private static boolean isNamespace(Address address, String path) {
    return address.path().equals("/v1/{namespace}") && path.matches("/v1/[a-z]+");
  }

  private HttpResponse<String> send(String method, String path, String token, String body)
      throws IOException, InterruptedException {
    return HTTP.send(request(method, path, token, body), BodyHandlers.ofString());
  }

  private HttpRequest request(String method, String path, String token, String body) {
    var request =
        HttpRequest.newBuilder(server.address().resolve(path))
            .method(method, BodyPublishers.ofString(body))
            .header("Content-Type", "application/json");
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return request.build();
  }
}
