package dev.larder.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.StoreIdentity;
import dev.larder.server.store.EntryWriter.Made;
import dev.larder.server.store.MemoryTier.Place;
import dev.larder.testkit.Entries;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EntryWriterTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Place PLACE = new Place(new StoreIdentity(1), Entries.key("key"));

  @TempDir private Path temporary = Path.of("");

  @Test
  void whatFailsFailsAloneAndIsAnswered() {
    try (Database database = StoreFixture.database(temporary);
        EntryWriter writer = new EntryWriter(database)) {
      var tooLarge =
          writer.write(
              PLACE,
              0,
              "failed",
              batch -> {
                throw new InternalError("injected");
              });
      assertThat(tooLarge).succeedsWithin(SOON).isEqualTo("failed");
      var next = writer.write(PLACE, 0, "failed", batch -> new Made<>("made", () -> {}));
      assertThat(next).succeedsWithin(SOON).isEqualTo("made");
    }
  }
}
