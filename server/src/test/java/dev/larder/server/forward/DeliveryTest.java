package dev.larder.server.forward;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.Outbox;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import dev.larder.server.store.EmbeddedStore;
import dev.larder.server.store.StoreOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a target is told of an outbox on disk, by a clock of the test. */
class DeliveryTest {
  private static final Namespace SHOP = new Namespace("shop");
  private static final Logger LOG = Logger.getLogger(Delivery.class.getName());

  /** Pauses are as short as they may be. */
  private static final RandomGenerator SHORTEST = () -> 0;

  @TempDir private Path temporary = Path.of("");

  private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
  private final Queue<String> logged = new ConcurrentLinkedQueue<>();
  private final Handler handler = handler(logged);
  private final HttpServer cdn;
  private volatile int status = 500;
  private volatile Duration ahead = Duration.ZERO;
  private final InstantSource clock = () -> Instant.now().plus(ahead);
  private final EventLog events = new EventLog(clock);

  DeliveryTest() throws IOException {
    cdn = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    cdn.createContext(
        "/",
        exchange -> {
          asked.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    cdn.start();
    LOG.addHandler(handler);
  }

  @AfterEach
  void stop() {
    LOG.removeHandler(handler);
    cdn.stop(0);
  }

  @Test
  void whatIsNotTakenForADayIsDroppedLoudlyAndOnce() throws Exception {
    var options = new StoreOptions(1 << 20, 64 << 20, StoreOptions.Fsync.NEVER, true);
    try (EmbeddedStore store = EmbeddedStore.open(temporary.resolve("data"), options)) {
      InvalidationLog log = store.open(SHOP).toCompletableFuture().join().log();
      log.append(TagSet.of("lost", "too"), 0, InvalidationSource.NONE).toCompletableFuture().join();
      ahead = Duration.ofHours(23).plusMinutes(59);
      Outbox outbox = store.outbox().orElseThrow();
      String target = "webhook:http://127.0.0.1:%d/".formatted(cdn.getAddress().getPort());
      try (Forwarder forwarder =
          Forwarder.start(outbox, List.of(target), Map.of(), events, clock, SHORTEST)) {
        assertThat(next()).contains("lost");
        assertThat(next()).as("after almost a day it is told again").contains("lost");
        assertThat(forwarder.states().getFirst().dropped()).isZero();
        assertThat(forwarder.states().getFirst().queue()).isEqualTo(1);
        assertThat(dropped()).isEmpty();

        var happened = new Semaphore(0);
        var _ = events.listen(happened::release);
        ahead = Duration.ofHours(24).plusMinutes(1);
        while (dropped().isEmpty()) {
          assertThat(happened.tryAcquire(30, TimeUnit.SECONDS)).as("dropped in time").isTrue();
        }
        String sentence =
            "webhook:127.0.0.1 was not told of 2 tags of namespace 'shop' up to revision 1, and will"
                + " not be: it did not take them (for a day: status 500); purge it by hand";
        assertThat(dropped().getFirst().sentence()).isEqualTo(sentence);
        assertThat(logged).contains(sentence);
        assertThat(forwarder.states().getFirst().dropped()).isEqualTo(1);

        // What comes after it is told, and the outbox forgets both; what was dropped comes not
        // again.
        status = 200;
        asked.clear();
        log.append(TagSet.of("later"), 0, InvalidationSource.NONE).toCompletableFuture().join();
        events.add(Event.Kind.INVALIDATION, SHOP, "later", Map.of());
        assertThat(next()).contains("later").doesNotContain("lost");
        assertThat(next()).as("the second time").contains("later").doesNotContain("lost");
        assertThat(dropped()).hasSize(1);
        assertThat(forwarder.states().getFirst().dropped()).isEqualTo(1);
      }
    }
  }

  private String next() throws InterruptedException {
    String body = asked.poll(30, TimeUnit.SECONDS);
    return body == null ? "nothing in time" : body;
  }

  private List<Event> dropped() {
    return events.after(0, EventLog.KEPT).events().stream()
        .filter(event -> event.kind() == Event.Kind.FORWARD_DROPPED)
        .toList();
  }

  private static Handler handler(Queue<String> logged) {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        logged.add(line.getMessage());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }
}
