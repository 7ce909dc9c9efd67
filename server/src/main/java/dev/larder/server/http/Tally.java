package dev.larder.server.http;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.Freshness;
import dev.larder.core.engine.Cache;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Optional;

/**
 * What some entries add up to: how many there are in which state, their bytes, what they cost to
 * generate, and how much they are read.
 */
final class Tally {
  private final Cache cache;
  private final Optional<Map<CacheKey, Long>> reads;
  private long fresh;
  private long stale;
  private long expired;
  private long bytes;
  private long generationMillis;
  private long untimed;
  private long readsPerMinute;

  /**
   * Of no entries.
   *
   * @param reads how often keys are read a minute, as far as it is known; none: nobody reports
   */
  Tally(Cache cache, Optional<Map<CacheKey, Long>> reads) {
    this.cache = cache;
    this.reads = reads;
  }

  /** Counts an entry. What is expired costs nobody anything when it goes. */
  void add(EntryHead head) {
    switch (cache.freshness(head)) {
      case Freshness.Fresh() -> fresh++;
      case Freshness.Stale stale -> this.stale++;
      case Freshness.Expired expired -> {
        this.expired++;
        return;
      }
    }
    bytes += head.size();
    generationMillis += head.origin().generation();
    untimed += head.origin().generation() == 0 ? 1 : 0;
    readsPerMinute += reads.map(known -> known.getOrDefault(head.key(), 0L)).orElse(0L);
  }

  /** How many of them somebody could be served. */
  long served() {
    return fresh + stale;
  }

  /** Adds the numbers to an answer. */
  JsonObject into(JsonObject json) {
    return json.put("entries", served())
        .put("fresh", fresh)
        .put("stale", stale)
        .put("expired", expired)
        .put("bytes", bytes)
        .put("generationMillis", generationMillis)
        .put("untimed", untimed)
        .put("readsPerMinute", reads.isEmpty() ? AdminJson.UNKNOWN : (Object) readsPerMinute);
  }

  /** The same in words, to go on with "that". */
  String words() {
    if (served() == 0) {
      return "no entry that could be served";
    }
    return "%s of %d bytes%s, which took %d ms to generate%s and are read %s"
        .formatted(
            AdminJson.entries(served()),
            bytes,
            stale == 0 ? "" : ", %d of them stale".formatted(stale),
            generationMillis,
            untimed == 0 ? "" : " (of %d that is not known)".formatted(untimed),
            reads.isEmpty()
                ? "an unknown number of times a minute, as nobody has asked for anything lately"
                : "about %d times a minute, as far as the hottest keys are known"
                    .formatted(readsPerMinute));
  }
}
