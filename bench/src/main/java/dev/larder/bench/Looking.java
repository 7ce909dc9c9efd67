package dev.larder.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

/**
 * Somebody who looks at a server: has its metrics read, its overview open, and hears its events.
 */
final class Looking implements AutoCloseable {
  private final HttpClient client;
  private final InputStream events;

  private Looking(HttpClient client, InputStream events) {
    this.client = client;
    this.events = events;
  }

  /** Begins to look. */
  static Looking at(int port) throws IOException, InterruptedException {
    HttpClient client = HttpClient.newHttpClient();
    for (String page : List.of("/metrics", "/v1/overview")) {
      get(client, port, page, BodyHandlers.ofString());
    }
    return new Looking(client, get(client, port, "/v1/events", BodyHandlers.ofInputStream()));
  }

  private static <T> T get(HttpClient client, int port, String path, BodyHandler<T> as)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(port, path));
    HttpResponse<T> answer = client.send(HttpRequest.newBuilder(uri).build(), as);
    if (answer.statusCode() != 200) {
      throw new IOException("%s was answered with %d".formatted(path, answer.statusCode()));
    }
    return answer.body();
  }

  /** Looks away. */
  @Override
  public void close() throws IOException {
    events.close();
    client.shutdownNow();
  }
}
