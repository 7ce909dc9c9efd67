package dev.larder.server.http;

import dev.larder.core.Namespace;
import dev.larder.server.access.AccessControl;
import dev.larder.server.access.Permission;
import dev.larder.server.access.Principal;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.session.Grants;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;

/**
 * What a request may ask: what the token it came with allows, or the session of a browser, and
 * nothing if it is of a web page of somebody else, which a browser lets talk to any address.
 *
 * <p>A browser sends the cookie of a session by itself, whoever made the page. So what comes with
 * one must be of a page of this server, by a name that is known to be this server's, and what
 * changes something must be JSON. Whoever presents a token has it, and is asked none of this.
 */
public final class AccessCheck {
  private static final String SCHEME = "bearer ";

  private final AccessControl control;
  private final boolean loopback;
  private final WebPages pages;
  private final SessionCookie cookie;

  /**
   * Asks {@code control}.
   *
   * @param http where the server listens
   */
  public AccessCheck(ServerConfig.Http http, AccessControl control) {
    this.control = control;
    this.loopback = ServerConfig.isLoopback(http.host());
    this.pages = new WebPages(http.host(), http.publicHosts());
    this.cookie = new SessionCookie(http.tls().isPresent());
  }

  /**
   * Who sends a request, by the token in its header, or else by its session.
   *
   * @throws Refusal 401 if there is no telling, 403 if it is of a web page of somebody else, 415 if
   *     it changes something by a session, and is no JSON
   */
  Principal identify(HttpServerRequest request) {
    Optional<String> session = session(request);
    Optional<Principal> principal =
        session.isPresent()
            ? ofSession(request, session.get())
            : identify(request, bearer(request));
    return principal.orElseThrow(() -> unauthorized(request));
  }

  /**
   * Who sends a request with that token; none if there is no telling.
   *
   * @throws Refusal 403 if it is of a web page of somebody else, whatever it knows
   */
  public Optional<Principal> identify(HttpServerRequest request, Optional<String> presented) {
    Optional<Principal> principal = control.identify(presented, () -> from(request));
    if (principal.isPresent()) {
      if (control.isOpen() && loopback) {
        pages.expectOurHost(request);
      }
      pages.refuseOthers(request);
    }
    return principal;
  }

  private Optional<Principal> ofSession(HttpServerRequest request, String session) {
    pages.expectOurHost(request);
    pages.refuseOthers(request);
    if (changes(request)) {
      pages.expectOurs(request);
      Exchange.expect(request, Exchange.JSON);
    }
    return control.identifySession(session, () -> from(request));
  }

  /** The id of the session a request comes with; none if it presents a token, or signs in. */
  private Optional<String> session(HttpServerRequest request) {
    return control.isOpen() || request.headers().contains(HttpHeaders.AUTHORIZATION)
        ? Optional.empty()
        : cookie.of(request);
  }

  /** An upgrade begins as GET, and is a connection that may do anything. */
  private static boolean changes(HttpServerRequest request) {
    String method = request.method().name();
    boolean reads = method.equals("GET") || method.equals("HEAD");
    return !reads || request.headers().contains(HttpHeaders.UPGRADE);
  }

  /**
   * Opens a session for whoever presents the token, which replaces the one that it may have.
   *
   * @throws Refusal 401 if the token is unknown, 403 if the request is not of a page of this
   *     server, 429 after too many that failed
   */
  Principal signIn(HttpServerRequest request, String token) {
    expectOurPage(request);
    return switch (control.signIn(token, from(request))) {
      case AccessControl.Login.Opened(Principal principal, String session) -> {
        cookie.of(request).ifPresent(control::signOut);
        cookie.set(request, session);
        yield principal;
      }
      case AccessControl.Login.Unknown unknown ->
          throw new Refusal(
              401, "unauthorized", "the server does not know this token, or it has expired");
      case AccessControl.Login.TooMany(long seconds) -> {
        request.response().putHeader(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
        throw new Refusal(
            429,
            "too-many-attempts",
            "too many tokens from this address were wrong; expected the next one in %d s"
                .formatted(seconds));
      }
    };
  }

  /**
   * Ends the session a request comes with, if it comes with one.
   *
   * @throws Refusal 403 if the request is not of a page of this server
   */
  void signOut(HttpServerRequest request) {
    expectOurPage(request);
    cookie.of(request).ifPresent(control::signOut);
    cookie.clear(request);
  }

  /**
   * Refuses what is not of a page of this server, by one of its names, in JSON.
   *
   * @throws Refusal 403, or 415
   */
  void expectOurPage(HttpServerRequest request) {
    pages.expectOurHost(request);
    pages.refuseOthers(request);
    pages.expectOurs(request);
    Exchange.expect(request, Exchange.JSON);
  }

  /**
   * Runs {@code ended} once the right that a request came with is no more: its token was revoked,
   * has expired or gives other rights, or its session has ended.
   *
   * @return ends that
   */
  Runnable hold(HttpServerRequest request, Principal principal, Runnable ended) {
    Runnable ofToken = control.hold(principal, ended);
    Runnable ofSession =
        session(request).map(session -> control.holdSession(session, ended)).orElse(() -> {});
    return () -> {
      ofToken.run();
      ofSession.run();
    };
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

  /**
   * Lets a request invalidate tags: some tokens may do so only with those that begin in a certain
   * way.
   *
   * @throws Refusal 403 that names the first tag that does not
   */
  void requireTags(
      HttpServerRequest request, Principal principal, Namespace namespace, List<String> tags) {
    control
        .refusalOfTags(principal, tags, namespace, () -> from(request))
        .ifPresent(why -> {
          throw new Refusal(403, "forbidden", why);
        });
  }

  /**
   * What the frames of a client may ask. A token with a tag prefix may not invalidate by them: only
   * the JSON API compares tags with it.
   */
  Grants grants(HttpServerRequest request, Principal principal, Namespace namespace) {
    String from = from(request);
    return new Grants(
        principal.id(),
        principal.may(Permission.STORE),
        principal.may(Permission.INVALIDATE) && principal.tagPrefix().isEmpty(),
        invalidates ->
            control
                .refusal(
                    principal,
                    invalidates ? Permission.INVALIDATE : Permission.STORE,
                    Optional.of(namespace),
                    () -> from)
                .or(() -> control.refusalOfTags(principal, List.of(""), namespace, () -> from))
                .orElse("the token does not allow that"));
  }

  private static Refusal unauthorized(HttpServerRequest request) {
    challenge(request);
    return new Refusal(
        401, "unauthorized", "expected a token of this server as 'Authorization: Bearer'");
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
}
