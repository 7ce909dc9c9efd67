package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Answer;
import dev.larder.core.wire.ErrorCode;
import dev.larder.core.wire.Request;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real server on a real file system that is full: a small one, mounted for it alone. */
class DiskFullIT {
  private static final int VALUE_BYTES = 1 << 20;

  @TempDir private Path temporary = Path.of("");

  @Test
  void invalidationsFailPutsAreDroppedAndReadsGoOn() throws Exception {
    Path mount = Files.createDirectory(temporary.resolve("small"));
    try (ServerProcess server =
            ServerProcess.startOnSmallDisk(mount, 64, "--memory", "1", "--max-value", "2");
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = ((Answer.Miss) client.lookup("key 0", 0)).asOf();
      String value = "x".repeat(VALUE_BYTES);
      int stored = 0;
      while (stored < 200
          && client
              .put("key " + stored, asOf, 0, value)
              .equals(new Answer.Stored(Put.Outcome.STORED))) {
        stored++;
      }
      assertThat(stored).isBetween(10, 60);

      assertThat(client.put("another", asOf, 0, value))
          .isEqualTo(new Answer.Stored(Put.Outcome.DROPPED));
      Answer refused = client.ask(new Request.Invalidate(TagSet.of("tag"), 0));
      assertThat(((Answer.Failed) refused).code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
      for (int i = 0; i < stored; i++) {
        assertThat(client.lookup("key " + i, 0)).isInstanceOf(Answer.Fresh.class);
      }
      assertThat(client.lookup("key 0", 0)).isInstanceOf(Answer.Fresh.class);
    }
  }
}
