package dev.larder.server.forward;

import java.net.http.HttpRequest;
import java.util.function.Function;

/**
 * A CDN, or something else that is told over HTTP what was invalidated. What is made in {@link
 * Cloudflare}, {@link Fastly}, {@link Varnish} and {@link Webhook} is how each is told.
 *
 * @param name which it is, without secrets: for people and in metrics
 * @param bounds how much one request may have, and how many of them are allowed
 * @param tellsExpiry whether it tells apart when what carries a tag expires, and so takes a request
 *     for each
 * @param forgetsAll whether it can be told to forget everything
 * @param telling makes the request that tells it; may know a secret
 */
record Target(
    String name,
    Bounds bounds,
    boolean tellsExpiry,
    boolean forgetsAll,
    Function<Purge, HttpRequest> telling) {
  /**
   * The bounds of a target.
   *
   * @param tags how many a request may have
   * @param bytes how many bytes they may have together
   * @param perSecond how many requests a second
   * @param burst how many at once, after a pause
   */
  record Bounds(int tags, int bytes, double perSecond, int burst) {}

  /**
   * The request that tells it.
   *
   * @param purge within {@link #bounds}; about everything only if {@link #forgetsAll}
   */
  HttpRequest request(Purge purge) {
    return telling.apply(purge);
  }

  /** Its name. */
  @Override
  public String toString() {
    return name;
  }
}
