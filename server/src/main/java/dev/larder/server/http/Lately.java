package dev.larder.server.http;

import dev.larder.core.CacheKey;
import dev.larder.core.Namespace;
import dev.larder.server.metrics.ServerMetrics;
import dev.larder.server.session.Fleet;
import dev.larder.server.session.Namespaces;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What was hot and what was expensive lately: the keys that are read most, here and in near caches
 * as far as processes report it; those that are generated again; and what tags have cost. Only of
 * as many as are remembered, and only on this server.
 */
final class Lately {
  /** How many keys and tags are told in the overview. */
  private static final int TOLD = 5;

  private final Namespaces namespaces;
  private final ServerMetrics counters;

  Lately(Namespaces namespaces, ServerMetrics counters) {
    this.namespaces = namespaces;
    this.counters = counters;
  }

  /**
   * How often keys are read a minute, of those that are read most.
   *
   * @return empty if nothing was read here, and no process reports
   */
  Optional<Map<CacheKey, Long>> readsPerMinute(Namespace namespace) {
    Optional<Map<CacheKey, Long>> near = namespaces.fleet(namespace).readsPerMinute();
    Map<CacheKey, Long> reads = new HashMap<>(counters.lookupsPerMinute(namespace));
    near.orElse(Map.of()).forEach((key, count) -> reads.merge(key, count, Long::sum));
    return near.isEmpty() && reads.isEmpty() ? Optional.empty() : Optional.of(reads);
  }

  /** How often keys were generated again. */
  Map<CacheKey, ServerMetrics.Regenerated> regenerated(Namespace namespace) {
    return counters.regenerated(namespace);
  }

  /** What invalidations have cost, by tag. */
  Map<String, ServerMetrics.TagCost> tagCosts(Namespace namespace) {
    return counters.tagCosts(namespace);
  }

  /** Adds the hottest keys and the most expensive tags to what is told of a namespace. */
  void into(JsonObject json, Namespace namespace) {
    Map<CacheKey, Long> reads = readsPerMinute(namespace).orElse(Map.of());
    List<Map.Entry<CacheKey, Long>> hottest =
        reads.entrySet().stream()
            .sorted(
                Comparator.comparingLong((Map.Entry<CacheKey, Long> row) -> -row.getValue())
                    .thenComparing(Map.Entry::getKey))
            .limit(TOLD)
            .toList();
    Set<CacheKey> keys = hottest.stream().map(Map.Entry::getKey).collect(Collectors.toSet());
    Fleet fleet = namespaces.fleet(namespace);
    Map<CacheKey, String> paths = keys.isEmpty() ? Map.of() : fleet.paths(keys);
    json.put(
            "hottest",
            new JsonArray(
                hottest.stream()
                    .map(row ->
                        new JsonObject()
                            .put("key", row.getKey().toString())
                            .put("label", counters.label(namespace, row.getKey()).orElse(""))
                            .put("path", paths.getOrDefault(row.getKey(), ""))
                            .put("readsPerMinute", row.getValue()))
                    .toList()))
        .put("costliestTags", new JsonArray(costliest(tagCosts(namespace))));
  }

  private static List<JsonObject> costliest(Map<String, ServerMetrics.TagCost> costs) {
    return costs.entrySet().stream()
        .sorted(
            Comparator.comparingLong((Map.Entry<String, ServerMetrics.TagCost> row) ->
                    -row.getValue().generationMillis())
                .thenComparingLong(row -> -row.getValue().regenerations())
                .thenComparing(Map.Entry::getKey))
        .limit(TOLD)
        .map(row -> cost(new JsonObject().put("tag", row.getKey()), row.getValue()))
        .toList();
  }

  /** Adds what invalidations of a tag have cost to what is told of it. */
  static JsonObject cost(JsonObject json, ServerMetrics.TagCost cost) {
    return json.put("regenerations", cost.regenerations())
        .put("regenerationMillis", cost.generationMillis());
  }
}
