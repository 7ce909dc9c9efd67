package dev.larder.server.forward;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;

/**
 * A service of Fastly, whose pages carry {@code Surrogate-Key}.
 *
 * @param api its API
 * @param service the id of the service
 * @param key may purge it
 */
record Fastly(URI api, String service, String key) implements Target {
  private static final Bounds BOUNDS = new Bounds(256, 64 << 10, 20, 100);

  @Override
  public String name() {
    return "fastly:" + service;
  }

  @Override
  public Bounds bounds() {
    return BOUNDS;
  }

  @Override
  public boolean tellsExpiry() {
    return false;
  }

  @Override
  public boolean forgetsAll() {
    return true;
  }

  @Override
  public HttpRequest request(Purge purge) {
    String what = purge.everything() ? "purge_all" : "purge";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(api.resolve("service/%s/%s".formatted(service, what)))
            .header("fastly-key", key)
            .header("accept", "application/json");
    if (purge.everything()) {
      return request.POST(BodyPublishers.noBody()).build();
    }
    if (purge.soft()) {
      request.header("fastly-soft-purge", "1");
    }
    var body = new JsonObject().put("surrogate_keys", new JsonArray(purge.tags()));
    return request
        .header("content-type", "application/json")
        .POST(BodyPublishers.ofString(body.encode()))
        .build();
  }

  /** Never the key. */
  @Override
  public String toString() {
    return name();
  }
}
