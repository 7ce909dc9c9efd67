package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real server on a real file system that is full: a small one, mounted for it alone. */
class DiskFullIT {
  private static final int VALUE_BYTES = 1 << 20;
  private static final int MIB = 64;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String REFUSED = "invalidations fail:";
  private static final String AGAIN = "invalidations succeed again";

  private final Random random = new Random(1);

  @TempDir private Path temporary = Path.of("");

  /** The budget on disk is 4 GiB, as it is by default. */
  @Test
  void entriesGiveWayAndInvalidationsSucceedAllTheTime() throws Exception {
    try (ServerProcess server = started();
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      assertThat(server.linesWith("--disk is 4096 MiB")).isOne();
      int stored = 0;
      for (int i = 0; i < 6 * MIB; i++) {
        AsOf asOf = client.invalidate("tag " + i);
        stored += put(client, "key " + i, asOf) ? 1 : 0;
      }
      assertThat(stored).isGreaterThan(MIB / 4);
      assertThat(readiness(server)).isEqualTo(200);

      // Those used least have made room, and what is kept can be read.
      int kept = 0;
      for (int i = 0; i < 6 * MIB; i++) {
        kept += client.lookup("key " + i, 0) instanceof Response.Fresh ? 1 : 0;
      }
      assertThat(kept).isBetween(MIB / 8, 2 * MIB);
      eventually(PATIENCE, () -> put(client, "later", client.invalidate("later")));
      assertThat(server.linesWith("puts fail:")).isLessThan(6);
      assertThat(server.linesWith(REFUSED)).isZero();
    }
  }

  @Test
  void whatFillsTheVolumeIsToldUntilItIsGone() throws Exception {
    try (ServerProcess server = started();
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = client.invalidate("tag");
      assertThat(put(client, "key", asOf)).isTrue();
      Path filler = server.seenByIt(temporary.resolve("small/somebody's"));
      fill(filler);

      // It takes a while to use up what the log has reserved for itself, and what entries gave
      // back.
      eventually(
          PATIENCE,
          () -> {
            fill(filler);
            return invalidated(client) instanceof Response.Failed failed
                && failed.code() == ErrorCode.STORE_UNAVAILABLE
                && readiness(server) == 503;
          });
      for (int i = 0; i < 20; i++) {
        fill(filler);
        invalidated(client);
      }
      assertThat(put(client, "another", asOf)).isFalse();
      assertThat(server.linesWith(REFUSED)).isBetween(1L, 5L);

      Files.delete(filler);
      eventually(PATIENCE, () -> readiness(server) == 200);
      assertThat(server.linesWith(AGAIN)).isBetween(1L, 5L);
      assertThat(client.invalidate("tag").revision()).isGreaterThan(asOf.revision());
      eventually(PATIENCE, () -> put(client, "another", client.invalidate("tag")));
    }
  }

  private ServerProcess started() throws IOException {
    Path mount = Files.createDirectory(temporary.resolve("small"));
    return ServerProcess.startOnSmallDisk(mount, MIB, "--memory", "1", "--max-value", "2");
  }

  private boolean put(TestClient client, String key, AsOf asOf) {
    // What cannot be compressed.
    byte[] value = new byte[VALUE_BYTES / 2];
    random.nextBytes(value);
    return client
        .put(key, asOf, 0, new String(value, StandardCharsets.ISO_8859_1))
        .equals(new Response.Stored(PutOutcome.STORED));
  }

  private static Response invalidated(TestClient client) {
    List<String> tags =
        IntStream.range(0, 100).mapToObj(i -> "tag " + i + "x".repeat(200)).toList();
    return client.ask(new Request.Invalidate(TagSet.of(tags), 0));
  }

  /** Writes until the volume takes nothing more. */
  private static void fill(Path file) {
    for (int bytes : new int[] {1 << 20, 4096, 1}) {
      try (OutputStream out =
          Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        while (true) {
          out.write(new byte[bytes]);
        }
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("No space left");
      }
    }
  }

  private static int readiness(ServerProcess server) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(server.address().resolve("/readyz")).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }
}
