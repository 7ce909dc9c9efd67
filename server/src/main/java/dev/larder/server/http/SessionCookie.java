package dev.larder.server.http;

import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The cookie by which a browser presents its session. No script reads it, no other site sends it,
 * and where the page came over TLS no other host sets it, and it is sent over TLS only.
 *
 * <p>Cookies of one host are sent to all its ports: so that two servers on one machine do not take
 * each other's, the port is in the name.
 */
final class SessionCookie {
  private static final String NAME = "larder";

  /**
   * A browser takes a cookie of such a name over TLS only, for this host and the path {@code /}.
   */
  private static final String HOST_ONLY = "__Host-";

  private static final Pattern PORT = Pattern.compile(":(\\d{1,5})$");

  /** Whether the server speaks TLS itself, so that another name cannot be its own. */
  private final boolean tls;

  SessionCookie(boolean tls) {
    this.tls = tls;
  }

  /** The id of the session a request comes with. */
  Optional<String> of(HttpServerRequest request) {
    String name = name(request);
    Cookie hostOnly = request.getCookie(HOST_ONLY + name);
    Cookie cookie = hostOnly != null || tls ? hostOnly : request.getCookie(name);
    return Optional.ofNullable(cookie).map(Cookie::getValue);
  }

  /** Lets the browser present a session until it is closed. */
  void set(HttpServerRequest request, String session) {
    request.response().addCookie(cookie(request, session));
  }

  /** Lets the browser forget it. */
  void clear(HttpServerRequest request) {
    request.response().addCookie(cookie(request, "").setMaxAge(0));
  }

  private Cookie cookie(HttpServerRequest request, String value) {
    boolean secure = tls || isPageSecure(request);
    return Cookie.cookie((secure ? HOST_ONLY : "") + name(request), value)
        .setPath("/")
        .setHttpOnly(true)
        .setSameSite(CookieSameSite.STRICT)
        .setSecure(secure);
  }

  /** A proxy before this server may speak TLS: then the page says so in its origin. */
  private static boolean isPageSecure(HttpServerRequest request) {
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    return origin != null && origin.startsWith("https://");
  }

  private static String name(HttpServerRequest request) {
    Matcher port = PORT.matcher(WebPages.authority(request));
    return port.find() ? NAME + "-" + port.group(1) : NAME;
  }
}
