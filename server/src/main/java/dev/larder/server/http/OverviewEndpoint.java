package dev.larder.server.http;

import dev.larder.core.AsOf;
import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.engine.Cache;
import dev.larder.server.forward.Forwarder;
import dev.larder.server.metrics.ServerMetrics;
import dev.larder.server.process.Version;
import dev.larder.server.session.Fleet;
import dev.larder.server.session.Namespaces;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * {@code GET /v1/overview}: how the server and each namespace in use are, in one document.
 *
 * <p>Answers {@code {"at", "server", "durationBounds", "namespaces", "more"}}. What is counted only
 * grows until the server stops: whoever asks twice has a rate. {@code namespaces} has at most 50,
 * by name, of those that are open here and that whoever asks may see; {@code more} is how many
 * there are beside them. {@code lookups}, {@code puts} and what else is counted is left out of a
 * namespace that is not told apart from others. {@code durationBounds} are in s: {@code
 * lookupDurations} and {@code invalidationDurations} have how many took at most so long and longer
 * than the bound before, the last how many took longer than all; zeros at their end are left out.
 * {@code lastInvalidation} is left out if there was none, or if the store does not say in time.
 */
final class OverviewEndpoint {
  /** The most namespaces of an answer. */
  private static final int MOST = 50;

  /** How long the audit of a namespace is waited for, in ms. */
  private static final long PATIENCE = 1_000;

  private final Vertx vertx;
  private final Namespaces namespaces;
  private final ServerMetrics counters;
  private final Lately lately;
  private final String store;
  private final OptionalLong diskBytes;
  private final int ledgerTags;
  private final Supplier<List<Forwarder.State>> forwards;

  /** The latest invalidation of each namespace, as it was found last. */
  private final Map<Namespace, Last> lasts = new ConcurrentHashMap<>();

  /** The latest invalidation, and as of when: only after another one it can be another. */
  private record Last(AsOf asOf, Optional<AuditedInvalidation> invalidation) {}

  /**
   * Asks those.
   *
   * @param store what kind it is: {@code embedded} or {@code shared}
   * @param diskBytes how many bytes of entries an embedded store keeps
   * @param ledgerTags how many tags a ledger may remember
   * @param forwards how those stand who are told what was invalidated
   */
  OverviewEndpoint(
      Vertx vertx,
      Namespaces namespaces,
      ServerMetrics counters,
      Lately lately,
      String store,
      OptionalLong diskBytes,
      int ledgerTags,
      Supplier<List<Forwarder.State>> forwards) {
    this.vertx = vertx;
    this.namespaces = namespaces;
    this.counters = counters;
    this.lately = lately;
    this.store = store;
    this.diskBytes = diskBytes;
    this.ledgerTags = ledgerTags;
    this.forwards = forwards;
  }

  /** Answers with it. Made away from event loops, since every namespace is asked. */
  CompletionStage<?> show(Router.Call call) {
    CompletionStage<JsonObject> made =
        CompletableFuture.supplyAsync(
            () -> {
              List<Map.Entry<Namespace, Cache>> all =
                  namespaces.inUse().entrySet().stream()
                      .filter(each -> call.principal().in(each.getKey()))
                      .sorted(Comparator.comparing(each -> each.getKey().name()))
                      .toList();
              List<CompletableFuture<Optional<AuditedInvalidation>>> last =
                  all.stream()
                      .limit(MOST)
                      .map(each -> last(each.getKey(), each.getValue()))
                      .toList();
              lasts.keySet().retainAll(namespaces.inUse().keySet());
              var shown = new JsonArray();
              for (int i = 0; i < last.size(); i++) {
                shown.add(
                    namespace(all.get(i).getKey(), all.get(i).getValue(), last.get(i).join()));
              }
              return new JsonObject()
                  .put("at", Instant.now().toString())
                  .put("server", server())
                  .put("durationBounds", new JsonArray(ServerMetrics.durationBounds()))
                  .put("forwards", forwards())
                  .put("namespaces", shown)
                  .put("more", all.size() - shown.size());
            },
            Thread::startVirtualThread);
    call.request().response().putHeader("cache-control", "no-store");
    return Exchange.answer(vertx, call.request(), made);
  }

  private JsonArray forwards() {
    var shown = new JsonArray();
    for (Forwarder.State each : forwards.get()) {
      shown.add(
          new JsonObject()
              .put("target", each.target())
              .put("queue", each.queue())
              .put("ageMillis", each.ageMillis())
              .put("forwarded", each.forwarded())
              .put("failed", each.failed())
              .put("dropped", each.dropped()));
    }
    return shown;
  }

  private JsonObject server() {
    long started = ManagementFactory.getRuntimeMXBean().getStartTime();
    Runtime runtime = Runtime.getRuntime();
    return new JsonObject()
        .put("version", Version.current())
        .put("java", Runtime.version().toString())
        .put("startedAt", Instant.ofEpochMilli(started).toString())
        .put("uptimeMillis", ManagementFactory.getRuntimeMXBean().getUptime())
        .put(
            "heap",
            new JsonObject()
                .put("used", runtime.totalMemory() - runtime.freeMemory())
                .put("limit", runtime.maxMemory()))
        .put("store", store());
  }

  /** A shared store keeps entries of others, too, and has limits of its own. */
  private JsonObject store() {
    var json = new JsonObject().put("kind", store).put("ready", namespaces.ready());
    diskBytes.ifPresent(limit ->
        json.put(
                "bytes",
                namespaces.inUse().values().stream()
                    .mapToLong(cache -> cache.stats().entries().bytes())
                    .sum())
            .put("limit", limit));
    return json;
  }

  /** The latest invalidation, as far as the store says in time. */
  private CompletableFuture<Optional<AuditedInvalidation>> last(Namespace namespace, Cache cache) {
    AsOf now = cache.asOf();
    Last found = lasts.get(namespace);
    if (found != null && found.asOf().equals(now)) {
      return CompletableFuture.completedFuture(found.invalidation());
    }
    if (now.revision().equals(Revision.ZERO)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return cache
        .audited(new Revision(Long.MAX_VALUE), 1)
        .thenApply(rows -> {
          lasts.put(namespace, new Last(now, rows.stream().findFirst()));
          return rows;
        })
        .toCompletableFuture()
        .completeOnTimeout(List.of(), PATIENCE, TimeUnit.MILLISECONDS)
        .exceptionally(failure -> List.of())
        .thenApply(rows -> rows.stream().findFirst());
  }

  private JsonObject namespace(
      Namespace namespace, Cache cache, Optional<AuditedInvalidation> last) {
    Cache.Stats stats = cache.stats();
    Fleet fleet = namespaces.fleet(namespace);
    long revision = stats.asOf().revision().number();
    var json =
        new JsonObject()
            .put("namespace", namespace.name())
            .put("revision", revision)
            .put("floor", stats.floor().number())
            .put("ledger", new JsonObject().put("tags", stats.tags()).put("limit", ledgerTags))
            .put("entries", stats.entries().entries())
            .put("bytes", stats.entries().bytes())
            .put("dropped", stats.entries().dropped())
            .put("damaged", stats.entries().damaged())
            .put("leases", stats.leases())
            .put("waiting", stats.waiting())
            .put("instances", instances(fleet.members(), revision))
            .put("savedMillis", fleet.savedMillis());
    counters
        .totals(namespace)
        .ifPresent(totals -> {
          var lookups = new JsonObject();
          totals.lookups().forEach(lookups::put);
          lookups.put("near", fleet.nearLookups()).put("bypass", fleet.bypassed());
          var puts = new JsonObject();
          totals.puts().forEach(puts::put);
          json.put("lookups", lookups)
              .put("puts", puts)
              .put(
                  "generations",
                  new JsonObject()
                      .put("count", totals.generations())
                      .put("millis", totals.generationMillis())
                      .put("unchanged", totals.unchanged()))
              .put("lookupDurations", durations(totals.lookupDurations()))
              .put("invalidations", totals.invalidations())
              .put("invalidationDurations", durations(totals.invalidationDurations()))
              .put(
                  "evictions",
                  new JsonObject()
                      .put("expired", totals.evictions() + stats.entries().expired())
                      .put("size", stats.entries().outgrown()))
              .put("promotions", totals.promotions())
              .put("exhausted", totals.exhausted());
          lately.into(json, namespace);
        });
    last.ifPresent(known -> json.put("lastInvalidation", AdminJson.audited(known)));
    return json;
  }

  /** Without the zeros at their end, which most have. */
  private static JsonArray durations(List<Long> counts) {
    int length = counts.size();
    while (length > 0 && counts.get(length - 1) == 0) {
      length--;
    }
    return new JsonArray(counts.subList(0, length));
  }

  private static JsonObject instances(List<Fleet.Member> members, long revision) {
    long silent = members.stream().filter(member -> member.lastReport().isEmpty()).count();
    long behind =
        members.stream()
            .filter(member -> member.lastReport().isPresent())
            .filter(member -> member.known().revision().number() < revision)
            .count();
    return new JsonObject()
        .put("total", members.size())
        .put("behind", behind)
        .put("silent", silent);
  }
}
