package dev.larder.core.engine;

import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheKey;
import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A log is compacted in proportion to what its snapshot holds, and before it is too large. */
class UncompactedTest {
  private final Ledger ledger = Ledger.empty(100_000);
  private final Uncompacted uncompacted = new Uncompacted();

  private static Invalidation invalidation(long revision, TagSet tags) {
    return new Invalidation(new Revision(revision), tags, Invalidation.NOW);
  }

  private int gatheredUntilWorthIt(TagSet tags) {
    int gathered = 0;
    do {
      uncompacted.add(invalidation(1, tags));
      gathered++;
    } while (!uncompacted.exceeds(ledger));
    return gathered;
  }

  @Test
  void aSmallOneOnceItHas1025() {
    assertThat(gatheredUntilWorthIt(TagSet.of("a"))).isEqualTo(1025);
    assertThat(gatheredUntilWorthIt(TagSet.of("a"))).isEqualTo(1025);
  }

  /** Otherwise a thousand purges would write a snapshot of all the marks there are. */
  @Test
  void marksOfKeysArePartOfASnapshot() {
    for (int i = 1; i <= 3_000; i++) {
      CacheKey key = key("purged" + i);
      ledger.apply(invalidation(i, TagSet.of(key.purgeTag(), key.copyTag())), 0);
    }
    assertThat(gatheredUntilWorthIt(TagSet.of("a"))).isEqualTo(6_001);
  }

  /** Otherwise whoever opens it would have no room for what follows the snapshot. */
  @Test
  void longTagsAreWorthItSooner() {
    TagSet tag = TagSet.of("x".repeat(TagSet.MAX_TAG_BYTES));
    TagSet many =
        TagSet.of(
            IntStream.range(0, 1_000)
                .mapToObj(i -> "%04d".formatted(i) + "x".repeat(TagSet.MAX_TAG_BYTES - 4))
                .toArray(String[]::new));
    assertThat(gatheredUntilWorthIt(tag)).isEqualTo(1025);
    assertThat(gatheredUntilWorthIt(many)).isEqualTo(2);
  }
}
