package dev.larder.server.forward;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;

/** Services of Fastly, whose pages carry {@code Surrogate-Key}. */
final class Fastly {
  private static final Target.Bounds BOUNDS = new Target.Bounds(256, 64 << 10, 20, 100);

  private Fastly() {}

  /**
   * A service.
   *
   * @param api its API
   * @param service its id
   * @param key may purge it
   */
  static Target service(URI api, String service, String key) {
    URI url = api.resolve("service/%s/".formatted(service));
    return new Target("fastly:" + service, BOUNDS, false, true, purge -> request(url, key, purge));
  }

  private static HttpRequest request(URI service, String key, Purge purge) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(service.resolve(purge.everything() ? "purge_all" : "purge"))
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
}
