package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.wire.Response;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the server's process takes of its machine's memory, with the heap it has by default where it
 * may have 1 GiB.
 */
@Tag("full")
class FootprintIT {
  private static final int GIBIBYTE_IN_KIB = 1 << 20;
  private static final int CLIENTS = 32;

  @TempDir private Path temporary = Path.of("");

  @Test
  void itStaysBelowOneGibibyteWhateverManyClientsStoreAndReadAtOnce() throws Exception {
    String large = "x".repeat(15 << 20);
    String small = "x".repeat(16 << 10);
    try (ServerProcess server =
        ServerProcess.start(temporary.resolve("data"), "--heartbeat", "60000")) {
      var clients = new ArrayList<TestClient>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(TestClient.welcomed(server.address(), "shop"));
      }
      AsOf asOf = ((Response.Miss) clients.getFirst().lookup("key", 0)).asOf();
      for (int round = 0; round < 3; round++) {
        List<CompletableFuture<Response>> sent =
            atOnce(
                clients,
                (client, i) -> {
                  var puts = new ArrayList<CompletableFuture<Response>>();
                  puts.add(client.send(TestClient.putRequest("large " + i, asOf, 0, large)));
                  for (int n = 0; n < 200; n++) {
                    String key = "small " + i + " " + n;
                    puts.add(client.send(TestClient.putRequest(key, asOf, 0, small)));
                  }
                  return puts;
                });
        long stored = count(sent, new Response.Stored(PutOutcome.STORED)::equals);
        List<CompletableFuture<Response>> asked =
            atOnce(
                clients,
                (client, i) -> List.of(client.send(TestClient.lookupRequest("large " + i, 0))));
        long read = count(asked, Response.Fresh.class::isInstance);
        System.out.printf(
            "round %d: stored %d, read %d, at most %d MiB%n",
            round, stored, read, server.peakMemory() >> 10);
        assertThat(sent)
            .allSatisfy(
                answer -> assertThat(TestClient.await(answer)).isInstanceOf(Response.Stored.class));
      }
      assertThat(server.peakMemory()).isLessThan(GIBIBYTE_IN_KIB);
      clients.forEach(TestClient::close);
    }
  }

  /** What a client of a number asks. */
  @FunctionalInterface
  private interface Asking {
    List<CompletableFuture<Response>> ask(TestClient client, int number);
  }

  private static List<CompletableFuture<Response>> atOnce(List<TestClient> clients, Asking asking) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var started =
          IntStream.range(0, clients.size())
              .mapToObj(
                  i -> CompletableFuture.supplyAsync(() -> asking.ask(clients.get(i), i), threads))
              .toList();
      return started.stream().flatMap(answers -> answers.join().stream()).toList();
    }
  }

  private static long count(List<CompletableFuture<Response>> answers, Predicate<Response> kind) {
    return answers.stream().map(TestClient::await).filter(kind).count();
  }
}
