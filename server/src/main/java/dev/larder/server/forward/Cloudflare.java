package dev.larder.server.forward;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;

/**
 * A zone of Cloudflare, whose pages carry {@code Cache-Tag}. It forgets at once what is stale: the
 * origin answers that without a wait.
 *
 * @param api its API
 * @param zone the id of the zone
 * @param token may purge its cache
 */
record Cloudflare(URI api, String zone, String token) implements Target {
  /** Of a Pro account; one of less answers 429, which is heeded. */
  private static final Bounds BOUNDS = new Bounds(100, 64 << 10, 5, 25);

  @Override
  public String name() {
    return "cloudflare:" + zone;
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
    var body =
        purge.everything()
            ? new JsonObject().put("purge_everything", true)
            : new JsonObject().put("tags", new JsonArray(purge.tags()));
    return HttpRequest.newBuilder(api.resolve("zones/%s/purge_cache".formatted(zone)))
        .header("authorization", "Bearer " + token)
        .header("content-type", "application/json")
        .POST(BodyPublishers.ofString(body.encode()))
        .build();
  }

  /** Never the token. */
  @Override
  public String toString() {
    return name();
  }
}
