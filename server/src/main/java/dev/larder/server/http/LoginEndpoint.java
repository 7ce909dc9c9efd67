package dev.larder.server.http;

import dev.larder.core.Namespace;
import dev.larder.server.access.Principal;
import dev.larder.server.socket.IncomingMemory;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.CompletionStage;

/**
 * {@code /login} and {@code /logout}: a browser exchanges a token for a session, so that no page
 * has to keep the token.
 *
 * <p>{@code POST /login {"token"}} sets the cookie of a session and answers who it is of, as {@code
 * GET /login} does: {@code {"id", "role", "namespaces"}}, of which the last is {@code "*"} for all.
 * {@code POST /logout} ends it. Both are for pages of this server: 403 for others; 401 for a token
 * that is not known, 429 after five of them in a minute from one address.
 */
final class LoginEndpoint {
  /** The largest body, in bytes. */
  private static final int MOST = 4096;

  private final AccessCheck access;
  private final IncomingMemory incomingMemory;

  LoginEndpoint(AccessCheck access, IncomingMemory incomingMemory) {
    this.access = access;
    this.incomingMemory = incomingMemory;
  }

  /** Answers who asks. */
  CompletionStage<?> show(HttpServerRequest request) {
    return Exchange.json(request, 200, shown(access.identify(request))).toCompletionStage();
  }

  /** Opens a session. */
  CompletionStage<?> signIn(HttpServerRequest request) {
    access.expectOurPage(request);
    return Body.of(request, incomingMemory, MOST)
        .compose(body -> {
          try {
            Principal principal = access.signIn(request, token(body));
            return Exchange.json(request, 200, shown(principal));
          } finally {
            body.release();
          }
        })
        .toCompletionStage();
  }

  /** Ends the session of the request; one that has none is answered alike. */
  CompletionStage<?> signOut(HttpServerRequest request) {
    access.signOut(request);
    return Exchange.json(request, 200, new JsonObject().put("status", "signed out"))
        .toCompletionStage();
  }

  private static String token(Body body) {
    try {
      if (new JsonObject(body.buffer()).getValue("token") instanceof String token) {
        return token.strip();
      }
    } catch (DecodeException | ClassCastException e) {
      // Told below, as what it is.
    }
    throw new Refusal(400, "invalid-value", "expected JSON such as {\"token\": \"lrd_…\"}");
  }

  private static JsonObject shown(Principal principal) {
    return new JsonObject()
        .put("id", principal.id())
        .put("role", principal.role().label())
        .put(
            "namespaces",
            principal.namespaces().isEmpty()
                ? "*"
                : new JsonArray(
                    principal.namespaces().stream().map(Namespace::name).sorted().toList()));
  }
}
