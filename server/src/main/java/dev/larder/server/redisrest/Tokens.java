package dev.larder.server.redisrest;

import dev.larder.server.config.ServerConfig;
import dev.larder.server.http.AccessCheck;
import dev.larder.server.http.Refusal;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** Who may ask what: by the token in the header, or in the query. */
final class Tokens {
  private final ServerConfig.Access access;
  private final AccessCheck pages;

  Tokens(String host, ServerConfig.Access access) {
    this.access = access;
    this.pages = new AccessCheck(host, access.token());
  }

  /**
   * What a request may do.
   *
   * @param inQuery the token in its query
   * @throws Refusal if it may do nothing
   */
  Role role(HttpServerRequest request, Optional<String> inQuery) {
    Role role = role(AccessCheck.bearer(request).or(() -> inQuery).orElse(""));
    pages.refusePages(request);
    return role;
  }

  private Role role(String given) {
    // Both are compared, so that the time it takes says nothing about either.
    boolean all = same(access.token(), given);
    boolean read = same(access.redisReadToken(), given);
    if (read) {
      return Role.READ;
    }
    if (all || access.token().isEmpty()) {
      return Role.ALL;
    }
    throw new Refusal(401, "unauthorized", "WRONGPASS invalid or missing auth token");
  }

  private static boolean same(Optional<String> token, String given) {
    return token.filter(secret -> AccessCheck.isSame(secret, given)).isPresent();
  }
}
