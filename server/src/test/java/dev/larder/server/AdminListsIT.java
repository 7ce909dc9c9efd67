package dev.larder.server;

import static dev.larder.server.Admin.coded;
import static dev.larder.server.Admin.objects;
import static dev.larder.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Origin;
import dev.larder.core.Put;
import dev.larder.core.Report;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.Entries;
import dev.larder.testkit.RedisProcess;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The lists of what a namespace holds, and what a purge would cost, over both kinds of store: forty
 * pages of two builds, in two groups of tags.
 *
 * <p>What is asked of a server on its own disk is asked of one over Redis, with the same contents:
 * the answers have to be the same. Entries and tags are tried by what they are ordered and filtered
 * by and by how a reader goes on from page to page; a purge by saying what it would cost and then
 * costing that; at the end, what is asked wrongly.
 */
class AdminListsIT {
  private static final int PAGES = 40;
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private Path temporary = Path.of("");
  private final List<AutoCloseable> opened = new ArrayList<>();

  /** Where entries are kept. */
  enum Kept {
    EMBEDDED,
    REDIS
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  private ServerProcess start(Kept kept) throws IOException {
    var options = new ArrayList<String>();
    if (kept == Kept.REDIS) {
      RedisProcess redis = RedisProcess.start();
      opened.add(redis);
      options.addAll(List.of("--store", "redis://" + redis.host()));
    }
    return start(options);
  }

  private ServerProcess start(List<String> options) throws IOException {
    ServerProcess server =
        ServerProcess.start(
            temporary.resolve("data" + opened.size()), options.toArray(String[]::new));
    opened.add(server);
    return server;
  }

  private TestClient client(ServerProcess server, String instance, String build) {
    TestClient client = TestClient.welcomed(server.address(), "shop");
    opened.add(client);
    client.identify(instance, "host-1", build);
    return client;
  }

  private static CacheKey key(int page) {
    return Entries.key("page-%03d".formatted(page));
  }

  /** Page n has n × 10 + 10 bytes and took n ms; even ones are of build b1, odd ones of b2. */
  private static void stored(TestClient client) {
    AsOf asOf = client.hello().asOf();
    for (int page = 0; page < PAGES; page++) {
      byte[] value = new byte[10 * page + 10];
      var origin =
          new Origin(
              "/product/" + page,
              page % 4 == 0 ? Origin.Kind.FETCH : Origin.Kind.PAGE,
              page % 2 == 0 ? "b1" : "b2",
              "shop-1",
              page);
      var put =
          new Put(
              key(page),
              asOf,
              0,
              TagSet.of("products", "_N_T_/product/" + page, "group," + page % 2),
              new CacheLife(60, 600, 6000),
              // The first page is the oldest.
              (PAGES - page) * 1_000L,
              CacheEntry.checksum(value),
              value,
              origin);
      assertThat(client.ask(new Request.Put(put))).isInstanceOf(Response.Stored.class);
    }
  }

  /** The rows of all pages of a list. */
  private static List<JsonObject> all(Admin admin, String path, String member) throws Exception {
    var rows = new ArrayList<JsonObject>();
    String cursor = "";
    int pages = 0;
    do {
      JsonObject page = admin.get(path + "&cursor=" + coded(cursor));
      assertThat(page.getBoolean("partial")).as(page.encode()).isFalse();
      rows.addAll(objects(page, member));
      cursor = page.getString("cursor", "");
      assertThat(pages++).isLessThan(PAGES);
    } while (!cursor.isEmpty());
    return rows;
  }

  private static List<String> labels(List<JsonObject> rows) {
    return rows.stream().map(row -> row.getString("label")).toList();
  }

  private static List<String> pages(IntStream numbers) {
    return numbers.mapToObj(number -> "/product/" + number).toList();
  }

  @ParameterizedTest
  @EnumSource
  void entriesAreListedFilteredSortedAndPaged(Kept kept) throws Exception {
    ServerProcess server = start(kept);
    TestClient client = client(server, "shop-1", "b1");
    var admin = new Admin(server.address());
    stored(client);
    assertThat(labels(all(admin, "/v1/shop/entries?limit=7", "entries")))
        .isEqualTo(pages(IntStream.range(0, PAGES)));
    assertThat(labels(all(admin, "/v1/shop/entries?limit=7&sort=bytes", "entries")))
        .isEqualTo(pages(IntStream.range(0, PAGES).map(i -> PAGES - 1 - i)));
    assertThat(labels(all(admin, "/v1/shop/entries?limit=9&sort=age", "entries")))
        .isEqualTo(pages(IntStream.range(0, PAGES)));
    assertThat(labels(all(admin, "/v1/shop/entries?label=/product/3&limit=4", "entries")))
        .isEqualTo(pages(IntStream.concat(IntStream.of(3), IntStream.range(30, 40))));
    assertThat(labels(all(admin, "/v1/shop/entries?tag=" + coded("group,1"), "entries")))
        .isEqualTo(pages(IntStream.range(0, PAGES).filter(i -> i % 2 == 1)));
    assertThat(labels(all(admin, "/v1/shop/entries?build=b2&kind=page", "entries"))).hasSize(20);
    assertThat(labels(all(admin, "/v1/shop/entries?build=b1&kind=fetch", "entries"))).hasSize(10);

    client.ask(
        new Request.Invalidate(
            TagSet.of("group,1"), 600, new InvalidationSource("revalidateTag", "/buy", "")));
    assertThat(all(admin, "/v1/shop/entries?state=stale&limit=9", "entries"))
        .hasSize(20)
        .allSatisfy(row -> assertThat(row.getString("build")).isEqualTo("b2"));
    assertThat(all(admin, "/v1/shop/entries?state=fresh", "entries")).hasSize(20);

    JsonObject row =
        objects(admin.get("/v1/shop/entries?label=/product/5&limit=1"), "entries").getFirst();
    assertThat(row.getString("key")).isEqualTo(key(5).toString());
    assertThat(row.getInteger("bytes")).isEqualTo(60);
    assertThat(row.getString("readsPerMinute")).isEqualTo("unknown");
    assertThat(row.getJsonArray("tags")).contains("_N_T_/product/5");

    report(client, 11, 7);
    List<JsonObject> read = all(admin, "/v1/shop/entries?sort=reads&limit=9", "entries");
    assertThat(read).hasSize(PAGES);
    assertThat(read.getFirst().getString("label")).isEqualTo("/product/7");
    assertThat(read.getFirst().getLong("readsPerMinute")).isEqualTo(66);
  }

  /** The process says that it read a page so often in its near cache, in its last ten seconds. */
  private static void report(TestClient client, long reads, int page) {
    client.ask(
        new Request.Report(
            new Report(
                client.hello().asOf(),
                new Report.Lookups(reads, 0, 0, 0, 0, 0),
                0,
                new Report.Near(1, 10, 100),
                List.of(new Report.Reads(key(page), reads)),
                List.of(new Report.Render("/product/" + page, List.of(key(page)))))));
  }

  @ParameterizedTest
  @EnumSource
  void tagsAreCountedWithWhoInvalidatedThemLast(Kept kept) throws Exception {
    ServerProcess server = start(kept);
    TestClient client = client(server, "shop-1", "b1");
    var admin = new Admin(server.address());
    stored(client);
    client.ask(
        new Request.Invalidate(
            TagSet.of("group,0"), 600, new InvalidationSource("revalidateTag", "/buy", "")));

    List<JsonObject> byEntries = all(admin, "/v1/shop/tags?limit=10", "tags");
    assertThat(byEntries).hasSize(PAGES + 3);
    assertThat(byEntries.getFirst().getString("tag")).isEqualTo("products");
    assertThat(byEntries.getFirst().getLong("entries")).isEqualTo(PAGES);
    assertThat(byEntries.getFirst().getLong("bytes")).isEqualTo(10 * PAGES * (PAGES + 1) / 2);
    JsonObject group = byEntries.get(1);
    assertThat(group.getString("tag")).isEqualTo("group,0");
    assertThat(group.getJsonObject("lastInvalidation").getJsonObject("source").getString("path"))
        .isEqualTo("/buy");
    assertThat(all(admin, "/v1/shop/tags?sort=invalidated&limit=10", "tags").getFirst())
        .isEqualTo(group);

    List<JsonObject> byName = all(admin, "/v1/shop/tags?sort=name&limit=4", "tags");
    assertThat(byName)
        .extracting(row -> row.getString("tag"))
        .hasSize(PAGES + 3)
        .isSortedAccordingTo(Comparator.naturalOrder());
    assertThat(byName)
        .filteredOn(row -> row.getString("tag").equals("products"))
        .containsExactly(byEntries.getFirst());
    assertThat(all(admin, "/v1/shop/tags?prefix=" + coded("group,"), "tags")).hasSize(2);

    JsonObject one = admin.get("/v1/shop/tags/" + coded("_N_T_/product/9"));
    assertThat(one.getLong("entries")).isEqualTo(1);
    assertThat(one.getLong("generationMillis")).isEqualTo(9);
    JsonObject invalidated = admin.get("/v1/shop/tags/" + coded("group,0"));
    assertThat(invalidated.getLong("stale")).isEqualTo(20);
    assertThat(invalidated.getString("sentence"))
        .startsWith("tag group,0: 20 entries")
        .endsWith("at revision 1 by shop-1 (revalidateTag in /buy, via connection)");
    assertThat(objects(invalidated, "invalidations")).hasSize(1);

    JsonObject explained = admin.get("/v1/shop/explain?tag=" + coded("group,0"));
    assertThat(explained.getString("sentence")).isEqualTo(invalidated.getString("sentence"));
    assertThat(explained.getJsonObject("invalidation").getLong("revision")).isEqualTo(1);
    assertThat(objects(explained, "entries"))
        .hasSize(20)
        .allSatisfy(entry -> assertThat(entry.getString("sentence")).startsWith("stale since "));
    assertThat(admin.get("/v1/shop/explain?tag=nobody").getString("sentence"))
        .contains("no entry that could be served", "it was not invalidated");
  }

  @ParameterizedTest
  @EnumSource
  void whatAPurgeWouldCostIsSaidAndThenTrue(Kept kept) throws Exception {
    ServerProcess server = start(kept);
    TestClient client = client(server, "shop-1", "b1");
    var admin = new Admin(server.address());
    stored(client);
    JsonObject tags = new JsonObject().put("tags", new JsonArray(List.of("group,1")));
    JsonObject tried = admin.post("/v1/shop/purge", tags.copy().put("dryRun", true));
    assertThat(tried.getLong("entries")).isEqualTo(20);
    assertThat(tried.getLong("bytes")).isEqualTo(20 * 10 + 10 * 400);
    assertThat(tried.getLong("generationMillis")).isEqualTo(400);
    assertThat(tried.getString("readsPerMinute")).isEqualTo("unknown");
    assertThat(tried.getBoolean("partial")).isFalse();
    assertThat(tried.getString("sentence")).startsWith("a purge would remove 20 entries");
    report(client, 5, 7);
    assertThat(
            admin.post("/v1/shop/purge", tags.copy().put("dryRun", true)).getLong("readsPerMinute"))
        .isEqualTo(30);
    assertThat(
            admin
                .post(
                    "/v1/shop/purge",
                    new JsonObject().put("key", key(3).toString()).put("dryRun", true))
                .getLong("bytes"))
        .isEqualTo(40);

    assertThat(all(admin, "/v1/shop/entries?state=fresh", "entries")).hasSize(PAGES);
    assertThat(admin.get("/v1/shop").getLong("revision")).isZero();
    assertThat(admin.refused("/v1/shop/purge", tags.copy().put("dryrun", true), 400))
        .contains("'dryrun'", "dryRun");
    assertThat(admin.refused("/v1/shop/purge", tags.copy().put("dryRun", "yes"), 400))
        .contains("true or false");

    JsonObject purged = admin.post("/v1/shop/purge", tags);
    if (kept == Kept.EMBEDDED) {
      assertThat(purged.getLong("removed")).isEqualTo(20);
    }
    assertThat(all(admin, "/v1/shop/entries?state=fresh", "entries")).hasSize(20);
    eventually(SOON, () -> all(admin, "/v1/shop/entries?limit=50", "entries").size() == 20);
    assertThat(admin.post("/v1/shop/purge", tags.copy().put("dryRun", true)).getLong("entries"))
        .isZero();
  }

  @ParameterizedTest
  @EnumSource
  void buildsAndLeasesAreListed(Kept kept) throws Exception {
    ServerProcess server = start(kept);
    TestClient client = client(server, "shop-1", "b1");
    client(server, "shop-2", "b3");
    var admin = new Admin(server.address());
    stored(client);
    report(client, 1, 99);
    List<JsonObject> builds = objects(admin.get("/v1/shop/builds"), "builds");
    assertThat(builds).hasSize(3);
    JsonObject first =
        builds.stream().filter(row -> row.getString("build").equals("b1")).findAny().orElseThrow();
    assertThat(first.getLong("entries")).isEqualTo(20);
    assertThat(first.getLong("instances")).isEqualTo(1);
    JsonObject third =
        builds.stream().filter(row -> row.getString("build").equals("b3")).findAny().orElseThrow();
    assertThat(third.getLong("entries")).isZero();
    assertThat(third.getLong("instances")).isEqualTo(1);
    assertThat(third.containsKey("lookups")).isFalse();

    assertThat(objects(admin.get("/v1/shop/leases"), "leases")).isEmpty();
    var miss = (Response.Miss) client.ask(TestClient.lookupRequest("page-099", 0));
    assertThat(miss.lease()).isNotZero();
    CompletableFuture<Response> waiting =
        client(server, "shop-3", "b1").send(TestClient.lookupRequest("page-099", 30_000));
    eventually(SOON, () -> admin.get("/v1/shop/leases").getInteger("waiting") == 1);
    JsonObject lease = objects(admin.get("/v1/shop/leases"), "leases").getFirst();
    assertThat(lease.getString("key")).isEqualTo(key(99).toString());
    assertThat(lease.getString("holder")).isEqualTo("shop-1");
    assertThat(lease.getString("path")).isEqualTo("/product/99");
    assertThat(lease.getInteger("waiting")).isEqualTo(1);
    assertThat(lease.getBoolean("here")).isTrue();
    client.ask(new Request.Release(key(99), miss.lease()));
    assertThat(((Response.Miss) TestClient.await(waiting)).lease()).isNotZero();
    assertThat(objects(admin.get("/v1/shop/leases"), "leases").getFirst().getString("holder"))
        .isEqualTo("shop-3");
  }

  /** What two processes of one build report is added up, and that of the next build is its own. */
  @Test
  void howLookupsEndedIsToldByBuild() throws Exception {
    ServerProcess server = start(Kept.EMBEDDED);
    var admin = new Admin(server.address());
    looked(client(server, "shop-1", "b1"), new Report.Lookups(80, 10, 5, 5, 0, 0));
    TestClient second = client(server, "shop-2", "b1");
    looked(second, new Report.Lookups(90, 6, 1, 1, 1, 1));
    looked(second, new Report.Lookups(100, 0, 0, 0, 0, 0));
    looked(client(server, "shop-3", "b2"), new Report.Lookups(10, 10, 0, 60, 0, 0));
    second.close();
    eventually(SOON, () -> objects(admin.get("/v1/shop/instances"), "instances").size() == 2);

    Map<String, JsonObject> lookups =
        objects(admin.get("/v1/shop/builds"), "builds").stream()
            .collect(
                Collectors.toMap(
                    row -> row.getString("build"), row -> row.getJsonObject("lookups")));

    assertThat(lookups.get("b1"))
        .isEqualTo(
            JsonObject.of(
                "near", 270L, "fresh", 16L, "stale", 6L, "miss", 6L, "bypass", 1L, "failed", 1L));
    assertThat(lookups.get("b2"))
        .isEqualTo(
            JsonObject.of(
                "near", 10L, "fresh", 10L, "stale", 0L, "miss", 60L, "bypass", 0L, "failed", 0L));
  }

  private static void looked(TestClient client, Report.Lookups lookups) {
    client.ask(
        new Request.Report(
            new Report(
                client.hello().asOf(),
                lookups,
                0,
                new Report.Near(0, 0, 0),
                List.of(),
                List.of())));
  }

  @ParameterizedTest
  @EnumSource
  void aPathIsInvalidatedAsRevalidatePathDoesIt(Kept kept) throws Exception {
    ServerProcess server = start(kept);
    TestClient client = client(server, "shop-1", "b1");
    var admin = new Admin(server.address());
    stored(client);
    assertThat(invalidated(admin, "/product/5/", Optional.empty()).getLong("revision"))
        .isEqualTo(1);
    assertThat(labels(all(admin, "/v1/shop/entries?state=expired", "entries")))
        .containsExactly("/product/5");
    invalidated(admin, "/", Optional.empty());
    invalidated(admin, "/product/[id]", Optional.of("page"));
    assertThat(objects(admin.get("/v1/shop/invalidations"), "invalidations"))
        .extracting(row -> row.getJsonArray("tags"))
        .containsExactly(
            new JsonArray(List.of("_N_T_/product/[id]/page")),
            new JsonArray(List.of("_N_T_/", "_N_T_/index")),
            new JsonArray(List.of("_N_T_/product/5")));
    assertThat(
            objects(admin.get("/v1/shop/invalidations?limit=1"), "invalidations")
                .getFirst()
                .getJsonObject("source")
                .getString("path"))
        .isEqualTo("/product/[id]");
    JsonObject pattern = new JsonObject().put("paths", new JsonArray(List.of("/product/[id]")));
    assertThat(admin.refused("/v1/shop/invalidate", pattern, 400)).contains("'type'");
    assertThat(admin.refused("/v1/shop/invalidate", pattern.copy().put("type", "pages"), 400))
        .contains("page or layout");
    assertThat(
            admin.refused(
                "/v1/shop/invalidate",
                new JsonObject().put("paths", new JsonArray(List.of("product"))),
                400))
        .contains("begins with '/'");
    assertThat(admin.refused("/v1/shop/invalidate", new JsonObject(), 400))
        .contains("at least one");
  }

  private static JsonObject invalidated(Admin admin, String path, Optional<String> type)
      throws Exception {
    var body = new JsonObject().put("paths", new JsonArray(List.of(path)));
    type.ifPresent(given -> body.put("type", given));
    return admin.post("/v1/shop/invalidate", body);
  }

  @ParameterizedTest
  @EnumSource(names = "EMBEDDED")
  void whatIsAskedWronglyIsRefusedWithWhatWasExpected(Kept kept) throws Exception {
    ServerProcess server = start(kept);
    var admin = new Admin(server.address());
    client(server, "shop-1", "b1").invalidate("t");
    assertThat(admin.refused("/v1/shop/entries?sort=size", 400)).contains("'size'", "bytes");
    assertThat(admin.refused("/v1/shop/entries?state=old", 400)).contains("'old'", "stale");
    assertThat(admin.refused("/v1/shop/entries?limit=501", 400)).contains("from 1 to 500");
    assertThat(admin.refused("/v1/shop/entries?cursor=x", 400)).contains("'x'");
    assertThat(admin.refused("/v1/shop/explain?tag=a&path=/b", 400)).contains("one of");
    for (String list : List.of("entries", "tags", "leases", "builds", "tags/t")) {
      assertThat(admin.refused("/v1/other/" + list, 404)).contains("no namespace 'other'");
    }
  }
}
