package dev.larder.server.forward;

import java.net.http.HttpRequest;

/** A CDN, or something else that is told over HTTP what was invalidated. */
interface Target {
  /** Which it is, without secrets: for people and in metrics. */
  String name();

  /** How much one request may have, and how many of them are allowed. */
  Bounds bounds();

  /** Whether it tells apart when what carries a tag expires, and so takes a request for each. */
  boolean tellsExpiry();

  /** Whether it can be told to forget everything. */
  boolean forgetsAll();

  /**
   * The request that tells it.
   *
   * @param purge within {@link #bounds}; about everything only if {@link #forgetsAll}
   */
  HttpRequest request(Purge purge);

  /**
   * The bounds of a target.
   *
   * @param tags how many a request may have
   * @param bytes how many bytes they may have together
   * @param perSecond how many requests a second
   * @param burst how many at once, after a pause
   */
  record Bounds(int tags, int bytes, double perSecond, int burst) {}
}
