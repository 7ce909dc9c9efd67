package dev.larder.server.http;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.Report;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.HeldLease;
import dev.larder.core.spi.EntryStore.Walk;
import dev.larder.server.session.Fleet;
import dev.larder.server.session.Namespaces;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Who talks to a namespace: its processes, what they generate now, and the builds they serve. */
final class FleetApi {
  /** The most rows of an answer, and how many leases there are unless asked otherwise. */
  private static final int MOST_ROWS = 1_000;

  private static final int ROWS = 100;

  private final Vertx vertx;
  private final Namespaces namespaces;
  private final Walks walks;

  FleetApi(Vertx vertx, Namespaces namespaces, Walks walks) {
    this.vertx = vertx;
    this.namespaces = namespaces;
    this.walks = walks;
  }

  /**
   * {@code GET /v1/{namespace}/instances}: the processes that talk to it.
   *
   * <p>Answers {@code {"revision", "instances": [...]}}, at most 1000. {@code behind} is by how
   * many revisions the namespace is ahead of what an instance last said it knows, never less than
   * 0. {@code lookups}, {@code savedMillis} and {@code near} are there only for an instance that
   * reports; {@code reports} says whether it does.
   */
  CompletionStage<?> instances(Router.Call call) {
    return answer(
        call,
        cache -> {
          long revision = cache.asOf().revision().number();
          List<JsonObject> members =
              namespaces.fleet(call.namespace()).members().stream()
                  .limit(MOST_ROWS)
                  .map(member -> member(member, revision))
                  .toList();
          return new JsonObject()
              .put("revision", revision)
              .put("instances", new JsonArray(members));
        });
  }

  /**
   * {@code GET /v1/{namespace}/paths?limit=}: the paths that were read most in the last ten to
   * twenty minutes, as far as processes say it to this server; the one that was read most first.
   *
   * <p>Answers {@code {"paths": [{"path", "reads"}]}}: the path as it was asked for, without a
   * query, and about how often. {@code limit} is from 1 to 1000, 100 if it is not given.
   */
  CompletionStage<?> paths(Router.Call call) {
    int limit = limit(call);
    Fleet fleet = namespaces.fleet(call.namespace());
    return answer(
        call,
        cache ->
            new JsonObject()
                .put(
                    "paths",
                    new JsonArray(
                        fleet.hottestPaths(limit).stream()
                            .map(read ->
                                new JsonObject()
                                    .put("path", read.path())
                                    .put("reads", read.count()))
                            .toList())));
  }

  /**
   * {@code GET /v1/{namespace}/leases?limit=}: what is generated now, and who waits for it; the
   * longest first.
   *
   * <p>Answers {@code {"leases": [...], "held", "waiting"}}. A row is {@code {"key", "path",
   * "holder", "here", "since", "heldMillis", "renewedAt", "revision", "waiting"}}. {@code holder}
   * is the instance, {@code path} one for which the key was read when it was last rendered; both
   * are empty if they are not known. {@code here} is false for a lease that another server granted:
   * then {@code holder} is empty, and {@code since} is when this server last asked for it. {@code
   * held} and {@code waiting} are the numbers of all. {@code limit} is from 1 to 1000, 100 if it is
   * not given.
   */
  CompletionStage<?> leases(Router.Call call) {
    int limit = limit(call);
    Fleet fleet = namespaces.fleet(call.namespace());
    return answer(
        call,
        cache -> {
          List<HeldLease> leases = cache.leases().list(limit);
          Map<CacheKey, String> paths =
              fleet.paths(leases.stream().map(HeldLease::key).collect(Collectors.toSet()));
          long now = cache.now();
          return new JsonObject()
              .put(
                  "leases",
                  new JsonArray(
                      leases.stream()
                          .map(lease -> lease(lease, paths.getOrDefault(lease.key(), ""), now))
                          .toList()))
              .put("held", cache.leases().held())
              .put("waiting", cache.leases().waiting());
        });
  }

  /** Answers with what is said of a namespace; 404 if there is none. */
  private CompletionStage<?> answer(Router.Call call, Function<Cache, JsonObject> said) {
    return Exchange.answer(
        vertx, call.request(), JsonApi.existing(namespaces, call.namespace()).thenApply(said));
  }

  private static int limit(Router.Call call) {
    return (int) new Parameters(call.request()).number("limit", ROWS, MOST_ROWS);
  }

  /**
   * {@code GET /v1/{namespace}/builds}: the builds whose what is stored is, and those that
   * instances serve; the one that was seen last first.
   *
   * <p>Answers {@code {"builds": [...], "examined", "partial"}}, at most 1000. A row is {@code
   * {"build", "instances", "entries", "bytes", "firstSeen", "lastSeen", "lookups"}}: {@code
   * firstSeen} is the first that is known of it, the generation of an entry that is stored or the
   * start of a connection; {@code build} is empty for what is not of one build alone, and survives
   * them, or says nothing of it. {@code lookups}, as in {@link #instances}, is what its processes
   * have reported together since the server started, and missing if none has.
   */
  CompletionStage<?> builds(Router.Call call) {
    Fleet fleet = namespaces.fleet(call.namespace());
    var builds = new HashMap<String, Build>();
    return Exchange.answer(
        vertx,
        call.request(),
        JsonApi.existing(namespaces, call.namespace())
            .thenCompose(cache -> walks.over(cache, head -> made(builds, head)))
            .thenApply(walk -> {
              fleet.members().stream()
                  .filter(member -> !member.identity().build().isEmpty())
                  .forEach(member -> serves(builds, member));
              return answer(builds, fleet, walk);
            }));
  }

  private static boolean made(Map<String, Build> builds, EntryHead head) {
    Build build = build(builds, head.origin().build());
    build.entries++;
    build.bytes += head.size();
    build.seen(head.generatedAt());
    return true;
  }

  private static void serves(Map<String, Build> builds, Fleet.Member member) {
    Build build = build(builds, member.identity().build());
    build.instances++;
    build.seen(member.since());
    build.seen(member.heardAt());
  }

  /** What there are too many of are counted as one of no name. */
  private static Build build(Map<String, Build> builds, String name) {
    String under = builds.size() < MOST_ROWS || builds.containsKey(name) ? name : "";
    return builds.computeIfAbsent(under, first -> new Build());
  }

  private static JsonObject answer(Map<String, Build> builds, Fleet fleet, Walk walk) {
    List<JsonObject> rows =
        builds.entrySet().stream()
            .sorted(
                Comparator.comparingLong((Map.Entry<String, Build> row) -> row.getValue().last)
                    .reversed())
            .map(row -> row(row.getKey(), row.getValue(), fleet.lookups(row.getKey())))
            .toList();
    return Walks.said(new JsonObject().put("builds", new JsonArray(rows)), walk);
  }

  private static JsonObject row(String name, Build build, Optional<Report.Lookups> reported) {
    var json =
        new JsonObject()
            .put("build", name)
            .put("instances", build.instances)
            .put("entries", build.entries)
            .put("bytes", build.bytes)
            .put("firstSeen", AdminJson.time(build.first))
            .put("lastSeen", AdminJson.time(build.last));
    reported.ifPresent(lookups -> json.put("lookups", lookups(lookups)));
    return json;
  }

  private static JsonObject lookups(Report.Lookups lookups) {
    return new JsonObject()
        .put("near", lookups.near())
        .put("fresh", lookups.fresh())
        .put("stale", lookups.stale())
        .put("miss", lookups.miss())
        .put("bypass", lookups.bypass())
        .put("failed", lookups.failed());
  }

  /** What is known of a build. */
  private static final class Build {
    private long instances;
    private long entries;
    private long bytes;
    private long first = Long.MAX_VALUE;
    private long last = Long.MIN_VALUE;

    void seen(long at) {
      first = Math.min(first, at);
      last = Math.max(last, at);
    }
  }

  private static JsonObject lease(HeldLease lease, String path, long now) {
    return new JsonObject()
        .put("key", lease.key().toString())
        .put("path", path)
        .put("holder", lease.holder())
        .put("here", lease.here())
        .put("since", AdminJson.time(lease.since()))
        .put("heldMillis", Math.max(0, now - lease.since()))
        .put("renewedAt", AdminJson.time(lease.renewedAt()))
        .put("revision", lease.asOf().number())
        .put("waiting", lease.waiting());
  }

  private static JsonObject member(Fleet.Member member, long revision) {
    var json =
        new JsonObject()
            .put("instance", member.identity().instance())
            .put("host", member.identity().host())
            .put("pid", member.identity().pid())
            .put("client", member.identity().client())
            .put("framework", member.identity().framework())
            .put("runtime", member.identity().runtime())
            .put("build", member.identity().build())
            .put("consistency", member.identity().consistency())
            .put("transport", member.identity().transport())
            .put("via", member.via().label())
            .put("protocol", member.version())
            .put("since", AdminJson.time(member.since()))
            .put("heardAt", AdminJson.time(member.heardAt()))
            .put("reports", member.lastReport().isPresent())
            .put("revision", member.known().revision().number())
            .put("behind", Math.max(0, revision - member.known().revision().number()));
    member
        .lastReport()
        .ifPresent(report ->
            json.put("lookups", lookups(report.lookups()))
                .put("savedMillis", report.saved())
                .put(
                    "near",
                    new JsonObject()
                        .put("entries", report.near().entries())
                        .put("bytes", report.near().bytes())
                        .put("limit", report.near().limit())));
    return json;
  }
}
