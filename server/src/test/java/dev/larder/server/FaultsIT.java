package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.wire.FrameReader;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.Entries;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Unkind clients, one kind after the other, on a server with a heap of 256 MiB. Through each of
 * them an honest client is served, {@code /healthz} answers, and afterwards the memory is back.
 */
class FaultsIT {
  /** What a process with 256 MiB of heap and as much beside it takes at most, in MiB. */
  private static final long PEAK = 800;

  @TempDir private Path temporary = Path.of("");

  private ServerProcess server;
  private HonestClient honest;
  private final List<RawClient> clients = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void start() throws Exception {
    server = ServerProcess.start(temporary.resolve("data"));
    honest = new HonestClient(server.address());
    honest.awaitRounds(1);
  }

  /** What every fault must leave. */
  @AfterEach
  void itIsWell() throws Exception {
    try {
      honest.assertServed();
      clients.forEach(RawClient::close);
      HonestClient.assertWell(server.address());
      honest.stop();
      System.out.printf(
          "%d rounds served, slowest %d ms; healthz at most %d ms; at most %d MiB%n",
          honest.rounds(), honest.slowest(), honest.slowestHealth(), server.peakMemory() >> 10);
      assertThat(server.peakMemory() >> 10).as("MiB at most").isLessThan(PEAK);
    } finally {
      honest.stop();
      server.close();
    }
  }

  @Test
  void bodiesThatDoNotComeHoldUpNobodyAndEnd() throws Exception {
    List<RawClient> stalled = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      stalled.add(stalled("transfer-encoding: chunked", "4000\r\n" + "x".repeat(1 << 14)));
      stalled.add(stalled("content-length: 23000000", ""));
    }
    honest.awaitRounds(10);
    for (RawClient client : stalled) {
      assertThat(client.rest()).contains("408", "\"timeout\"");
    }
  }

  private RawClient stalled(String header, String rest) throws IOException {
    RawClient client = raw();
    client.text(head("batch", "application/octet-stream", header) + rest);
    return client;
  }

  /** The head of a request, with one more header. */
  private static String head(String operation, String type, String header) {
    String request = "POST /v1/shop/%s HTTP/1.1".formatted(operation);
    return String.join("\r\n", request, "host: localhost", "content-type: " + type, header, "", "");
  }

  @Test
  void messagesThatDoNotComeHoldUpNobodyAndEnd() throws Exception {
    List<RawClient> stalled = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      // The first fragment of 15 MiB, and a whole WebSocket frame of 2 MiB but for its last bytes.
      RawClient fragment = RawClient.connected(server.address(), "shop");
      byte[] first = ByteBuffer.allocate(64 << 10).putInt(15 << 20).array();
      fragment.send(RawClient.frame(0x02, first, first.length));
      RawClient frame = RawClient.connected(server.address(), "shop");
      frame.send(RawClient.frame(0x82, new byte[1 << 20], (1 << 20) + 100));
      for (RawClient client : List.of(fragment, frame)) {
        clients.add(client);
        stalled.add(client);
      }
    }
    honest.awaitRounds(10);
    // They are alive: what ends them is that the message does not come.
    byte[] ping = RawClient.frame(0x89, new byte[0], 0);
    long deadline = System.nanoTime() + 60_000_000_000L;
    for (RawClient client : stalled) {
      assertThat(endsWithin(client, ping, deadline)).isTrue();
    }
  }

  private static boolean endsWithin(RawClient client, byte[] sign, long deadline)
      throws InterruptedException {
    while (System.nanoTime() < deadline) {
      try {
        client.send(sign);
      } catch (IOException closed) {
        return true;
      }
      Thread.sleep(5);
    }
    return false;
  }

  @Test
  void thousandsOfHalfSentRequestsEndAndDelayNoStop() throws Exception {
    for (int i = 0; i < 4000; i++) {
      raw().text("GET /v1/shop HTTP/1.1\r\nhost: localhost\r\nx-slow: ");
    }
    for (int i = 0; i < 100; i++) {
      raw();
    }
    honest.awaitRounds(10);
    // A machine that is busy hands some of so many connections over late.
    long deadline = System.nanoTime() + 150_000_000_000L;
    while (open() > 0 && System.nanoTime() < deadline) {
      honest.assertServed();
    }
    assertThat(open()).isZero();
    for (int i = 0; i < 1000; i++) {
      raw().text("GET /v1/shop HTTP/1.1\r\nhost: localhost\r\nx-slow: ");
    }
    honest.assertServed();
    honest.stop();
    long before = System.nanoTime();
    assertThat(server.stop()).isEqualTo(143);
    assertThat(System.nanoTime() - before).isLessThan(5_000_000_000L);
    server = ServerProcess.start(temporary.resolve("data"));
    honest = new HonestClient(server.address());
    honest.awaitRounds(1);
  }

  private int open() throws IOException {
    int open = 0;
    for (RawClient client : clients) {
      open += client.open() ? 1 : 0;
    }
    return open;
  }

  @Test
  void sizesThatAreOnlyAnnouncedTakeNoMemory() throws Exception {
    for (int i = 0; i < 200; i++) {
      raw().text(head("invalidate", "application/json", "content-length: 8388608") + "{");
    }
    honest.awaitRounds(20);
  }

  @Test
  void manyLookupsInOneMessageAreAnsweredAsTheClientReads() throws Exception {
    store("large", 40, 1_000_000);
    store("small", 1, 60_000);
    for (int i = 0; i < 12; i++) {
      RawClient small = connected();
      small.message(lookups("small", 1, 40_000));
      RawClient large = connected();
      large.message(lookups("large", 40, 800));
      RawClient batch = raw();
      byte[] hello = RawClient.bytes(1, new Request.Hello(Protocol.VERSION, "raw", AsOf.NONE));
      byte[] body = joined(List.of(hello, lookups("large", 40, 800)));
      batch.text(
          head("batch", "application/octet-stream", "content-length: %d".formatted(body.length)));
      batch.send(body);
    }
    honest.awaitRounds(20);
  }

  @Test
  void floodsOfLargeInvalidationsStopNobody() throws Exception {
    for (int i = 0; i < 24; i++) {
      connected();
    }
    List<String> tags =
        IntStream.range(0, 1000).mapToObj(n -> "%d ".formatted(n) + "t".repeat(1000)).toList();
    byte[] invalidation = RawClient.bytes(7, new Request.Invalidate(TagSet.of(tags), 0));
    for (RawClient client : List.copyOf(clients)) {
      var _ = Thread.ofVirtual().start(() -> flood(client, invalidation));
    }
    honest.awaitRounds(20);
  }

  private static void flood(RawClient client, byte[] message) {
    try {
      for (int n = 0; n < 120; n++) {
        client.message(message);
      }
    } catch (IOException closed) {
      // By the server, because nothing is read here, or by the test.
    }
  }

  @Tag("full")
  @Test
  void aSlowReaderThatLivesIsNotCutOff() throws Exception {
    store("large", 40, 1_000_000);
    try (RawClient slow = RawClient.connected(server.address(), "shop")) {
      slow.message(lookups("large", 40, 40));
      byte[] ping = RawClient.frame(0x89, new byte[0], 0);
      byte[] some = new byte[64 << 10];
      long expected = 40_000_000;
      long began = System.nanoTime();
      for (long read = 0; read < expected; ) {
        int count = slow.read(some);
        assertThat(count).as("after %d bytes", read).isPositive();
        read += count;
        slow.send(ping);
        long pace = 2_000_000;
        long ahead = read * 1_000_000_000L / pace - (System.nanoTime() - began);
        if (ahead > 0) {
          Thread.sleep(ahead / 1_000_000);
        }
      }
    }
  }

  @Test
  void framesThatDecodeAndMeanNothingGoodAreAnswered() throws Exception {
    int count = Integer.getInteger("larder.faults.frames", 120_000);
    var random = new Random(Long.getLong("larder.seed", 17));
    int sent = 0;
    int round = 0;
    while (sent < count) {
      RawClient client = connected();
      Future<?> reading = Executors.newVirtualThreadPerTaskExecutor().submit(() -> drain(client));
      for (int message = 0; message < 50 && sent < count; message++) {
        var frames = new ArrayList<byte[]>();
        while (frames.size() < 50) {
          byte[] mutated = mutated(random);
          if (decodes(mutated)) {
            frames.add(mutated);
          }
        }
        sent += frames.size();
        client.message(joined(frames));
      }
      round++;
      client.close();
      reading.get();
      honest.assertServed();
    }
    assertThat(sent).isGreaterThanOrEqualTo(count);
    assertThat(round).isPositive();
  }

  private static void drain(RawClient client) {
    byte[] some = new byte[64 << 10];
    try {
      while (client.read(some) >= 0) {
        // Read, so that it is answered.
      }
    } catch (IOException closed) {
      // By the test.
    }
  }

  private static byte[] mutated(Random random) {
    byte[] frame = RawClient.bytes(random.nextInt(), request(random));
    int flips = 1 + random.nextInt(4);
    for (int i = 0; i < flips; i++) {
      frame[5 + random.nextInt(frame.length - 5)] = (byte) random.nextInt();
    }
    return frame;
  }

  private static boolean decodes(byte[] frame) {
    return new FrameReader(ByteBuffer.wrap(frame), 1 << 20).next() instanceof FrameReader.Read.Good;
  }

  private static Request request(Random random) {
    CacheKey key = Entries.key("key " + random.nextInt(20));
    TagSet tags = TagSet.of("a" + random.nextInt(10), "b" + random.nextInt(10));
    var asOf =
        new AsOf(
            new dev.larder.core.StoreIdentity(random.nextLong()),
            new dev.larder.core.Revision(random.nextInt(5)));
    byte[] value = new byte[random.nextInt(200)];
    return switch (random.nextInt(9)) {
      case 0 -> new Request.Hello(1, "client", asOf);
      case 1 -> new Request.Lookup(new Lookup(key, tags, random.nextBoolean(), random.nextInt(50)));
      case 2 ->
          new Request.Put(
              new Put(
                  key,
                  asOf,
                  random.nextLong(),
                  tags,
                  new CacheLife(1, 2, 3),
                  4,
                  CacheEntry.checksum(value),
                  value));
      case 3 -> new Request.Release(key, random.nextLong());
      case 4 -> new Request.Renew(key, random.nextLong());
      case 5 -> new Request.Invalidate(tags, random.nextInt(5));
      case 6 -> new Request.Refresh(asOf);
      case 7 -> new Request.Cancel(random.nextInt(100));
      default -> new Request.Hottest(random.nextInt(4096));
    };
  }

  private RawClient raw() throws IOException {
    var client = new RawClient(server.address());
    clients.add(client);
    return client;
  }

  private RawClient connected() throws IOException {
    RawClient client = RawClient.connected(server.address(), "shop");
    clients.add(client);
    return client;
  }

  private void store(String key, int count, int bytes) {
    try (TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = ((Response.Miss) client.lookup("other", 0)).asOf();
      for (int i = 0; i < count; i++) {
        Response stored = client.put(key + i, asOf, 0, "v".repeat(bytes));
        assertThat(stored).isEqualTo(new Response.Stored(PutOutcome.STORED));
      }
    }
  }

  private static byte[] lookups(String key, int keys, int count) {
    return joined(
        IntStream.range(0, count)
            .mapToObj(i ->
                RawClient.bytes(
                    i + 10,
                    new Request.Lookup(
                        new Lookup(Entries.key(key + i % keys), TagSet.EMPTY, false, 0))))
            .toList());
  }

  private static byte[] joined(List<byte[]> parts) {
    var joined = new ByteArrayOutputStream();
    parts.forEach(joined::writeBytes);
    return joined.toByteArray();
  }
}
