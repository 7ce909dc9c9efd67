package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real server, killed at random moments under load, again and again over one data directory.
 * What it had acknowledged is audited after each start: no invalidation is lost, no entry that one
 * expired is served, no value is torn, history goes on.
 *
 * <p>The moments follow from a seed, which a failure names and {@code -Dlarder.seed} sets; {@code
 * -Dlarder.crashes} sets how often it is killed.
 */
class CrashIT {
  private static final int KEYS = 40;
  private static final int WRITERS = 3;

  @TempDir private Path temporary = Path.of("");

  /** The revision of the last acknowledged invalidation of each key's tag. */
  private final AtomicLongArray expired = new AtomicLongArray(KEYS);

  /** 1 for a key whose tag somebody was invalidating when the server was killed. */
  private final AtomicIntegerArray undecided = new AtomicIntegerArray(KEYS);

  /** The revision of the last acknowledged put of each key; -1 before the first. */
  private final AtomicLongArray stored =
      new AtomicLongArray(LongStream.generate(() -> -1).limit(KEYS).toArray());

  @Test
  void whatWasAcknowledgedIsTrueAfterEveryKill() throws Exception {
    long seed = Long.getLong("larder.seed", System.nanoTime());
    int crashes = Integer.getInteger("larder.crashes", 6);
    var random = new Random(seed);
    AsOf known = AsOf.NONE;
    for (int crash = 0; crash < crashes; crash++) {
      String where = "seed %d, crash %d".formatted(seed, crash);
      try (ServerProcess server = ServerProcess.start(temporary.resolve("data"))) {
        known = audited(server.address(), known, where);
        var load = new Load(server.address(), random.nextLong());
        load.run(300 + random.nextInt(1200));
        server.kill();
        load.stop();
        assertThat(load.acknowledged).as(where).isNotEmpty();
        known = new AsOf(known.store(), latest(known, load.acknowledged));
      }
    }
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"))) {
      audited(server.address(), known, "seed %d, at the end".formatted(seed));
    }
  }

  private static Revision latest(AsOf known, List<AsOf> acknowledged) {
    return acknowledged.stream()
        .map(AsOf::revision)
        .reduce(known.revision(), (a, b) -> a.isAfter(b) ? a : b);
  }

  private AsOf audited(URI server, AsOf known, String where) {
    try (TestClient client = TestClient.connect(server, "shop")) {
      AsOf now = client.hello().asOf();
      if (!known.store().equals(StoreIdentity.NONE)) {
        assertThat(now.store()).as(where).isEqualTo(known.store());
      }
      assertThat(now.revision()).as(where).isGreaterThanOrEqualTo(known.revision());
      int found = 0;
      for (int key = 0; key < KEYS; key++) {
        Response answer = client.ask(Load.lookup(key));
        boolean wasUndecided = undecided.getAndSet(key, 0) == 1;
        if (answer instanceof Response.Fresh(AsOf asOf, Response.Entry entry)) {
          found++;
          assertThat(entry.revision().number())
              .as("%s: key %d", where, key)
              .isGreaterThanOrEqualTo(expired.get(key))
              .isGreaterThanOrEqualTo(stored.get(key));
          assertThat(new String(entry.value(), StandardCharsets.UTF_8))
              .as("%s: key %d", where, key)
              .startsWith("key " + key + " ");
        } else if (wasUndecided) {
          stored.set(key, -1);
        } else {
          assertThat(stored.get(key))
              .as("%s: key %d, whose acknowledged entry nothing expired, is gone", where, key)
              .isLessThan(expired.get(key));
        }
      }
      System.out.printf("%s: revision %s, %d of %d keys%n", where, now.revision(), found, KEYS);
      return now;
    }
  }

  /** Several clients that put and invalidate until the server is gone. */
  private final class Load {
    private final List<AsOf> acknowledged = new ArrayList<>();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final List<CompletableFuture<Void>> writers = new ArrayList<>();
    private final URI server;
    private final Random random;

    Load(URI server, long seed) {
      this.server = server;
      this.random = new Random(seed);
    }

    static Request lookup(int key) {
      return TestClient.lookupRequest("key " + key, 0);
    }

    void run(int millis) throws InterruptedException {
      for (int writer = 0; writer < WRITERS; writer++) {
        int number = writer;
        var own = new Random(random.nextLong());
        writers.add(CompletableFuture.runAsync(() -> write(number, own)));
      }
      var end = new CountDownLatch(1);
      assertThat(end.await(millis, TimeUnit.MILLISECONDS)).isFalse();
    }

    void stop() {
      stopped.set(true);
      for (CompletableFuture<Void> writer : writers) {
        try {
          writer.join();
        } catch (CompletionException e) {
          // The server went away while it was asked: that is the point.
        }
      }
    }

    /** Puts and invalidates the keys that are this writer's own, one after the other. */
    private void write(int writer, Random own) {
      try (TestClient client = TestClient.welcomed(server, "shop")) {
        for (int count = 0; !stopped.get(); count++) {
          int key = own.nextInt(KEYS / WRITERS) * WRITERS + writer;
          if (own.nextInt(3) == 0) {
            undecided.set(key, 1);
            AsOf asOf = client.invalidate("tag " + key);
            undecided.set(key, 0);
            expired.set(key, asOf.revision().number());
            synchronized (acknowledged) {
              acknowledged.add(asOf);
            }
          } else {
            put(client, key, count, own);
          }
        }
      }
    }

    private void put(TestClient client, int key, int count, Random own) {
      AsOf asOf =
          switch (client.ask(lookup(key))) {
            case Response.Miss(AsOf now, long lease) -> now;
            case Response.Fresh(AsOf now, Response.Entry entry) -> now;
            default -> throw new AssertionError("neither fresh nor a miss");
          };
      String value = "key " + key + " " + "x".repeat(own.nextInt(20_000)) + count;
      Response answer = client.put("key " + key, asOf, 0, value, "tag " + key);
      if (answer.equals(new Response.Stored(PutOutcome.STORED))) {
        stored.set(key, asOf.revision().number());
      }
    }
  }
}
