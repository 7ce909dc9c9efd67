package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.server.access.Role;
import dev.larder.server.access.Secret;
import dev.larder.server.access.Token;
import dev.larder.server.access.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A browser that signs in, byte by byte, and whoever would like to be taken for one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoginIT {
  private static final Pattern COOKIE = Pattern.compile("set-cookie: ([^=]+=[^;]+)(;.*)");

  private static final String JSON = "content-type: application/json";

  @TempDir private static Path temporary = Path.of("");

  private final Random random = new Random(1);
  private Tokens tokens = Tokens.in(Path.of(""));
  private String operator = "";
  private ServerProcess server;
  private String host = "";

  @BeforeAll
  void start() throws IOException {
    tokens = Tokens.in(temporary.resolve("tokens.json"));
    Secret secret = Secret.random(random);
    tokens.update(none -> List.of(token(secret)));
    operator = secret.text();
    server =
        ServerProcess.start(
            temporary.resolve("data"),
            "--tokens",
            temporary.resolve("tokens.json").toString(),
            "--public-host",
            "Larder.example.com,other.example.com");
    host = server.address().getAuthority();
  }

  @AfterAll
  void stop() throws IOException {
    server.close();
  }

  @Test
  void aSessionDoesWhatItsTokenMay() throws Exception {
    String cookie = signedIn();
    assertThat(ask("GET", "/v1", cookie)).startsWith("HTTP/1.1 200 ");
    assertThat(ask("GET", "/login", cookie)).contains("\"role\":\"admin\"", "\"namespaces\":\"*\"");
    assertThat(ask("POST", "/v1/shop/invalidate", cookie, JSON, "origin: http://" + host))
        .contains("\"revision\"");
    assertThat(ask("POST", "/v1/shop/invalidate", cookie, JSON, "sec-fetch-site: same-origin"))
        .contains("\"revision\"");
  }

  @Test
  void noScriptReadsTheCookieAndNoOtherSiteSendsIt() throws Exception {
    String answer = login(operator, "host: " + host, "origin: http://" + host);
    assertThat(answer).contains("cache-control: no-store").doesNotContain(operator);
    Matcher cookie = COOKIE.matcher(answer);
    assertThat(cookie.find()).isTrue();
    assertThat(cookie.group(1)).matches("larder-[0-9]+=[0-9A-Za-z_-]{22}");
    assertThat(cookie.group(2))
        .contains("; Path=/", "; HTTPOnly", "; SameSite=Strict")
        .doesNotContain("Secure", "Domain", "Expires");
    String behindTls =
        login(operator, "host: larder.example.com", "origin: https://larder.example.com");
    assertThat(behindTls)
        .containsPattern(
            "set-cookie: __Host-larder=[^;]+; Path=/; Secure; HTTPOnly; SameSite=Strict");
  }

  @Test
  void whatAnotherPageCouldSendIsRefused() throws Exception {
    String cookie = signedIn();
    String path = "/v1/shop/invalidate";
    String same = "origin: http://" + host;
    assertThat(ask("POST", path, cookie, JSON)).contains(" 403 ", "Sec-Fetch-Site");
    assertThat(ask("POST", path, cookie, same)).contains(" 415 ");
    assertThat(ask("POST", path, cookie, same, "content-type: text/plain")).contains(" 415 ");
    assertThat(ask("POST", path, cookie, JSON, "origin: null")).contains(" 403 ");
    assertThat(ask("POST", path, cookie, JSON, "origin: http://127.0.0.1:1")).contains(" 403 ");
    assertThat(ask("POST", path, cookie, JSON, same, "sec-fetch-site: same-site"))
        .contains(" 403 ");
    assertThat(ask("POST", path, cookie, JSON, same, "sec-fetch-site: cross-site"))
        .contains(" 403 ");
    assertThat(ask("DELETE", "/v1/shop", cookie)).contains(" 403 ");
    assertThat(
            ask("POST", "/v1/shop/batch", cookie, same, "content-type: application/octet-stream"))
        .contains(" 415 ");
    assertThat(ask("GET", "/v1", cookie, "origin: http://evil.example")).contains(" 403 ");
    String[] upgrade = {
      "connection: upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
      same
    };
    assertThat(ask("GET", "/v1/shop/connect", cookie, upgrade)).contains(" 415 ");
    assertThat(asked("POST", "/redis/shop", "[\"PING\"]", "host: " + host, cookie, JSON, same))
        .contains(" 401 ");
    assertThat(login(operator, "host: " + host)).contains(" 403 ");
    assertThat(login(operator, "host: " + host, "origin: http://evil.example")).contains(" 403 ");
    assertThat(asked("POST", "/logout", "{}", "host: " + host, cookie, JSON)).contains(" 403 ");
    assertThat(ask("GET", "/v1", cookie)).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aNameThatMayBeAnybodysIsNoServerOfOurs() throws Exception {
    String cookie = signedIn();
    for (String name :
        List.of("evil.example", "127.0.0.1.evil.example", "localhost.evil.example")) {
      String named = name + ":" + server.address().getPort();
      assertThat(asked("GET", "/v1", "", "host: " + named, cookie)).contains(" 403 ", name);
      assertThat(login(operator, "host: " + named, "origin: http://" + named))
          .contains(" 403 ", "--public-host");
      // Whoever has the token needs no browser to be deceived.
      assertThat(asked("GET", "/v1", "", "host: " + named, "authorization: Bearer " + operator))
          .startsWith("HTTP/1.1 200 ");
    }
    String same = cookie.replaceFirst("larder-[0-9]+", "larder");
    for (String name : List.of("larder.example.com", "OTHER.example.com", "localhost", "[::1]")) {
      assertThat(asked("GET", "/v1", "", "host: " + name, same)).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void aTokenThatIsPresentedCountsBeforeTheCookie() throws Exception {
    String cookie = signedIn();
    assertThat(ask("GET", "/v1", cookie, "authorization: Bearer lrd_")).contains(" 401 ");
    assertThat(ask("GET", "/v1", cookie, "authorization: Basic YTpi")).contains(" 401 ");
    assertThat(
            ask("POST", "/v1/shop/invalidate", cookie, JSON, "authorization: Bearer " + operator))
        .contains("\"revision\"");
  }

  @Test
  void whoSignsOutIsOutAndSoIsWhatTheSessionHears() throws Exception {
    String cookie = signedIn();
    String other = signedIn();
    try (var stream = new RawClient(server.address())) {
      stream.text("GET /v1/events HTTP/1.1\r\nhost: %s\r\n%s\r\n\r\n".formatted(host, cookie));
      assertThat(stream.head()).startsWith("HTTP/1.1 200 ");
      String answer =
          asked("POST", "/logout", "{}", "host: " + host, cookie, JSON, "origin: http://" + host);
      assertThat(answer).contains("signed out", "Max-Age=0");
      assertThat(untilItEnds(stream)).contains("the stream ends: the session");
    }
    assertThat(ask("GET", "/v1", cookie)).contains(" 401 ");
    assertThat(ask("GET", "/v1", other)).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void aSessionEndsWithItsToken() throws Exception {
    Secret secret = Secret.random(random);
    tokens.update(before -> List.of(before.getFirst(), token(secret)));
    eventually(
        Duration.ofSeconds(20),
        () ->
            asked("GET", "/v1", "", "host: a", "authorization: Bearer " + secret.text())
                .contains(" 200 "));
    String cookie = cookie(login(secret.text(), "host: " + host, "origin: http://" + host));
    String stays = signedIn();
    try (var stream = new RawClient(server.address())) {
      stream.text("GET /v1/events HTTP/1.1\r\nhost: %s\r\n%s\r\n\r\n".formatted(host, cookie));
      assertThat(stream.head()).startsWith("HTTP/1.1 200 ");
      long revoked = System.nanoTime();
      tokens.update(before -> List.of(before.getFirst()));
      assertThat(untilItEnds(stream)).contains("the stream ends");
      // Two seconds are promised, on a machine that does nothing else.
      assertThat(Duration.ofNanos(System.nanoTime() - revoked)).isLessThan(Duration.ofSeconds(10));
    }
    assertThat(ask("GET", "/v1", cookie)).contains(" 401 ");
    assertThat(ask("GET", "/v1", stays)).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void afterFiveTokensThatAreWrongAnAddressMustWait() throws Exception {
    try (ServerProcess alone =
        ServerProcess.start(temporary.resolve("alone"), "--token", "a-token-of-this-test")) {
      String own = alone.address().getAuthority();
      String[] headers = {"host: " + own, "origin: http://" + own, JSON};
      for (int n = 0; n < 5; n++) {
        assertThat(posted(alone, "{\"token\":\"wrong %d\"}".formatted(n), headers))
            .contains(" 401 ");
      }
      assertThat(posted(alone, "{\"token\":\"a-token-of-this-test\"}", headers))
          .contains(" 429 ", "too-many-attempts")
          .containsPattern("retry-after: [1-6]?[0-9]\r\n");
      assertThat(alone.linesWith("wrong 1")).as("secrets in the log").isZero();
    }
  }

  @Test
  void whatIsNoLoginIsSaid() throws Exception {
    String[] headers = {"host: " + host, "origin: http://" + host, JSON};
    for (String body : List.of("", "{", "[]", "{\"token\":1}", "{\"secret\":\"x\"}")) {
      assertThat(posted(server, body, headers)).contains(" 400 ", "lrd_");
    }
    assertThat(posted(server, "x".repeat(5000), headers)).contains(" 413 ");
    assertThat(asked("PUT", "/login", "{}", headers)).contains(" 405 ", "GET, POST");
    assertThat(asked("GET", "/logout", "", headers)).contains(" 405 ");
  }

  private String signedIn() throws IOException {
    return cookie(login(operator, "host: " + host, "origin: http://" + host));
  }

  private String login(String token, String... headers) throws IOException {
    String[] all = Arrays.copyOf(headers, headers.length + 1);
    all[headers.length] = JSON;
    return posted(server, "{\"token\":\"%s\"}".formatted(token), all);
  }

  /** What a browser sends from then on. */
  private static String cookie(String answer) {
    Matcher cookie = COOKIE.matcher(answer);
    assertThat(cookie.find()).as(answer).isTrue();
    return "cookie: a=b; " + cookie.group(1) + "; c=d";
  }

  private static String posted(ServerProcess to, String body, String... headers)
      throws IOException {
    return exchange(to, "POST", "/login", body, headers);
  }

  private String ask(String method, String path, String cookie, String... headers)
      throws IOException {
    String[] all = Arrays.copyOf(headers, headers.length + 2);
    all[headers.length] = "host: " + host;
    all[headers.length + 1] = cookie;
    return asked(method, path, method.equals("POST") ? "{\"tags\":[\"t\"]}" : "", all);
  }

  private String asked(String method, String path, String body, String... headers)
      throws IOException {
    return exchange(server, method, path, body, headers);
  }

  private static String exchange(
      ServerProcess to, String method, String path, String body, String... headers)
      throws IOException {
    try (var client = new RawClient(to.address())) {
      client.text(
          "%s %s HTTP/1.1\r\n%s\r\ncontent-length: %d\r\n\r\n%s"
              .formatted(method, path, String.join("\r\n", headers), body.length(), body));
      return client.answer();
    }
  }

  /** What a stream says until its last chunk. */
  private static String untilItEnds(RawClient stream) throws IOException {
    var heard = new StringBuilder();
    var bytes = new byte[4096];
    while (heard.indexOf("\r\n0\r\n\r\n") < 0) {
      int count = stream.read(bytes);
      assertThat(count).as("bytes after '%s'", heard).isPositive();
      heard.append(new String(bytes, 0, count, UTF_8));
    }
    return heard.toString();
  }

  private static Token token(Secret secret) {
    return new Token(
        secret.id(),
        "somebody",
        Role.ADMIN,
        Set.of(),
        "",
        secret.hash(),
        Instant.now(),
        Optional.empty());
  }
}
