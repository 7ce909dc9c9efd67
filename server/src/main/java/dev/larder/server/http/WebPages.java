package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells requests of this server's own web pages from those of others, which a browser sends here,
 * too: by {@code Origin} and {@code Sec-Fetch-Site}, which no page can set, and by {@code Host},
 * since whoever has a name may let it lead here, and then has pages of the same origin.
 */
final class WebPages {
  private static final String SITE = "sec-fetch-site";

  /** Hosts no name server had a part in. */
  private static final Pattern OURS =
      Pattern.compile("(.*\\.)?localhost|[0-9]+(\\.[0-9]+){3}|\\[[0-9a-f:.]+]");

  private static final Pattern PORT = Pattern.compile(":\\d*$");

  private final String host;
  private final Set<String> publicHosts;

  /**
   * The pages of a server.
   *
   * @param host the address it listens on
   * @param publicHosts the names browsers know it by, in lower case
   */
  WebPages(String host, Set<String> publicHosts) {
    this.host = host.toLowerCase(Locale.ROOT);
    this.publicHosts = publicHosts;
  }

  /**
   * Refuses what was sent to a name that may be somebody else's.
   *
   * @throws Refusal 403
   */
  void expectOurHost(HttpServerRequest request) {
    String name = PORT.matcher(authority(request).toLowerCase(Locale.ROOT)).replaceFirst("");
    if (!name.equals(host) && !publicHosts.contains(name) && !OURS.matcher(name).matches()) {
      throw new Refusal(
          403,
          "forbidden",
          "a request for host '%s'; expected localhost, an address, or a name of --public-host"
              .formatted(InvalidValueException.shortened(name)));
    }
  }

  /**
   * Refuses what a browser says is of a page of somebody else.
   *
   * @throws Refusal 403
   */
  void refuseOthers(HttpServerRequest request) {
    origin(request)
        .filter(origin -> !isSameOrigin(origin, authority(request)))
        .ifPresent(origin -> {
          throw new Refusal(
              403,
              "forbidden",
              "a request of a web page of '%s'; expected one of this server, or of no web page"
                  .formatted(InvalidValueException.shortened(origin)));
        });
  }

  /**
   * Refuses what no browser says is of a page of this server.
   *
   * @throws Refusal 403
   */
  void expectOurs(HttpServerRequest request) {
    String site = request.getHeader(SITE);
    if (site == null ? origin(request).isEmpty() : !site.equals("same-origin")) {
      throw new Refusal(
          403,
          "forbidden",
          "a request of nobody knows which web page; expected one of this server, as 'Origin' or"
              + " 'Sec-Fetch-Site' say, or a token as 'Authorization: Bearer'");
    }
  }

  private static Optional<String> origin(HttpServerRequest request) {
    return Optional.ofNullable(request.getHeader(HttpHeaders.ORIGIN));
  }

  /** The host and the port a request was sent to, as it says; empty if it does not. */
  static String authority(HttpServerRequest request) {
    String given = request.getHeader(HttpHeaders.HOST);
    if (given != null) {
      return given;
    }
    // HTTP/2 has it in place of the header.
    return request.authority() == null ? "" : request.authority().toString();
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
