package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.wire.Response;
import dev.larder.server.process.OutOfMemory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that has run out of memory says so and ends, instead of serving half of what it has.
 */
class OutOfMemoryIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path temporary = Path.of("");

  /** As it is started where nobody passes the options it is delivered with. */
  @Test
  void whereTheHeapIsExhausted() throws Exception {
    endsSaying("out of memory: the process ends", "-Xmx22m");
  }

  @Test
  void whereTheHeapIsExhaustedAndTheMachineWatchesIt() throws Exception {
    endsSaying(
        "Terminating due to java.lang.OutOfMemoryError", "-Xmx22m", "-XX:+ExitOnOutOfMemoryError");
  }

  /** Puts and reads values of 1 MB until the server is gone. */
  private void endsSaying(String words, String... jvm) throws Exception {
    try (ServerProcess server =
        ServerProcess.startOnJvm(
            List.of(jvm), temporary.resolve("data"), "--memory", "256", "--max-value", "8")) {
      try (TestClient client = TestClient.welcomed(server.address(), "shop")) {
        AsOf asOf = ((Response.Miss) client.lookup("key", 0)).asOf();
        String value = "x".repeat(1 << 20);
        for (int i = 0; i < 200; i++) {
          List<CompletableFuture<Response>> sent =
              List.of(
                  client.send(TestClient.putRequest("key" + i % 60, asOf, 0, value)),
                  client.send(TestClient.lookupRequest("key" + i % 60, 0)));
          sent.forEach(CompletableFuture::join);
        }
      } catch (CompletionException | AssertionError gone) {
        // Its connections ended with it.
      }
      assertThat(server.endsWithin(PATIENCE)).hasValue(OutOfMemory.STATUS);
      assertThat(server.linesWith(words)).isPositive();
    }
  }
}
