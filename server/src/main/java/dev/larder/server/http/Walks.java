package dev.larder.server.http;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.engine.Cache;
import dev.larder.core.spi.EntryStore.Walk;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Looks through what namespaces hold, for people. However much that is, a look takes {@value
 * #MILLIS} ms at most, and few are taken at a time: serving goes before.
 */
final class Walks {
  /** How long one takes at most, in ms. */
  static final long MILLIS = 2_000;

  private static final int MOST = 4;

  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * Shows the entries of a cache.
   *
   * @throws Refusal 503 if others look already
   */
  CompletionStage<Walk> over(Cache cache, Predicate<EntryHead> visitor) {
    return over(cache, Optional.empty(), visitor);
  }

  /**
   * Shows the entries of a cache from a key on, where the store has an order.
   *
   * @throws Refusal 503 if others look already
   */
  CompletionStage<Walk> over(Cache cache, Optional<CacheKey> from, Predicate<EntryHead> visitor) {
    if (underWay.incrementAndGet() > MOST) {
      underWay.decrementAndGet();
      throw new Refusal(
          503,
          "overloaded",
          "%d others look through what is stored; ask again in a moment".formatted(MOST));
    }
    try {
      return cache
          .walk(from, MILLIS, visitor)
          .whenComplete((walk, failure) -> underWay.decrementAndGet());
    } catch (RuntimeException e) {
      underWay.decrementAndGet();
      throw e;
    }
  }

  /** Says in an answer how much was looked at, and whether that was all. */
  static JsonObject said(JsonObject json, Walk walk) {
    return json.put("examined", walk.examined()).put("partial", !walk.complete());
  }
}
