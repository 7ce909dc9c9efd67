package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.RedisProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three servers over one Redis that keeps what it acknowledged, under load, while servers and store
 * are killed, frozen and started again. Whoever asks after an invalidation was acknowledged,
 * through any server, is given nothing older; what was acknowledged stays so; values are whole.
 *
 * <p>What happens when follows from a seed, which a failure names and {@code -Dlarder.seed} sets;
 * {@code -Dlarder.fleet.seconds} sets how long it goes on.
 */
class FleetIT {
  private static final int SERVERS = 3;
  private static final int CLIENTS = 6;
  private static final int KEYS = 24;

  /** How much must have been done for the test to say something. */
  private static final long ENOUGH = 50;

  @TempDir private Path temporary = Path.of("");

  private final RedisProcess redis =
      RedisProcess.start("--appendonly", "yes", "--appendfsync", "always");
  private final AtomicReferenceArray<ServerProcess> servers = new AtomicReferenceArray<>(SERVERS);

  /** The revision of the last acknowledged invalidation of each key's tag. */
  private final AtomicLongArray expired = new AtomicLongArray(KEYS);

  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong given = new AtomicLong();
  private final AtomicBoolean stopped = new AtomicBoolean();

  @AfterEach
  void close() throws IOException {
    redis.thaw();
    for (int i = 0; i < SERVERS; i++) {
      ServerProcess server = servers.get(i);
      if (server != null) {
        server.close();
      }
    }
    redis.close();
  }

  @Test
  void noServerServesWhatWasInvalidatedWhateverHappens() throws Exception {
    long seed = Long.getLong("larder.seed", System.nanoTime());
    int seconds = Integer.getInteger("larder.fleet.seconds", 20);
    var random = new Random(seed);
    for (int i = 0; i < SERVERS; i++) {
      start(i);
    }
    var clients = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < CLIENTS; i++) {
      int number = i;
      var own = new Random(random.nextLong());
      clients.add(
          CompletableFuture.runAsync(
              () -> new Client(number, own).run(), task -> Thread.ofVirtual().start(task)));
    }
    long began = System.nanoTime();
    while (violations.isEmpty() && goesOn(System.nanoTime() - began, seconds)) {
      strike(random);
    }
    stopped.set(true);
    clients.forEach(CompletableFuture::join);
    System.out.printf(
        "seed %d: %d invalidations acknowledged, %d entries given%n",
        seed, acknowledged.get(), given.get());
    assertThat(violations).as("seed %d", seed).isEmpty();
    assertThat(acknowledged.get()).as("seed %d", seed).isGreaterThan(ENOUGH);
    assertThat(given.get()).as("seed %d", seed).isGreaterThan(ENOUGH);
    audit(seed);
  }

  /** For so many seconds, and longer on a busy machine until enough was done. */
  private boolean goesOn(long nanos, int seconds) {
    long passed = TimeUnit.NANOSECONDS.toSeconds(nanos);
    boolean enough = acknowledged.get() > ENOUGH && given.get() > ENOUGH;
    return passed < seconds || (!enough && passed < 6L * seconds);
  }

  private void start(int index) throws IOException {
    servers.set(
        index,
        ServerProcess.start(
            temporary.resolve("unused"),
            "--store",
            "redis://" + redis.host(),
            "--redis-timeout",
            "300"));
  }

  /** Something happens, and then nothing for a while. */
  private void strike(Random random) throws IOException {
    int index = random.nextInt(SERVERS);
    ServerProcess server = servers.get(index);
    switch (random.nextInt(5)) {
      case 0 -> {
        server.kill();
        start(index);
      }
      case 1 -> {
        server.freeze();
        pass(500 + random.nextInt(4_000));
        server.thaw();
      }
      case 2 -> {
        redis.freeze();
        pass(random.nextInt(1_500));
        redis.thaw();
      }
      case 3 -> {
        redis.kill();
        pass(random.nextInt(500));
        redis.revive();
      }
      default -> {
        server.stop();
        start(index);
      }
    }
    pass(500 + random.nextInt(1_500));
  }

  private static void pass(int millis) {
    try {
      assertThat(new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS)).isFalse();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Everybody agrees, once all is well again. */
  private void audit(long seed) throws Exception {
    StoreIdentity identity = StoreIdentity.NONE;
    for (int i = 0; i < SERVERS; i++) {
      ServerProcess server = servers.get(i);
      try (TestClient client = TestClient.connectWhenReady(server.address(), "shop")) {
        AsOf asOf = client.hello().asOf();
        if (i > 0) {
          assertThat(asOf.store()).as("seed %d", seed).isEqualTo(identity);
        }
        identity = asOf.store();
        for (int key = 0; key < KEYS; key++) {
          judge(key, expired.get(key), client.ask(lookup(key)));
        }
      }
    }
    assertThat(violations).as("seed %d, at the end", seed).isEmpty();
  }

  private static Request lookup(int key) {
    return TestClient.lookupRequest("key " + key, 0);
  }

  private void judge(int key, long floor, Response answer) {
    if (answer instanceof Response.Fresh(AsOf asOf, Response.Entry entry)) {
      given.incrementAndGet();
      String value = new String(entry.value(), StandardCharsets.UTF_8);
      if (entry.revision().number() < floor || !value.startsWith("key " + key + " ")) {
        violations.add(
            "key %d was invalidated as of %d; given as of %s: '%s', at %s"
                .formatted(key, floor, entry.revision(), value, asOf));
      }
    }
  }

  /** Reads all keys, and changes its own, through one server after the other. */
  private final class Client {
    private final int number;
    private final Random random;

    Client(int number, Random random) {
      this.number = number;
      this.random = random;
    }

    void run() {
      while (!stopped.get() && violations.isEmpty()) {
        try (TestClient client = TestClient.connect(anyServer().address(), "shop")) {
          answer(client.greet());
          for (int i = random.nextInt(200); i > 0 && !stopped.get(); i--) {
            step(client);
          }
        } catch (Unanswered | CompletionException e) {
          // Its server went away, or froze: on to the next.
        }
      }
    }

    private ServerProcess anyServer() {
      return servers.get(random.nextInt(SERVERS));
    }

    private void step(TestClient client) {
      int own = random.nextInt(KEYS / CLIENTS) * CLIENTS + number;
      switch (random.nextInt(4)) {
        case 0 -> {
          Response answer = ask(client, new Request.Invalidate(TagSet.of("tag " + own), 0));
          if (answer instanceof Response.Invalidated(AsOf asOf)) {
            acknowledged.incrementAndGet();
            expired.set(own, asOf.revision().number());
          }
        }
        case 1 -> put(client, own);
        default -> {
          int key = random.nextInt(KEYS);
          long floor = expired.get(key);
          judge(key, floor, ask(client, lookup(key)));
        }
      }
    }

    private void put(TestClient client, int key) {
      known(ask(client, lookup(key)))
          .ifPresent(asOf ->
              ask(
                  client,
                  TestClient.putRequest(
                      "key " + key,
                      asOf,
                      0,
                      "key %d %s".formatted(key, "x".repeat(random.nextInt(5_000))),
                      "tag " + key)));
    }

    private static Optional<AsOf> known(Response answer) {
      return switch (answer) {
        case Response.Miss(AsOf asOf, long lease) -> Optional.of(asOf);
        case Response.Fresh(AsOf asOf, Response.Entry entry) -> Optional.of(asOf);
        default -> Optional.empty();
      };
    }

    private static Response ask(TestClient client, Request request) {
      return answer(client.send(request));
    }

    private static <T> T answer(CompletableFuture<T> answer) {
      try {
        return answer.get(2, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unanswered(e);
      } catch (ExecutionException | TimeoutException e) {
        throw new Unanswered(e);
      }
    }
  }

  private static final class Unanswered extends RuntimeException {
    Unanswered(Exception cause) {
      super(cause);
    }
  }
}
