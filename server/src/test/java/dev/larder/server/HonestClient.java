package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.wire.Response;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stores and reads values all the while, of 200 KB in one frame and of 300 KB in fragments, and
 * asks whether the server is well. It is patient, because machines of tests are busy; what it must
 * never see is that it is not answered, or answered wrongly.
 */
final class HonestClient {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final URI server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicLong rounds = new AtomicLong();
  private final AtomicLong slowest = new AtomicLong();
  private final AtomicLong slowestHealth = new AtomicLong();
  private final Future<?> storing;
  private final Future<?> asking;
  private volatile boolean stopped;

  /** A client at work. */
  HonestClient(URI server) {
    this.server = server;
    this.storing = threads.submit(this::storeAndRead);
    this.asking = threads.submit(this::askForHealth);
  }

  private void storeAndRead() {
    try (TestClient client = TestClient.welcomed(server, "honest")) {
      AsOf asOf = client.hello().asOf();
      for (int n = 0; !stopped; n++) {
        long before = System.nanoTime();
        for (int size : new int[] {200_000, 300_000}) {
          String value = Character.toString('a' + n % 26).repeat(size);
          String key = "value " + n % 10 + " " + size;
          assertThat(client.put(key, asOf, 0, value))
              .isEqualTo(new Response.Stored(PutOutcome.STORED));
          var fresh = (Response.Fresh) client.lookup(key, 0);
          assertThat(fresh.entry().value()).hasSize(size).endsWith((byte) ('a' + n % 26));
        }
        record(slowest, before);
        rounds.incrementAndGet();
      }
    }
  }

  private void askForHealth() {
    while (!stopped) {
      long before = System.nanoTime();
      assertWell(server);
      record(slowestHealth, before);
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static void record(AtomicLong slowest, long before) {
    slowest.accumulateAndGet((System.nanoTime() - before) / 1_000_000, Math::max);
  }

  /** Over a new connection, as whoever watches a process asks. */
  static void assertWell(URI server) {
    HttpRequest request =
        HttpRequest.newBuilder(server.resolve("/healthz")).timeout(PATIENCE).build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
    } catch (IOException e) {
      throw new AssertionError("the server does not say that it is well", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until so many more rounds were served, or it was not served. */
  void awaitRounds(int more) throws Exception {
    long target = rounds.get() + more;
    while (rounds.get() < target) {
      if (storing.isDone()) {
        storing.get();
      }
      if (asking.isDone()) {
        asking.get();
      }
      Thread.sleep(10);
    }
  }

  /** Fails if it was not served, and waits until it is once more. */
  void assertServed() throws Exception {
    if (!stopped) {
      awaitRounds(1);
    }
  }

  long rounds() {
    return rounds.get();
  }

  long slowest() {
    return slowest.get();
  }

  long slowestHealth() {
    return slowestHealth.get();
  }

  /** Ends its work; fails if it was not served. */
  void stop() throws Exception {
    stopped = true;
    storing.get();
    asking.get();
  }
}
