package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.InvalidationSource;
import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import dev.larder.server.access.Role;
import dev.larder.server.access.Secret;
import dev.larder.server.access.Token;
import dev.larder.server.access.Tokens;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What those receive who listen to the events of a real server. */
class EventsIT {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private Path temporary = Path.of("");

  @Test
  void whoListensLearnsWhoComesWhoInvalidatesAndWhoGoesWithALease() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        var listener = new Listener(server.address().resolve("/v1/events"), "")) {
      try (TestClient client = TestClient.welcomed(server.address(), "shop")) {
        client.identify("6f1e2d3c", "shop-2", "b7");
        JsonObject joined = listener.next("instance-joined");
        assertThat(joined.getString("sentence"))
            .isEqualTo("instance 6f1e2d3c on shop-2 has come (connected, build b7)");
        assertThat(joined.getString("namespace")).isEqualTo("shop");
        client.ask(
            new Request.Invalidate(
                TagSet.of("product:3"), 0, new InvalidationSource("updateTag", "/buy", "")));
        JsonObject invalidation = listener.next("invalidation");
        assertThat(invalidation.getString("sentence"))
            .isEqualTo(
                "tag product:3 was invalidated at revision 1 by 6f1e2d3c (updateTag in /buy)");
        assertThat(invalidation.getJsonObject("details").getString("via")).isEqualTo("connection");
        assertThat(Instant.parse(invalidation.getString("at"))).isBeforeOrEqualTo(Instant.now());
        client.ask(TestClient.lookupRequest("page", 0));
      }
      assertThat(listener.next("instance-left").getString("sentence")).contains("shop-2 has gone");
      assertThat(listener.next("leases-lost").getString("sentence"))
          .startsWith("instance 6f1e2d3c on shop-2 went away with 1 lease;");
    }
  }

  @Test
  void whoComesBackIsToldWhatItHasMissed() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      client.invalidate("a");
      client.invalidate("b");
      client.invalidate("c");
      long seen;
      try (var all = new Listener(server.address().resolve("/v1/events?since=0"), "")) {
        all.next("server-started");
        assertThat(tags(all.next("invalidation"))).containsExactly("a");
        seen = all.last;
      }
      try (var again =
          new Listener(server.address().resolve("/v1/events"), "", "Last-Event-ID", "" + seen)) {
        assertThat(tags(again.next("invalidation"))).containsExactly("b");
        assertThat(tags(again.next("invalidation"))).containsExactly("c");
      }
      // As from a server that was here before.
      try (var gap = new Listener(server.address().resolve("/v1/events?since=7"), "")) {
        JsonObject first = gap.next();
        assertThat(first.getString("kind")).isEqualTo("gap");
        assertThat(first.getLong("after")).isEqualTo(7);
        assertThat(tags(gap.next("invalidation"))).containsExactly("a");
      }
      try (var wrong = new Listener(server.address().resolve("/v1/events?since=x"), "")) {
        assertThat(wrong.status).isEqualTo(400);
      }
    }
  }

  @Test
  void aTokenHearsOfItsNamespacesAndNobodyHearsASecret() throws Exception {
    var random = new Random(1);
    Secret shop = Secret.random(random);
    var tokens = Tokens.in(temporary.resolve("tokens.json"));
    tokens.update(none ->
        List.of(
            new Token(
                shop.id(),
                "the shop",
                Role.READ,
                Set.of(new Namespace("shop")),
                "",
                shop.hash(),
                Instant.now(),
                Optional.empty())));
    try (ServerProcess server =
            ServerProcess.start(
                temporary.resolve("data"),
                "--tokens",
                temporary.resolve("tokens.json").toString(),
                "--token",
                "master");
        var operator = new Listener(server.address().resolve("/v1/events"), "master");
        var reader = new Listener(server.address().resolve("/v1/events"), shop.text());
        var other =
            new Listener(server.address().resolve("/v1/events?namespace=other"), shop.text())) {
      assertThat(other.status).isEqualTo(403);
      String refused =
          operator.next(event -> event.getString("sentence").contains("other")).encode();
      assertThat(refused).contains(shop.id()).doesNotContain(shop.text());
      assertThat(invalidate(server, "other", "master")).isEqualTo(200);
      assertThat(invalidate(server, "shop", "master")).isEqualTo(200);
      assertThat(operator.next("invalidation").getString("namespace")).isEqualTo("other");
      assertThat(operator.next("invalidation").getJsonObject("details").getString("token"))
          .isEqualTo("server");
      // Neither the other namespace nor its own refusal came before.
      JsonObject first = reader.next();
      assertThat(first.getString("kind")).isEqualTo("invalidation");
      assertThat(first.getString("namespace")).isEqualTo("shop");
      tokens.update(none -> List.of());
      assertThat(reader.ended.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void streamsAreBoundedAndFreedWhenTheirClientsLeave() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"))) {
      URI address = server.address().resolve("/v1/events");
      var open = new ArrayList<Listener>();
      try {
        for (int i = 0; i < 256; i++) {
          var listener = new Listener(address, "");
          open.add(listener);
          assertThat(listener.status).isEqualTo(200);
        }
        try (var tooMany = new Listener(address, "")) {
          assertThat(tooMany.status).isEqualTo(503);
        }
        open.removeLast().close();
        eventually(
            SOON,
            () -> {
              var next = new Listener(address, "");
              open.add(next);
              return next.status == 200;
            });
      } finally {
        for (Listener listener : open) {
          listener.close();
        }
      }
    }
  }

  @Test
  void aServerThatStopsSaysSoAndEndsItsStreams() throws Exception {
    ServerProcess server = ServerProcess.start(temporary.resolve("data"));
    try (var listener = new Listener(server.address().resolve("/v1/events"), "")) {
      server.close();
      assertThat(listener.next().getString("kind")).isEqualTo("server-draining");
      assertThat(listener.ended.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
  }

  private static List<String> tags(JsonObject event) {
    return event.getJsonObject("details").getJsonArray("tags").stream()
        .map(String::valueOf)
        .toList();
  }

  private static int invalidate(ServerProcess server, String namespace, String token)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(server.address().resolve("/v1/" + namespace + "/invalidate"))
            .POST(HttpRequest.BodyPublishers.ofString("{\"tags\":[\"t\"]}"))
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + token)
            .build();
    return HTTP.send(request, BodyHandlers.discarding()).statusCode();
  }

  /** Somebody who listens, until it is closed. */
  private static final class Listener implements AutoCloseable {
    private final InputStream body;
    private final int status;
    private final BlockingQueue<JsonObject> heard = new LinkedBlockingQueue<>();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private long last;

    Listener(URI address, String token, String... headers) throws Exception {
      var request = HttpRequest.newBuilder(address).timeout(SOON);
      if (!token.isEmpty()) {
        request.header("Authorization", "Bearer " + token);
      }
      if (headers.length > 0) {
        request.headers(headers);
      }
      HttpResponse<InputStream> answer = HTTP.send(request.build(), BodyHandlers.ofInputStream());
      body = answer.body();
      status = answer.statusCode();
      Thread.startVirtualThread(this::read);
    }

    private void read() {
      try (var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("data: ")) {
            heard.add(new JsonObject(line.substring(6)));
          }
        }
        ended.complete(true);
      } catch (IOException | UncheckedIOException e) {
        ended.complete(false);
      }
    }

    JsonObject next() throws InterruptedException {
      JsonObject next = requireNonNull(heard.poll(SOON.toSeconds(), TimeUnit.SECONDS), "an event");
      last = next.getLong("number", 0L);
      return next;
    }

    JsonObject next(String kind) throws InterruptedException {
      return next(event -> event.getString("kind").equals(kind));
    }

    JsonObject next(Predicate<JsonObject> wanted) throws InterruptedException {
      JsonObject found = next();
      while (!wanted.test(found)) {
        found = next();
      }
      return found;
    }

    @Override
    public void close() throws IOException {
      body.close();
    }
  }
}
