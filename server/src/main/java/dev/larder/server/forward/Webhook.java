package dev.larder.server.forward;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Anything that takes {@code POST {"namespace", "revision", "tags", "expire"}}. {@code expire} is
 * in seconds, 0 is at once, null is never; {@code "tags": "*"} is everything.
 *
 * <p>With a secret it is signed: {@code X-Larder-Signature: t=<seconds since 1970>,v1=<hex>}, the
 * HMAC-SHA256 of the time, a dot and the body.
 */
final class Webhook {
  private static final Target.Bounds BOUNDS = new Target.Bounds(1000, 256 << 10, 50, 50);
  private static final String ALGORITHM = "HmacSHA256";

  private Webhook() {}

  /**
   * What is at that address. Its name has no path, which may be a secret.
   *
   * @param url where it is sent to
   * @param secret what it is signed with
   * @param clock what it is signed at
   */
  static Target at(URI url, Optional<String> secret, InstantSource clock) {
    return new Target(
        "webhook:" + url.getHost(),
        BOUNDS,
        true,
        true,
        purge -> request(url, secret, clock.instant().getEpochSecond(), purge));
  }

  private static HttpRequest request(URI url, Optional<String> secret, long seconds, Purge purge) {
    var json =
        new JsonObject()
            .put("namespace", purge.namespace().name())
            .put("revision", purge.revision())
            .put("tags", purge.everything() ? "*" : new JsonArray(purge.tags()))
            .put("expire", purge.expire().isPresent() ? purge.expire().getAsLong() : null);
    String body = json.encode();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body));
    secret.ifPresent(key -> request.header("x-larder-signature", signature(key, seconds, body)));
    return request.build();
  }

  private static String signature(String key, long seconds, String body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key.getBytes(UTF_8), ALGORITHM));
      byte[] signed = mac.doFinal((seconds + "." + body).getBytes(UTF_8));
      return "t=%d,v1=%s".formatted(seconds, HexFormat.of().formatHex(signed));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + ALGORITHM, e);
    }
  }
}
