package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.server.access.AccessControl;
import dev.larder.server.access.Permission;
import dev.larder.server.access.Principal;
import dev.larder.server.config.ServerConfig;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a request may ask: what the token it came with allows, and nothing if it is of a web page of
 * somebody else, which a browser lets talk to any address.
 */
public final class AccessCheck {
  private static final String SCHEME = "bearer ";

  /** Hosts no name server had a part in. */
  private static final Pattern OURS =
      Pattern.compile("(.*\\.)?localhost|[0-9]+(\\.[0-9]+){3}|\\[[0-9a-f:.]+]");

  private final String host;
  private final boolean loopback;
  private final AccessControl control;

  /**
   * Asks {@code control}.
   *
   * @param host the address the server listens on
   */
  public AccessCheck(String host, AccessControl control) {
    this.host = host.toLowerCase(Locale.ROOT);
    this.loopback = ServerConfig.isLoopback(host);
    this.control = control;
  }

  /**
   * Who sends a request, by the token in its header.
   *
   * @throws Refusal 401 if there is no telling, 403 if it is of a web page of somebody else
   */
  Principal identify(HttpServerRequest request) {
    return identify(request, bearer(request))
        .orElseThrow(() -> {
          challenge(request);
          return new Refusal(
              401, "unauthorized", "expected a token of this server as 'Authorization: Bearer'");
        });
  }

  /**
   * Who sends a request with that token; none if there is no telling.
   *
   * @throws Refusal 403 if it is of a web page of somebody else, whatever it knows
   */
  public Optional<Principal> identify(HttpServerRequest request, Optional<String> presented) {
    Optional<Principal> principal = control.identify(presented, () -> from(request));
    if (principal.isPresent()) {
      refusePages(request);
    }
    return principal;
  }

  /**
   * Lets a request do something.
   *
   * @throws Refusal 403 if it may not
   */
  public void require(
      HttpServerRequest request,
      Principal principal,
      Permission permission,
      Optional<Namespace> namespace) {
    control
        .refusal(principal, permission, namespace, () -> from(request))
        .ifPresent(why -> {
          throw new Refusal(403, "forbidden", why);
        });
  }

  private void refusePages(HttpServerRequest request) {
    if (control.isOpen()) {
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

  private static String from(HttpServerRequest request) {
    return request.remoteAddress() == null
        ? "somewhere"
        : String.valueOf(request.remoteAddress().hostAddress());
  }

  /** What a request presents as {@code Authorization: Bearer}. */
  public static Optional<String> bearer(HttpServerRequest request) {
    String given = request.getHeader(HttpHeaders.AUTHORIZATION);
    boolean bearer = given != null && given.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    return bearer ? Optional.of(given.substring(SCHEME.length()).strip()) : Optional.empty();
  }

  /** Says in the answer that a token is expected, and how: RFC 9110, section 11.6.1. */
  public static void challenge(HttpServerRequest request) {
    request.response().putHeader("www-authenticate", "Bearer realm=\"larder\"");
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
