package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * As many and as long tags as anybody may send, to a server with a heap of 256 MiB: it remembers
 * fewer of them, and goes on.
 */
class TagMemoryIT {
  /** What a process with 256 MiB of heap and as much beside it takes at most, in MiB. */
  private static final long PEAK = 800;

  @TempDir private Path temporary = Path.of("");

  private static String[] tags(String prefix, int count, int bytes) {
    String padding = "x".repeat(bytes - prefix.length() - 4);
    return IntStream.range(0, count)
        .mapToObj(i -> prefix + "%04d".formatted(i) + padding)
        .toArray(String[]::new);
  }

  @Tag("full")
  @Test
  void invalidatedTagsAreForgottenBeforeTheyExhaustTheHeap() throws Exception {
    int messages = Integer.getInteger("larder.tags.messages", 100);
    AsOf asOf;
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf before = client.invalidate("first");
      assertThat(client.put("early", before, 0, "x", "other")).isEqualTo(stored());
      for (int i = 0; i < messages; i++) {
        TagSet tags = TagSet.of(tags("%04d ".formatted(i), TagSet.MAX_TAGS, TagSet.MAX_TAG_BYTES));
        client.ask(new Request.Invalidate(tags, 0));
      }
      asOf = client.invalidate("last");
      assertThat(asOf.revision().number()).isEqualTo(before.revision().number() + messages + 1);
      // What is older than what was forgotten counts as expired, and what is new is served.
      assertThat(client.lookup("early", 0)).isInstanceOf(Response.Miss.class);
      assertThat(client.put("late", asOf, 0, "x", "other")).isEqualTo(stored());
      assertThat(client.lookup("late", 0)).isInstanceOf(Response.Fresh.class);
      print(server, "%d tags of 4 KiB invalidated".formatted(messages * TagSet.MAX_TAGS));
      server.kill();
    }
    // And whoever opens what it left has room for it.
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      assertThat(client.lookup("early", 0)).isInstanceOf(Response.Miss.class);
      assertThat(client.lookup("late", 0)).isInstanceOf(Response.Fresh.class);
      assertThat(client.invalidate("again").revision()).isEqualTo(asOf.revision().next());
      print(server, "opened again");
    }
  }

  @Test
  void entriesOfThousandsOfTagsCountByTheirTags() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"), "--disk", "200");
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = client.invalidate("first");
      String[] tags =
          tags("", TagSet.MAX_OF_ENTRY, TagSet.MAX_BYTES_OF_ENTRY / TagSet.MAX_OF_ENTRY);
      int entries = 60;
      for (int i = 0; i < entries; i++) {
        assertThat(client.put("key" + i, asOf, 0, "x", tags)).isEqualTo(stored());
      }
      print(server, "%d entries of %d tags put".formatted(entries, tags.length));
      int kept = 0;
      for (int i = 0; i < entries; i++) {
        kept += client.lookup("key" + i, 0) instanceof Response.Fresh ? 1 : 0;
      }
      print(server, "%d of them are kept in 200 MiB, and were read".formatted(kept));
      assertThat(kept).isBetween(5, 25);
    }
  }

  private static Response stored() {
    return new Response.Stored(PutOutcome.STORED);
  }

  private static void print(ServerProcess server, String what) throws Exception {
    System.out.printf("%s: at most %d MiB%n", what, server.peakMemory() >> 10);
    assertThat(server.peakMemory() >> 10).as("MiB at most").isLessThan(PEAK);
  }
}
