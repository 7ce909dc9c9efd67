package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.Entries;
import dev.larder.testkit.RedisProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several real servers over one real Redis. */
class ScaleOutIT {
  @TempDir private Path temporary = Path.of("");

  private final RedisProcess redis = RedisProcess.start("--appendonly", "yes");
  private final List<ServerProcess> servers = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    redis.thaw();
    for (ServerProcess server : servers) {
      server.close();
    }
    redis.close();
  }

  private ServerProcess start(String... options) throws IOException {
    var all = new ArrayList<>(List.of("--store", "redis://" + redis.host()));
    all.addAll(List.of(options));
    ServerProcess server =
        ServerProcess.start(temporary.resolve("unused"), all.toArray(String[]::new));
    servers.add(server);
    await(server, 200);
    return server;
  }

  private static int readiness(ServerProcess server) {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(server.address().resolve("/readyz")).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static void await(ServerProcess server, int status) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (readiness(server) != status) {
      assertThat(System.nanoTime()).as("readyz answers %d in time", status).isLessThan(deadline);
    }
  }

  private static TestClient client(ServerProcess server) {
    return TestClient.welcomed(server.address(), "shop");
  }

  private static String said(Response answer) {
    return switch (answer) {
      case Response.Fresh(AsOf asOf, Response.Entry entry) ->
          "fresh " + new String(entry.value(), StandardCharsets.UTF_8);
      case Response.Stale(AsOf asOf, long lease, Response.Entry entry) ->
          "stale" + (lease == 0 ? "" : ", lease");
      case Response.Miss(AsOf asOf, long lease) -> "miss" + (lease == 0 ? "" : ", lease");
      default -> answer.toString();
    };
  }

  private static Response.Miss lead(TestClient client, String key) {
    var miss = (Response.Miss) client.lookup(key, 0);
    assertThat(miss.lease()).isNotZero();
    return miss;
  }

  private static CompletableFuture<Response> wait(TestClient client, String key) {
    CompletableFuture<Response> waiting = client.send(TestClient.lookupRequest(key, 30_000));
    // Answered in order of arrival: the lookup before is under way once this one is answered.
    client.lookup("another key", 0);
    return waiting;
  }

  @Test
  void whatOneServerInvalidatesNoOtherServes() throws IOException {
    try (TestClient north = client(start());
        TestClient south = client(start())) {
      Response.Miss miss = lead(north, "key");
      assertThat(north.put("key", miss.asOf(), miss.lease(), "value", "tag"))
          .isEqualTo(new Response.Stored(PutOutcome.STORED));
      assertThat(said(south.lookup("key", 0))).isEqualTo("fresh value");
      AsOf invalidated = north.invalidate("tag");
      assertThat(said(south.lookup("key", 0))).isEqualTo("miss, lease");
      var refreshed = (Response.Refreshed) south.ask(new Request.Refresh(miss.asOf()));
      assertThat(refreshed.asOf()).isEqualTo(invalidated);
      assertThat(refreshed.missed())
          .extracting(Response.Notification::tags)
          .containsExactly(TagSet.of("tag"));
    }
  }

  @Test
  void anInvalidationIsPushedThroughEveryServer() throws Exception {
    try (TestClient north = client(start());
        TestClient south = client(start())) {
      AsOf invalidated = north.invalidate("tag");
      var pushed = (Response.Pushed) south.nextUnasked();
      assertThat(pushed.invalidation().revision()).isEqualTo(invalidated.revision());
    }
  }

  @Test
  void aFollowerOnAnotherServerReceivesWhatTheLeaderProduced() throws IOException {
    try (TestClient north = client(start());
        TestClient south = client(start())) {
      Response.Miss miss = lead(north, "key");
      CompletableFuture<Response> follower = wait(south, "key");
      assertThat(follower).isNotDone();
      north.put("key", miss.asOf(), miss.lease(), "value", "tag");
      assertThat(said(TestClient.await(follower))).isEqualTo("fresh value");
    }
  }

  @Test
  void aFollowerOnAnotherServerLeadsWhenTheLeadersConnectionBreaks() throws IOException {
    ServerProcess first = start();
    try (TestClient south = client(start())) {
      TestClient north = client(first);
      lead(north, "key");
      CompletableFuture<Response> follower = wait(south, "key");
      north.abort();
      assertThat(said(TestClient.await(follower))).isEqualTo("miss, lease");
    }
  }

  @Test
  void aFollowerOnAnotherServerLeadsWhenTheLeadersServerIsKilled() throws IOException {
    ServerProcess first = start();
    try (TestClient south = client(start());
        TestClient north = client(first)) {
      lead(north, "key");
      CompletableFuture<Response> follower = wait(south, "key");
      first.kill();
      assertThat(said(TestClient.await(follower))).isEqualTo("miss, lease");
    }
  }

  @Test
  void aFollowerOnAnotherServerLeadsWhenTheLeadersServerFreezes() throws IOException {
    ServerProcess first = start();
    try (TestClient south = client(start());
        TestClient north = client(first)) {
      Response.Miss before = lead(north, "key");
      CompletableFuture<Response> follower = wait(south, "key");
      first.freeze();
      var miss = (Response.Miss) TestClient.await(follower);
      assertThat(miss.lease()).isNotZero();
      south.invalidate("other");
      Response.Miss newer = lead(south, "third key");
      south.put("key", newer.asOf(), miss.lease(), "new", "tag");
      first.thaw();
      // The one that was frozen cannot bring back what is older.
      assertThat(north.put("key", before.asOf(), before.lease(), "old", "tag"))
          .isEqualTo(new Response.Stored(PutOutcome.SUPERSEDED));
      assertThat(said(south.lookup("key", 0))).isEqualTo("fresh new");
    }
  }

  private static CompletableFuture<Integer> stopping(ServerProcess server) {
    return CompletableFuture.supplyAsync(() -> {
      try {
        return server.stop();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
  }

  @Test
  void aServerThatStopsSaysSoAndAnswersUntilItIsLeft() throws Exception {
    ServerProcess first = start();
    try (TestClient south = client(start())) {
      TestClient north = client(first);
      TestClient other = client(first);
      Response.Miss miss = lead(north, "key");
      lead(south, "southern key");
      CompletableFuture<Response> follower = wait(south, "key");
      CompletableFuture<Response> waiting = wait(other, "southern key");
      CompletableFuture<Integer> stopped = stopping(first);
      assertThat(other.nextUnasked()).isEqualTo(new Response.Leaving());
      assertThat(said(TestClient.await(waiting))).isEqualTo("miss");
      assertThat(said(other.lookup("southern key", 10_000))).isEqualTo("miss");
      assertThat(said(other.lookup("third key", 0))).isEqualTo("miss, lease");
      assertThat(south.ask(new Request.Renew(Entries.key("key"), miss.lease())))
          .isEqualTo(new Response.Renewed(true));
      north.close();
      other.close();
      assertThat(TestClient.await(stopped)).isEqualTo(143);
      // The lease of the third one ended with the connection, the one that moved did not.
      assertThat(said(south.lookup("third key", 10_000))).isEqualTo("miss, lease");
      assertThat(follower).isNotDone();
      south.put("key", miss.asOf(), miss.lease(), "value", "tag");
      assertThat(said(TestClient.await(follower))).isEqualTo("fresh value");
    }
  }

  @Test
  void aServerThatStopsSendsAwayWhoStaysAndPassesItsLeasesOn() throws IOException {
    ServerProcess first = start();
    try (TestClient south = client(start());
        TestClient north = client(first)) {
      lead(north, "key");
      CompletableFuture<Response> follower = wait(south, "key");
      CompletableFuture<Integer> stopped = stopping(first);
      assertThat(north.closedWith()).isEqualTo(1001);
      assertThat(said(TestClient.await(follower))).isEqualTo("miss, lease");
      assertThat(TestClient.await(stopped)).isEqualTo(143);
    }
  }

  @Test
  void oneGenerationPerExpiryForAllClientsOfAllServers() throws IOException {
    List<TestClient> clients = new ArrayList<>();
    for (int server = 0; server < 3; server++) {
      ServerProcess process = start();
      IntStream.range(0, 4).forEach(i -> clients.add(client(process)));
    }
    for (int expiry = 0; expiry < 15; expiry++) {
      String value = "value " + expiry;
      clients.get(expiry % clients.size()).invalidate("tag");
      List<CompletableFuture<String>> given =
          clients.stream().map(client -> given(client, value)).toList();
      List<String> all = given.stream().map(TestClient::await).toList();
      assertThat(all).filteredOn("generated"::equals).hasSize(1);
      assertThat(all).filteredOn(("fresh " + value)::equals).hasSize(clients.size() - 1);
    }
    clients.forEach(TestClient::close);
  }

  /** What a client is given that generates if it has to. */
  private static CompletableFuture<String> given(TestClient client, String value) {
    return client
        .send(TestClient.lookupRequest("key", 20_000))
        .thenCompose(answer ->
            answer instanceof Response.Miss(AsOf asOf, long lease) && lease != 0
                ? client
                    .send(TestClient.putRequest("key", asOf, lease, value, "tag"))
                    .thenApply(stored -> "generated")
                : CompletableFuture.completedFuture(said(answer)));
  }

  @Test
  void aFrozenStoreIsAMissInTimeAndReadinessTellsTheTruth() throws IOException {
    ServerProcess server = start("--redis-timeout", "200");
    try (TestClient client = client(server)) {
      Response.Miss miss = lead(client, "key");
      client.put("key", miss.asOf(), miss.lease(), "value", "tag");
      redis.freeze();
      for (int i = 0; i < 5; i++) {
        long began = System.nanoTime();
        assertThat(said(client.lookup("key", 10_000))).isEqualTo("miss");
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began)).isLessThan(2_000);
      }
      assertThat(client.ask(new Request.Invalidate(TagSet.of("tag"), 0)))
          .isInstanceOf(Response.Failed.class);
      await(server, 503);
      redis.thaw();
      await(server, 200);
      assertThat(client.invalidate("tag").revision()).isGreaterThan(Revision.ZERO);
    }
  }

  @Test
  void aStoreThatLostItsHistoryIsBegunAnewAndClientsAreTold() throws IOException {
    ServerProcess server = start();
    StoreIdentity before;
    try (TestClient client = client(server)) {
      before = client.invalidate("tag").store();
      redis.ask("FLUSHALL");
      assertThat(client.closedWith()).isEqualTo(1001);
    }
    try (TestClient client = TestClient.connect(server.address(), "shop")) {
      assertThat(client.hello().asOf().store()).isNotEqualTo(before);
      assertThat(said(client.lookup("key", 0))).isEqualTo("miss, lease");
    }
  }

  @Test
  void aMillionForeignKeysChangeNothing() throws IOException {
    redis.populate(1_000_000);
    ServerProcess server = start();
    // When it connects it tries what it may do, walking included.
    redis.ask("CONFIG", "RESETSTAT");
    try (TestClient client = client(server)) {
      Response.Miss miss = lead(client, "key");
      client.put("key", miss.asOf(), miss.lease(), "value", "tag");
      assertThat(said(client.lookup("key", 0))).isEqualTo("fresh value");
      client.invalidate("tag");
      assertThat(said(client.lookup("key", 0))).isEqualTo("miss, lease");
      assertThat(client.ask(new Request.Hottest(10))).isInstanceOf(Response.Keys.class);
    }
    assertThat(redis.ask("INFO", "commandstats"))
        .contains("cmdstat_evalsha")
        .doesNotContain("cmdstat_scan")
        .doesNotContain("cmdstat_keys");
    assertThat(purge(server, "tag")).contains("\"revision\":2").doesNotContain("removed");
    // It has only begun to walk, and goes on while nobody waits.
    redis.await("cmdstat_scan:calls=5", "INFO", "commandstats");
    assertThat(redis.ask("EXISTS", "foreign:1", "foreign:1000000")).isEqualTo("2");
  }

  private static String purge(ServerProcess server, String tag) throws IOException {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(server.address().resolve("/v1/shop/purge"))
                  .header("content-type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString("{\"tags\":[\"%s\"]}".formatted(tag)))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Test
  void aStoreThatRefusesTheUserIsNamedAtTheStartWithoutThePassword() throws Exception {
    redis.ask("ACL", "SETUSER", "larder", "on", ">right");
    Process server =
        ServerProcess.launch(
            temporary.resolve("unused"), "--store", "redis://larder:wrong@" + redis.host());
    try (var output =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      String said = output.readLine();
      while (!said.contains("cannot be used")) {
        said = output.readLine();
      }
      assertThat(said)
          .contains("redis://" + redis.host())
          .contains("the user 'larder' or its password")
          .doesNotContain("wrong");
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  @Test
  void anAddressOfNoKnownKindIsRefused() throws Exception {
    Process refused =
        ServerProcess.launch(temporary.resolve("unused"), "--store", "mongodb://host");
    String said = new String(refused.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(refused.waitFor()).isEqualTo(1);
    assertThat(said).contains("mongodb://host").contains("redis://");
  }
}
