package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.wire.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What many entries and much overwriting do to the real server. Takes minutes. */
@Tag("full")
class GrowthIT {
  private static final int IN_FLIGHT = 64;

  @TempDir private Path temporary = Path.of("");

  @Test
  void aHundredThousandEntriesAreThereAfterARestart() throws Exception {
    int entries = 100_000;
    String value = "x".repeat(8 << 10);
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = ((Response.Miss) client.lookup("key", 0)).asOf();
      long began = System.nanoTime();
      putAll(client, asOf, entries, i -> "key " + i, i -> value);
      System.out.printf("%d entries of 8 KB put in %d ms%n", entries, since(began));
      server.kill();
    }
    for (int start = 1; start <= 3; start++) {
      long empty = millisToFirstAnswer(temporary.resolve("empty " + start));
      long full = millisToFirstAnswer(temporary.resolve("data"));
      System.out.printf("start %d: %d ms over nothing, %d ms over them%n", start, empty, full);
    }
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      long began = System.nanoTime();
      var random = new Random(1);
      for (int i = 0; i < 1000; i++) {
        assertThat(client.lookup("key " + random.nextInt(entries), 0))
            .isInstanceOf(Response.Fresh.class);
      }
      System.out.printf("1000 of them read in %d ms right after a start%n", since(began));
    }
  }

  /** Starts a server, waits until it answered a handshake, and kills it. */
  private static long millisToFirstAnswer(Path data) throws IOException {
    long began = System.nanoTime();
    try (ServerProcess server = ServerProcess.start(data);
        TestClient _ = TestClient.welcomed(server.address(), "shop")) {
      long millis = since(began);
      server.kill();
      return millis;
    }
  }

  @Test
  void overwritingDoesNotMakeTheDirectoryCreep() throws Exception {
    int keys = 1000;
    int rounds = 30;
    var random = new Random(2);
    String pool =
        random
            .ints(1 << 20, 'a', 'z')
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = ((Response.Miss) client.lookup("key", 0)).asOf();
      for (int round = 0; round < rounds; round++) {
        putAll(
            client,
            asOf,
            keys,
            i -> "key " + i,
            i -> pool.substring(0, 8 << 10 << random.nextInt(4)));
      }
      long live = keys * (30L << 10);
      // Live data, twice over, and what a log and buffers may hold beside it.
      long most = 2 * live + (128L << 20) + (64L << 20) + (48L << 20);
      long size = size(temporary);
      for (int i = 0; i < 120 && size > most; i++) {
        LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
        size = size(temporary);
      }
      System.out.printf(
          "%d MB live, %d MB written, %d MB on disk%n",
          live >> 20, (live * rounds) >> 20, size >> 20);
      assertThat(size).isLessThanOrEqualTo(most);
    }
  }

  private static void putAll(TestClient client, AsOf asOf, int count, Text key, Text value) {
    var sent = new ArrayDeque<CompletableFuture<Response>>();
    for (int i = 0; i < count; i++) {
      if (sent.size() == IN_FLIGHT) {
        stored(sent.poll());
      }
      sent.add(client.send(TestClient.putRequest(key.of(i), asOf, 0, value.of(i))));
    }
    sent.forEach(GrowthIT::stored);
  }

  private static void stored(CompletableFuture<Response> answer) {
    assertThat(TestClient.await(answer)).isEqualTo(new Response.Stored(PutOutcome.STORED));
  }

  private static long since(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }

  private static long size(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.mapToLong(GrowthIT::sizeOf).sum();
    }
  }

  private static long sizeOf(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (NoSuchFileException e) {
      return 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A text for each number. */
  @FunctionalInterface
  private interface Text {
    String of(int number);
  }
}
