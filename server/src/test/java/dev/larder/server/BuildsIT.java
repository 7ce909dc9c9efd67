package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.Origin;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.spi.StoreProvider;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.server.config.ServerConfig;
import dev.larder.testkit.Entries;
import dev.larder.testkit.RedisProcess;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A build is deployed in place of another, over each kind of store. One counts as ended after a
 * second here, which no option allows.
 */
class BuildsIT {
  private static final Duration KEEP = Duration.ofMillis(1_200);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path temporary = Path.of("");

  private LarderServer start(ServerConfig.StoreConfig store) {
    ServerConfig defaults = ServerConfig.of(temporary).withPort(0);
    ServerConfig.Capacity limits = defaults.limits();
    return LarderServer.start(
        new ServerConfig(
            defaults.http(),
            defaults.access(),
            store,
            defaults.redis(),
            new ServerConfig.Capacity(
                limits.maxValueBytes(),
                limits.maxNamespaces(),
                limits.namespace(),
                Optional.of(KEEP)),
            defaults.otlp(),
            defaults.forward()));
  }

  private static URI address(LarderServer server) {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  private static TestClient client(LarderServer server, String build) {
    TestClient client = TestClient.welcomed(address(server), "shop");
    client.identify("of-" + build, "host", build);
    return client;
  }

  private static void put(TestClient client, AsOf asOf, Origin.Kind kind, String build) {
    byte[] value = new byte[10];
    var put =
        new Put(
            Entries.key(kind.label() + " of " + build),
            asOf,
            0,
            TagSet.of("t"),
            new CacheLife(30, 900, CacheLife.NEVER),
            0,
            CacheEntry.checksum(value),
            value,
            new Origin("/", kind, build, "i", 1));
    assertThat(client.ask(new Request.Put(put))).isEqualTo(new Response.Stored(PutOutcome.STORED));
  }

  private static List<String> kindsAndBuilds(LarderServer server) throws Exception {
    JsonObject answer = new Admin(address(server)).get("/v1/shop/entries");
    return Admin.objects(answer, "entries").stream()
        .map(row -> row.getString("kind") + " " + row.getString("build"))
        .sorted()
        .toList();
  }

  /** Both run for a while, and what either invalidates is gone for both. */
  private static void deployed(TestClient old, TestClient next) {
    AsOf asOf = next.hello().asOf();
    for (TestClient each : List.of(old, next)) {
      put(old, asOf, Origin.Kind.PAGE, "b1");
      put(next, asOf, Origin.Kind.PAGE, "b2");
      asOf = each.invalidate("t");
      assertThat(old.lookup("page of b1", 0)).isInstanceOf(Response.Miss.class);
      assertThat(next.lookup("page of b2", 0)).isInstanceOf(Response.Miss.class);
    }
    put(old, asOf, Origin.Kind.PAGE, "b1");
    put(old, asOf, Origin.Kind.FETCH, "");
    put(next, asOf, Origin.Kind.PAGE, "b2");
  }

  @Test
  void overAStoreOfItsOwnAndOverARestart() throws Exception {
    var store = ServerConfig.of(temporary.resolve("data")).store();
    Path builds = temporary.resolve("data").resolve("builds");
    try (LarderServer server = start(store);
        TestClient old = client(server, "b1");
        TestClient next = client(server, "b2")) {
      deployed(old, next);
      Eventually.eventually(
          PATIENCE, () -> Files.exists(builds) && Files.readString(builds).contains("b1"));
    }
    try (LarderServer server = start(store);
        TestClient next = client(server, "b2")) {
      assertThat(kindsAndBuilds(server)).hasSize(3);
      Eventually.eventually(PATIENCE, () -> kindsAndBuilds(server).size() < 3);
      assertThat(kindsAndBuilds(server)).containsExactly("fetch ", "page b2");
      assertThat(next.lookup("page of b2", 0)).isInstanceOf(Response.Fresh.class);
      assertThat(Files.readString(builds)).doesNotContain("b1");
    }
  }

  @Test
  void overAStoreThatServersShare() throws Exception {
    try (RedisProcess redis = RedisProcess.start()) {
      var store =
          new ServerConfig.Shared(
              "redis://" + redis.host(), new StoreProvider.Options(32 << 20, 0, 5_000, 10_000));
      try (LarderServer one = start(store);
          LarderServer two = start(store)) {
        TestClient old = client(one, "b1");
        try (TestClient next = client(two, "b2")) {
          deployed(old, next);
          Eventually.eventually(PATIENCE, () -> redis.ask("GET", "larder:builds").contains("b1"));
          // It runs for longer than it must not.
          Thread.sleep(KEEP.plusMillis(500));
          assertThat(kindsAndBuilds(two)).hasSize(3);
          old.close();
          Eventually.eventually(PATIENCE, () -> kindsAndBuilds(two).size() < 3);
          assertThat(kindsAndBuilds(two)).containsExactly("fetch ", "page b2");
          assertThat(redis.ask("GET", "larder:builds")).contains("b2").doesNotContain("b1");
        }
      }
    }
  }
}
