package dev.larder.server.forward;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;

/**
 * Zones of Cloudflare, whose pages carry {@code Cache-Tag}. They forget at once what is stale: the
 * origin answers that without a wait.
 */
final class Cloudflare {
  /** Of a Pro account; one of less answers 429, which is heeded. */
  private static final Target.Bounds BOUNDS = new Target.Bounds(100, 64 << 10, 5, 25);

  private Cloudflare() {}

  /**
   * A zone.
   *
   * @param api its API
   * @param zone its id
   * @param token may purge its cache
   */
  static Target zone(URI api, String zone, String token) {
    URI url = api.resolve("zones/%s/purge_cache".formatted(zone));
    return new Target(
        "cloudflare:" + zone,
        BOUNDS,
        false,
        true,
        purge ->
            HttpRequest.newBuilder(url)
                .header("authorization", "Bearer " + token)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body(purge).encode()))
                .build());
  }

  private static JsonObject body(Purge purge) {
    return purge.everything()
        ? new JsonObject().put("purge_everything", true)
        : new JsonObject().put("tags", new JsonArray(purge.tags()));
  }
}
