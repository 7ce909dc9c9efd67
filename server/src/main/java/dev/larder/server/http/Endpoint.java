package dev.larder.server.http;

import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.CompletionStage;

/** What is served below a path of its own, with access, errors and answers in its own form. */
public interface Endpoint {
  /** True if it answers requests for a path. */
  boolean serves(String path);

  /**
   * Answers a request, which is paused until its body is read.
   *
   * @return completes once it is answered
   */
  CompletionStage<?> handle(HttpServerRequest request, Bodies bodies);

  /** Ends answers that have no end of their own: the server is to stop. */
  void leave();

  /** Reads the body of a request. */
  @FunctionalInterface
  interface Bodies {
    /**
     * The whole body, to be released; fails with a {@link Refusal} if it is longer than so many
     * bytes, or does not come.
     */
    Future<Body> read(int limit);
  }
}
