package dev.larder.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.InvalidValueException;
import dev.larder.server.config.ServerConfig;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who may ask anything: whoever presents the token, if there is one, and no web page of somebody
 * else, which a browser lets talk to any address.
 */
public final class AccessCheck {
  private static final String SCHEME = "bearer ";

  /** Hosts no name server had a part in. */
  private static final Pattern OURS =
      Pattern.compile("(.*\\.)?localhost|[0-9]+(\\.[0-9]+){3}|\\[[0-9a-f:.]+]");

  private final String host;
  private final boolean loopback;
  private final Optional<String> token;

  /**
   * Admits those who present the token, everybody if there is none.
   *
   * @param host the address the server listens on
   */
  public AccessCheck(String host, Optional<String> token) {
    this.host = host.toLowerCase(Locale.ROOT);
    this.loopback = ServerConfig.isLoopback(host);
    this.token = token;
  }

  /**
   * Lets a request in.
   *
   * @throws Refusal if it may not ask
   */
  void admit(HttpServerRequest request) {
    token.ifPresent(secret -> authorize(request, secret));
    refusePages(request);
  }

  /**
   * Refuses web pages of somebody else, whatever they know.
   *
   * @throws Refusal if the request is of one
   */
  public void refusePages(HttpServerRequest request) {
    if (token.isEmpty()) {
      expectOurHost(request);
    }
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin != null && !isSameOrigin(origin, request.getHeader(HttpHeaders.HOST))) {
      throw new Refusal(
          403,
          "forbidden",
          "a request of a web page of '%s'; expected one of this server, or of no web page"
              .formatted(InvalidValueException.shortened(origin)));
    }
  }

  /** What a request presents as {@code Authorization: Bearer}. */
  public static Optional<String> bearer(HttpServerRequest request) {
    String given = request.getHeader(HttpHeaders.AUTHORIZATION);
    boolean bearer = given != null && given.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    return bearer ? Optional.of(given.substring(SCHEME.length()).strip()) : Optional.empty();
  }

  /** Compares a token with what was given, in a time that says nothing about either. */
  public static boolean isSame(String token, String given) {
    return MessageDigest.isEqual(token.getBytes(UTF_8), given.getBytes(UTF_8));
  }

  /** Says in the answer that a token is expected, and how: RFC 9110, section 11.6.1. */
  public static void challenge(HttpServerRequest request) {
    request.response().putHeader("www-authenticate", "Bearer realm=\"larder\"");
  }

  private static void authorize(HttpServerRequest request, String secret) {
    boolean same = bearer(request).filter(given -> isSame(secret, given)).isPresent();
    if (!same) {
      challenge(request);
      throw new Refusal(
          401, "unauthorized", "expected the server's token as 'Authorization: Bearer'");
    }
  }

  /** A name that leads to this machine may be anybody's, who then has pages of the same origin. */
  private void expectOurHost(HttpServerRequest request) {
    if (!loopback) {
      return;
    }
    String given = request.getHeader(HttpHeaders.HOST);
    String name = given == null ? "" : given.toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "");
    if (!name.equals(host) && !OURS.matcher(name).matches()) {
      throw new Refusal(
          403,
          "forbidden",
          "a request for host '%s'; expected localhost or an address, or a server with a token"
              .formatted(InvalidValueException.shortened(name)));
    }
  }

  private static boolean isSameOrigin(String origin, String host) {
    try {
      String authority = URI.create(origin).getRawAuthority();
      return authority != null && authority.equalsIgnoreCase(host);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
