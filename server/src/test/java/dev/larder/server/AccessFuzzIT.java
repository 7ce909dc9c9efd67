package dev.larder.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests with every kind of {@code Authorization}, {@code Cookie}, {@code Host} and {@code
 * Origin}, right, wrong and mad, against a rule that is written down here once more.
 */
class AccessFuzzIT {
  private static final int REQUESTS = 1000;
  private static final String TOKEN = "a-token-of-this-test-only";
  private static final Pattern PLAIN =
      Pattern.compile("[ -~]+\\r\\n([a-z]+: [ -~]{0,7000}\\r\\n)+\\r\\n");
  private static final Pattern COOKIE = Pattern.compile("set-cookie: ([^;]+);");

  @TempDir private Path temporary = Path.of("");

  private final long seed = Long.getLong("larder.seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** What a header is worth. */
  private enum Worth {
    ABSENT,
    RIGHT,
    WRONG,
    /** Neither is a fault. */
    UNCERTAIN
  }

  private record Header(String line, Worth worth) {}

  @Test
  void nobodyIsLetInWhoMayNotAndNothingFails() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"), "--token", TOKEN)) {
      String own = server.address().getAuthority();
      String session = session(server, own);
      for (int n = 0; n < REQUESTS; n++) {
        Header host = host(own);
        Header origin = origin(host);
        Header authorization = authorization();
        Header cookie = cookie(session);
        String request =
            "GET /v1 HTTP/1.1\r\nconnection: close\r\n%s\r\n\r\n"
                .formatted(
                    String.join(
                        "\r\n",
                        List.of(host.line(), origin.line(), authorization.line(), cookie.line())
                            .stream()
                            .filter(line -> !line.isEmpty())
                            .toList()));
        String answer = answer(server, request);
        String what = "seed %d, request %d: %s".formatted(seed, n, request);
        assertThat(answer).as(what).matches("(?s)HTTP/1\\.[01] (200|400|401|403|431) .*");
        boolean served = answer.startsWith("HTTP/1.1 200 ");
        switch (expected(host, origin, authorization, cookie)) {
          // What is no header of HTTP, or too long, is refused whoever sends it.
          case RIGHT -> assertThat(served || !PLAIN.matcher(request).matches()).as(what).isTrue();
          case WRONG -> assertThat(served).as(what).isFalse();
          case ABSENT, UNCERTAIN -> {}
        }
      }
      assertThat(answer(server, "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")).contains(" 200 ");
      assertThat(server.linesWith("a request failed")).isZero();
      assertThat(server.linesWith(TOKEN)).isZero();
    }
  }

  /** The rule: a token, from wherever it is no foreign page; or a session, by a name of ours. */
  private static Worth expected(Header host, Header origin, Header authorization, Header cookie) {
    if (origin.worth() == Worth.WRONG) {
      return Worth.WRONG;
    }
    Worth who = authorization.worth();
    boolean bySession = who == Worth.ABSENT;
    if (bySession) {
      who = cookie.worth();
    }
    if (who == Worth.ABSENT || who == Worth.WRONG) {
      return Worth.WRONG;
    }
    if (bySession && host.worth() == Worth.WRONG) {
      return Worth.WRONG;
    }
    boolean sure =
        who == Worth.RIGHT && host.worth() != Worth.UNCERTAIN && origin.worth() != Worth.UNCERTAIN;
    return sure ? Worth.RIGHT : Worth.UNCERTAIN;
  }

  private Header host(String own) {
    return switch (random.nextInt(6)) {
      case 0, 1 -> new Header("host: " + own, Worth.RIGHT);
      case 2 -> new Header("host: localhost:" + own.replaceFirst(".*:", ""), Worth.RIGHT);
      case 3 -> new Header("host: evil.example:" + own.replaceFirst(".*:", ""), Worth.WRONG);
      // A damaged name may be an address still.
      case 4 -> new Header("host: " + damaged(own), Worth.UNCERTAIN);
      default -> new Header("host: " + junk(), Worth.UNCERTAIN);
    };
  }

  private Header origin(Header host) {
    return switch (random.nextInt(6)) {
      case 0, 1, 2 -> new Header("", Worth.ABSENT);
      case 3 ->
          new Header(
              "origin: http://" + host.line().substring("host: ".length()),
              host.worth() == Worth.UNCERTAIN ? Worth.UNCERTAIN : Worth.RIGHT);
      case 4 -> new Header("origin: https://somebody.example", Worth.WRONG);
      default -> new Header("origin: " + junk(), Worth.UNCERTAIN);
    };
  }

  private Header authorization() {
    return switch (random.nextInt(6)) {
      case 0, 1 -> new Header("", Worth.ABSENT);
      case 2 -> new Header("authorization: Bearer " + TOKEN, Worth.RIGHT);
      case 3 -> new Header("authorization: bearer " + damaged(TOKEN), Worth.WRONG);
      case 4 -> new Header("authorization: Basic " + TOKEN, Worth.WRONG);
      default -> new Header("authorization: " + oneLine(junk()), Worth.WRONG);
    };
  }

  private Header cookie(String session) {
    String name = session.substring(0, session.indexOf('=') + 1);
    String id = session.substring(name.length());
    return switch (random.nextInt(6)) {
      case 0 -> new Header("", Worth.ABSENT);
      case 1, 2 -> new Header("cookie: a=b; " + session, Worth.RIGHT);
      case 3 -> new Header("cookie: " + name + damaged(id), Worth.WRONG);
      case 4 -> new Header("cookie: " + name + oneLine(junk()), Worth.WRONG);
      default -> new Header("cookie: " + junk() + "; " + session, Worth.UNCERTAIN);
    };
  }

  /** The same but for one character. */
  private String damaged(String text) {
    int at = random.nextInt(text.length());
    char other = (char) ('0' + random.nextInt(10));
    String put = text.charAt(at) == other ? "" : String.valueOf(other);
    return text.substring(0, at) + put + text.substring(at + 1);
  }

  private String junk() {
    int length = random.nextInt(8) == 0 ? random.nextInt(9000) : random.nextInt(40);
    var text = new StringBuilder();
    for (int n = 0; n < length; n++) {
      text.append((char) (random.nextInt(4) == 0 ? random.nextInt(256) : 33 + random.nextInt(94)));
    }
    return text.toString();
  }

  /** Without what would end the header. */
  private static String oneLine(String text) {
    return text.replace('\r', '.').replace('\n', '.');
  }

  private static String session(ServerProcess server, String own) throws IOException {
    String body = "{\"token\":\"%s\"}".formatted(TOKEN);
    String request =
        ("POST /login HTTP/1.1\r\nhost: %s\r\norigin: http://%s\r\ncontent-type: application/json"
                + "\r\ncontent-length: %d\r\n\r\n%s")
            .formatted(own, own, body.length(), body);
    Matcher cookie = COOKIE.matcher(answer(server, request));
    assertThat(cookie.find()).isTrue();
    return cookie.group(1);
  }

  private static String answer(ServerProcess server, String request) throws IOException {
    try (var client = new RawClient(server.address())) {
      client.send(request.getBytes(ISO_8859_1));
      return client.answer();
    }
  }
}
