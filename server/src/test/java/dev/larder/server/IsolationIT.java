package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.StoreIdentity;
import dev.larder.core.wire.Response;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many namespaces that use the same keys and tags at once, are deleted and created again, over
 * restarts and kills. Each must find exactly its own history and its own entries.
 *
 * <p>The choices follow from a seed, which a failure names and {@code -Dlarder.seed} sets.
 */
class IsolationIT {
  private static final int NAMESPACES = 24;
  private static final int KEYS = 6;
  private static final int ROUNDS = 4;
  private static final int STEPS = 60;

  @TempDir private Path temporary = Path.of("");

  private final long seed = Long.getLong("larder.seed", System.nanoTime());
  private final Set<StoreIdentity> identities = new HashSet<>();

  @Test
  void everyNamespaceFindsItsOwnHistoryAndNobodyElses() throws Exception {
    var random = new Random(seed);
    var tenants = new ArrayList<Tenant>();
    for (int i = 0; i < NAMESPACES; i++) {
      tenants.add(new Tenant("shop-" + i, random.nextLong()));
    }
    for (int round = 0; round < ROUNDS; round++) {
      try (ServerProcess server = ServerProcess.start(temporary.resolve("data"))) {
        URI address = server.address();
        assertThat(listed(address)).as("seed %d, round %d", seed, round).isEqualTo(used(tenants));
        CompletableFuture.allOf(
                tenants.stream()
                    .map(tenant -> CompletableFuture.runAsync(() -> tenant.live(address)))
                    .toArray(CompletableFuture[]::new))
            .join();
        assertThat(listed(address)).as("seed %d, round %d", seed, round).isEqualTo(used(tenants));
        if (random.nextBoolean()) {
          server.kill();
        }
      }
    }
  }

  private static String listed(URI server) throws IOException, InterruptedException {
    HttpRequest list = HttpRequest.newBuilder(server.resolve("/v1")).build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(list, HttpResponse.BodyHandlers.ofString()).body().strip();
    }
  }

  private static String used(List<Tenant> tenants) {
    return tenants.stream()
        .filter(tenant -> tenant.exists)
        .map(tenant -> "\"" + tenant.name + "\"")
        .sorted()
        .toList()
        .toString()
        .replace(", ", ",")
        .transform("{\"namespaces\":%s}"::formatted);
  }

  /** One namespace, and what it must find: it alone puts, invalidates and deletes in it. */
  private final class Tenant {
    private final String name;
    private final Random random;
    private final Map<Integer, String> values = new HashMap<>();
    private AsOf asOf = AsOf.NONE;

    /**
     * The highest revision there can be: each put that replaces a fresh entry invalidates its
     * copies.
     */
    private long highest;

    private boolean exists;

    Tenant(String name, long seed) {
      this.name = name;
      this.random = new Random(seed);
    }

    void live(URI server) {
      int steps = STEPS;
      while (steps > 0) {
        try (TestClient client = TestClient.connect(server, name)) {
          arrive(client.hello().asOf());
          boolean deleted = false;
          while (!deleted && steps-- > 0) {
            deleted = step(server, client);
          }
        }
      }
    }

    private void arrive(AsOf found) {
      if (exists) {
        goOn(found);
      } else {
        assertThat(found.revision().number()).as(where()).isZero();
        highest = 0;
        synchronized (identities) {
          assertThat(identities.add(found.store())).as(where()).isTrue();
        }
      }
      asOf = found;
      exists = true;
    }

    /** Takes a point of this history, which is not before the last one. */
    private void goOn(AsOf found) {
      assertThat(found.store()).as(where()).isEqualTo(asOf.store());
      assertThat(found.revision().number())
          .as(where())
          .isBetween(asOf.revision().number(), highest);
      asOf = found;
    }

    /** Does one thing; true if the namespace is gone afterwards. */
    private boolean step(URI server, TestClient client) {
      int key = random.nextInt(KEYS);
      switch (random.nextInt(25)) {
        case 0 -> {
          delete(server);
          values.clear();
          exists = false;
          return true;
        }
        case 1, 2, 3, 4 -> {
          highest++;
          AsOf next = client.invalidate("tag " + key);
          assertThat(next).as(where()).isNotEqualTo(asOf);
          goOn(next);
          values.remove(key);
        }
        case 5, 6, 7, 8, 9, 10, 11, 12 -> {
          String value = "%s, key %d, %d".formatted(name, key, random.nextInt());
          assertThat(client.put("key " + key, asOf, 0, value, "tag " + key))
              .as(where())
              .isEqualTo(new Response.Stored(PutOutcome.STORED));
          if (values.put(key, value) != null) {
            highest++;
          }
        }
        default -> look(client, key);
      }
      return false;
    }

    private void look(TestClient client, int key) {
      switch (client.ask(TestClient.lookupRequest("key " + key, 0))) {
        case Response.Fresh(AsOf now, Response.Entry entry) -> {
          goOn(now);
          assertThat(new String(entry.value(), StandardCharsets.UTF_8))
              .as(where())
              .isEqualTo(values.get(key));
        }
        case Response.Miss(AsOf now, long lease) -> {
          goOn(now);
          assertThat(values).as(where()).doesNotContainKey(key);
        }
        default -> throw new AssertionError(where() + ": neither fresh nor a miss");
      }
    }

    private void delete(URI server) {
      HttpRequest delete = HttpRequest.newBuilder(server.resolve("/v1/" + name)).DELETE().build();
      try (HttpClient http = HttpClient.newHttpClient()) {
        assertThat(http.send(delete, HttpResponse.BodyHandlers.ofString()).statusCode())
            .as(where())
            .isEqualTo(200);
      } catch (IOException e) {
        throw new AssertionError(where(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(where(), e);
      }
    }

    private String where() {
      return "seed %d, namespace %s".formatted(seed, name);
    }
  }
}
