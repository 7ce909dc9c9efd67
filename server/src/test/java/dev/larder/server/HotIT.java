package dev.larder.server;

import static dev.larder.server.Admin.objects;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Lookup;
import dev.larder.core.Origin;
import dev.larder.core.PathReads;
import dev.larder.core.Put;
import dev.larder.core.Report;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real server says is hot and expensive, after a workload that was counted. */
class HotIT {
  private static final int KEYS = 4_000;
  private static final int STORED = 40;
  private static final int HOTTEST = 20;

  @TempDir private Path temporary = Path.of("");

  @Test
  void theTrueHottestKeysAreFound() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = client.hello().asOf();
      for (int rank = 1; rank <= STORED; rank++) {
        put(client, asOf, rank, 10, "value", 0);
      }
      List<Integer> lookups = new ArrayList<>();
      for (int rank = 1; rank <= KEYS; rank++) {
        lookups.addAll(Collections.nCopies(1 + 1_500 / rank, rank));
      }
      Collections.shuffle(lookups, new Random(7));
      List<CompletableFuture<Response>> answers = new ArrayList<>();
      for (int rank : lookups) {
        answers.add(client.send(lookup(rank, false)));
        if (answers.size() == 500) {
          answers.forEach(TestClient::await);
          answers.clear();
        }
      }
      answers.forEach(TestClient::await);
      // One of them is read in a near cache, too.
      client.ask(
          new Request.Report(
              new Report(
                  asOf,
                  new Report.Lookups(2_000, 0, 0, 0, 0, 0),
                  0,
                  new Report.Near(1, 1, 1),
                  List.of(new Report.Reads(key(HOTTEST), 2_000)),
                  List.of())));

      var admin = new Admin(server.address());
      List<String> hottest =
          objects(admin.get("/v1/shop/entries?sort=reads&limit=" + HOTTEST), "entries").stream()
              .map(row -> row.getString("label"))
              .toList();
      assertThat(hottest.getFirst()).isEqualTo("/" + HOTTEST);
      assertThat(hottest.subList(1, HOTTEST))
          .containsExactlyElementsOf(
              IntStream.range(1, HOTTEST).mapToObj(rank -> "/" + rank).toList());
      JsonObject shop = shop(admin);
      assertThat(objects(shop, "hottest")).hasSize(5);
      assertThat(objects(shop, "hottest").get(1).getString("key")).isEqualTo(key(1).toString());
      assertThat(objects(shop, "hottest").get(1).getString("label")).isEqualTo("/1");
      assertThat(shop.getJsonObject("lookups").getLong("fresh"))
          .isEqualTo(lookups.stream().filter(rank -> rank <= STORED).count());
    }
  }

  @Test
  void whatIsGeneratedAgainAndWhichTagMadeItSoIsCounted() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = client.hello().asOf();
      put(client, asOf, 1, 100, "one", 0);
      put(client, asOf, 2, 100, "two", 0);
      // Three times the first is generated for a tag: to no use, but for the last time.
      for (String value : List.of("one", "one", "another")) {
        asOf = client.invalidate("tag 1");
        var miss = (Response.Miss) client.ask(lookup(1, true));
        assertThat(miss.lease()).isNotZero();
        put(client, asOf, 1, 250, value, miss.lease());
      }
      // Nobody generates for a tag of the other.
      client.invalidate("tag 2");
      client.ask(lookup(2, false));

      var admin = new Admin(server.address());
      JsonObject first =
          objects(admin.get("/v1/shop/entries?sort=regenerations&limit=1"), "entries").getFirst();
      assertThat(first.getString("label")).isEqualTo("/1");
      assertThat(first.getLong("regenerations")).isEqualTo(3);
      assertThat(first.getLong("unchanged")).isEqualTo(2);
      List<JsonObject> tags = objects(admin.get("/v1/shop/tags?sort=cost&limit=3"), "tags");
      assertThat(tags.getFirst().getString("tag")).isEqualTo("tag 1");
      assertThat(tags.getFirst().getLong("regenerations")).isEqualTo(3);
      assertThat(tags.getFirst().getLong("regenerationMillis")).isEqualTo(750);
      assertThat(tags.subList(1, tags.size()))
          .allSatisfy(tag -> assertThat(tag.getLong("regenerationMillis")).isZero());
      assertThat(objects(shop(admin), "costliestTags"))
          .containsExactly(
              new JsonObject()
                  .put("tag", "tag 1")
                  .put("regenerations", 3)
                  .put("regenerationMillis", 750));
      assertThat(shop(admin).getJsonObject("generations"))
          .isEqualTo(new JsonObject().put("count", 5).put("millis", 950).put("unchanged", 2));
    }
  }

  @Test
  void thePathsThatAreReadMostAreNamedOfAllProcessesTogether() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient one = TestClient.welcomed(server.address(), "shop");
        TestClient other = TestClient.welcomed(server.address(), "shop")) {
      one.ask(
          new Request.Paths(
              List.of(new PathReads("/", 300), new PathReads("/a", 2), new PathReads("/b", 1))));
      other.ask(new Request.Paths(List.of(new PathReads("/a", 400), new PathReads("/c", 7))));
      other.ask(new Request.Paths(List.of(new PathReads("/c", 7))));

      var admin = new Admin(server.address());
      assertThat(objects(admin.get("/v1/shop/paths"), "paths"))
          .containsExactly(reads("/a", 402), reads("/", 300), reads("/c", 14));
      assertThat(objects(admin.get("/v1/shop/paths?limit=1"), "paths"))
          .containsExactly(reads("/a", 402));
    }
  }

  private static JsonObject reads(String path, long count) {
    return new JsonObject().put("path", path).put("reads", count);
  }

  private static JsonObject shop(Admin admin) throws Exception {
    return objects(admin.get("/v1/overview"), "namespaces").getFirst();
  }

  private static CacheKey key(int rank) {
    return CacheKey.of(("key " + rank).getBytes(StandardCharsets.UTF_8));
  }

  private static Request lookup(int rank, boolean leased) {
    return new Request.Lookup(new Lookup(key(rank), TagSet.EMPTY, leased, 0));
  }

  private static void put(
      TestClient client, AsOf asOf, int rank, long generation, String value, long lease) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    var origin = new Origin("/" + rank, Origin.Kind.PAGE, "", "", generation);
    assertThat(
            client.ask(
                new Request.Put(
                    new Put(
                        key(rank),
                        asOf,
                        lease,
                        TagSet.of("tag " + rank),
                        new CacheLife(60, 600, 6000),
                        0,
                        CacheEntry.checksum(bytes),
                        bytes,
                        origin))))
        .isInstanceOf(Response.Stored.class);
  }
}
