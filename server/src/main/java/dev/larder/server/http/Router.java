package dev.larder.server.http;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.server.access.Principal;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Finds who answers a request by its method and path, and lets only those in who may ask that. A
 * path such as {@code /v1/{namespace}/purge} has parameters, each of which stands for one segment,
 * as it was sent.
 */
final class Router {
  /** The parameter that says which namespace a request is about. */
  private static final String NAMESPACE = "{namespace}";

  private final AccessCheck access;
  private final List<Route> routes = new ArrayList<>();

  /** What answers everybody, by its path and its method. */
  private final Map<String, Map<String, Function<HttpServerRequest, CompletionStage<?>>>> open =
      new HashMap<>();

  Router(AccessCheck access) {
    this.access = access;
  }

  /** Answers requests of a route. */
  @FunctionalInterface
  interface Handler {
    /**
     * Answers a request.
     *
     * @return completes once it is answered; fails with a {@link Refusal} or what it stands for
     */
    CompletionStage<?> handle(Call call);
  }

  /**
   * A request that may be answered.
   *
   * @param request what was sent
   * @param principal who sent it
   * @param about the namespace it is about, if it is about one
   * @param parameters what the parameters of the path stand for, in their order
   */
  record Call(
      HttpServerRequest request,
      Principal principal,
      Optional<Namespace> about,
      List<String> parameters) {
    /** The namespace it is about, of an address that names one. */
    Namespace namespace() {
      return about.orElseThrow();
    }
  }

  /**
   * What is answered in one way.
   *
   * @param address of the request
   * @param path the same, segment by segment
   * @param handler who answers
   */
  private record Route(Address address, List<String> path, Handler handler) {
    private boolean matches(List<String> requested) {
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

    private List<String> parameters(List<String> requested) {
      return IntStream.range(0, path.size())
          .filter(i -> isParameter(path.get(i)))
          .mapToObj(requested::get)
          .toList();
    }

    private Optional<Namespace> namespace(List<String> requested) {
      int at = path.indexOf(NAMESPACE);
      return at < 0 ? Optional.empty() : Optional.of(new Namespace(requested.get(at)));
    }

    private static boolean isParameter(String segment) {
      return segment.startsWith("{");
    }
  }

  /** Requests for that address are answered by {@code handler}, to those who may ask. */
  Router on(Address address, Handler handler) {
    routes.add(new Route(address, address.segments(), handler));
    return this;
  }

  /** {@code GET} for that path is answered to everybody who reaches the server. */
  Router probe(String path, Function<HttpServerRequest, CompletionStage<?>> answer) {
    return open("GET", path, answer);
  }

  /** That method for that path is answered to everybody, as far as {@code answer} does. */
  Router open(String method, String path, Function<HttpServerRequest, CompletionStage<?>> answer) {
    open.computeIfAbsent(path, first -> new TreeMap<>()).put(method, answer);
    return this;
  }

  /**
   * Answers a request.
   *
   * <p>Who asks is found out before a 404 or 405 is answered: somebody unknown does not learn which
   * addresses exist. A 405 has the methods that are allowed in the header {@code Allow} (RFC 9110,
   * section 15.5.6).
   *
   * @throws Refusal 401 to somebody unknown, 403 to who may not ask that, 404 for an unknown path,
   *     405 for one that is asked for with another method
   */
  CompletionStage<?> route(HttpServerRequest request) {
    String path = request.path() == null ? "" : request.path();
    Map<String, Function<HttpServerRequest, CompletionStage<?>>> answers =
        open.getOrDefault(path, Map.of());
    if (!answers.isEmpty()) {
      return Optional.ofNullable(answers.get(request.method().name()))
          .orElseThrow(() -> wrongMethod(request, String.join(", ", answers.keySet())))
          .apply(request);
    }
    List<String> requested = segments(path);
    List<Route> matching = routes.stream().filter(route -> route.matches(requested)).toList();
    Optional<Route> found =
        matching.stream().filter(route -> route.address().is(request.method())).findFirst();
    Principal principal = access.identify(request);
    Route route = found.orElseThrow(() -> none(request, matching));
    Optional<Namespace> about = route.namespace(requested);
    access.require(request, principal, route.address().permission(), about);
    return route.handler().handle(new Call(request, principal, about, route.parameters(requested)));
  }

  private static Refusal none(HttpServerRequest request, List<Route> others) {
    if (others.isEmpty()) {
      return new Refusal(
          404,
          "not-found",
          "no such address: %s"
              .formatted(InvalidValueException.shortened(String.valueOf(request.path()))));
    }
    Set<String> allowed = new TreeSet<>();
    others.forEach(route -> allowed.add(route.address().method()));
    return wrongMethod(request, String.join(", ", allowed));
  }

  private static Refusal wrongMethod(HttpServerRequest request, String names) {
    request.response().putHeader("allow", names);
    return new Refusal(
        405, "method-not-allowed", "%s; expected %s".formatted(request.method(), names));
  }

  private static List<String> segments(String path) {
    return List.of(path.split("/", -1));
  }
}
