package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;

/**
 * Finds who answers a request by its method and path. A path such as {@code /v1/{namespace}/purge}
 * has parameters, each of which stands for one segment, as it was sent.
 */
final class Router {
  private final List<Route> routes = new ArrayList<>();

  /** Answers requests of a route. */
  @FunctionalInterface
  interface Handler {
    /**
     * Answers a request.
     *
     * @param parameters the parameters of the path, in order
     * @return completes once it is answered; fails with a {@link Refusal} or what it stands for
     */
    CompletionStage<?> handle(HttpServerRequest request, List<String> parameters);
  }

  private record Route(HttpMethod method, List<String> path, Handler handler) {
    boolean matches(List<String> requested) {
      if (requested.size() != path.size()) {
        return false;
      }
      for (int i = 0; i < path.size(); i++) {
        if (!isParameter(path.get(i)) && !path.get(i).equals(requested.get(i))) {
          return false;
        }
      }
      return true;
    }

    List<String> parameters(List<String> requested) {
      var parameters = new ArrayList<String>();
      for (int i = 0; i < path.size(); i++) {
        if (isParameter(path.get(i))) {
          parameters.add(requested.get(i));
        }
      }
      return parameters;
    }

    private static boolean isParameter(String segment) {
      return segment.startsWith("{");
    }
  }

  /** Requests of that method for that path are answered by {@code handler}. */
  Router on(HttpMethod method, String path, Handler handler) {
    routes.add(new Route(method, segments(path), handler));
    return this;
  }

  /**
   * Answers a request.
   *
   * @throws Refusal 404 for an unknown path, 405 for one that is asked for with another method
   */
  CompletionStage<?> route(HttpServerRequest request) {
    String path = request.path() == null ? "" : request.path();
    List<String> requested = segments(path);
    List<Route> matching = routes.stream().filter(route -> route.matches(requested)).toList();
    for (Route route : matching) {
      if (route.method().equals(request.method())) {
        return route.handler().handle(request, route.parameters(requested));
      }
    }
    if (matching.isEmpty()) {
      throw new Refusal(
          404, "not-found", "no such address: %s".formatted(InvalidValueException.shortened(path)));
    }
    Set<String> allowed = new TreeSet<>();
    matching.forEach(route -> allowed.add(route.method().name()));
    String names = String.join(", ", allowed);
    request.response().putHeader("allow", names);
    throw new Refusal(
        405, "method-not-allowed", "%s; expected %s".formatted(request.method(), names));
  }

  private static List<String> segments(String path) {
    return List.of(path.split("/", -1));
  }
}
