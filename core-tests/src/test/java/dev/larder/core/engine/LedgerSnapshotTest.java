package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A ledger as bytes, and back. */
class LedgerSnapshotTest extends LedgerScenario {
  @Test
  void ofNothingRestoreToNothing() {
    Ledger restored = Ledger.restore(ledger.snapshot(), TAGS);
    assertThat(restored.revision()).isEqualTo(Revision.ZERO);
    assertThat(restored.size()).isZero();
  }

  @Test
  void keepEverythingThatMatters() {
    invalidate(Invalidation.NOW, "a", "bé", "\ud83d\ude00");
    invalidate(5_000, "a");
    invalidate(Invalidation.NEVER, "a", "c");
    invalidateMany("t", TAGS - 2);

    Ledger restored = Ledger.restore(ledger.snapshot(), TAGS);

    assertThat(restored.revision()).isEqualTo(ledger.revision());
    assertThat(restored.floor()).isEqualTo(ledger.floor());
    assertThat(restored.size()).isEqualTo(ledger.size());
    for (long known = ledger.floor().number(); known <= ledger.revision().number(); known++) {
      assertThat(restored.since(new Revision(known), Limits.MAX_LISTED))
          .isEqualTo(ledger.since(new Revision(known), Limits.MAX_LISTED));
    }
    assertThat(restored.snapshot()).isEqualTo(ledger.snapshot());
  }

  @Test
  void keepThatAKeyWasPurged() {
    invalidate(Invalidation.NOW, KEY.purgeTag());
    Ledger restored = Ledger.restore(ledger.snapshot(), TAGS);
    assertThat(restored.freshness(KEY, entry("x", 0), TagSet.EMPTY, now)).isEqualTo(EXPIRED_BY_TAG);
  }

  @Test
  void restoreIntoASmallerLedgerByForgetting() {
    Ledger large = Ledger.empty(TAGS + 1);
    large.apply(new Invalidation(new Revision(1), TagSet.of("old"), Invalidation.NEVER), now);
    large.apply(
        new Invalidation(
            new Revision(2),
            TagSet.of(IntStream.range(0, TAGS).mapToObj(i -> "t" + i).toList()),
            Invalidation.NOW),
        now);

    Ledger restored = Ledger.restore(large.snapshot(), TAGS);

    assertThat(restored.floor()).isEqualTo(new Revision(1));
    assertThat(restored.size()).isEqualTo(TAGS);
    assertThat(restored.freshness(KEY, entry("x", 0), TagSet.EMPTY, now)).isEqualTo(FORGOTTEN);
  }

  @Test
  void countGoesOnAfterThem() {
    invalidate(Invalidation.NOW, "a");
    Ledger restored = Ledger.restore(ledger.snapshot(), TAGS);
    restored.apply(new Invalidation(new Revision(2), TagSet.of("b"), Invalidation.NOW), now);
    assertThat(restored.freshness(KEY, entry("x", 1, "b"), TagSet.EMPTY, now))
        .isEqualTo(EXPIRED_BY_TAG);
  }

  @Test
  void thatEndEarlyAreRefused() {
    invalidate(5_000, "a", "b");
    invalidate(Invalidation.NEVER, "a");
    byte[] snapshot = ledger.snapshot();
    for (int length = 0; length < snapshot.length; length++) {
      byte[] cut = Arrays.copyOf(snapshot, length);
      assertThatThrownBy(() -> Ledger.restore(cut, TAGS))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void withTrailingBytesAreRefused() {
    byte[] snapshot = ledger.snapshot();
    assertThatThrownBy(() -> Ledger.restore(Arrays.copyOf(snapshot, snapshot.length + 1), TAGS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ofAnotherVersionAreRefused() {
    byte[] snapshot = ledger.snapshot();
    snapshot[0]++;
    assertThatThrownBy(() -> Ledger.restore(snapshot, TAGS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("version 2");
  }

  @Test
  void thatAreDamagedNeverFailInAnotherWay() {
    invalidate(5_000, "a", "b");
    invalidate(Invalidation.NEVER, "a");
    byte[] snapshot = ledger.snapshot();
    for (int bit = 0; bit < snapshot.length * 8; bit++) {
      byte[] damaged = snapshot.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        Ledger restored = Ledger.restore(damaged, TAGS);
        assertThat(restored.floor()).isLessThanOrEqualTo(restored.revision());
        restored.freshness(KEY, entry("x", 0, "a", "b"), TagSet.EMPTY, now);
        restored.since(Revision.ZERO, 3);
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageContaining("ledger snapshot");
      }
    }
  }

  @Test
  void ofARevisionThatIsTheFloorIsASnapshot() {
    assertThatCode(() -> restored(5, 5)).doesNotThrowAnyException();
  }

  @Test
  void withAFloorBelowZeroOrAboveTheRevisionAreRefused() {
    assertDamaged(-1, 5);
    assertDamaged(6, 5);
  }

  @Test
  void ofTagsInOrderAreSnapshots() {
    Ledger restored =
        restored(0, 5, tag("a", 1, 10, 2, 20), tag("b", 2, 5), tag("c", 5, Invalidation.NEVER));
    assertThat(restored.since(new Revision(1), 3).invalidations()).hasSize(3);
  }

  @Test
  void ofATagWithoutInvalidationsAreRefused() {
    assertDamaged(0, 5, tag("a"));
  }

  @Test
  void ofARevisionBelowOneOrAboveTheLastAreRefused() {
    assertDamaged(0, 5, tag("a", 0, 10));
    assertDamaged(0, 5, tag("a", -1, 10, 1, 20));
    assertDamaged(0, 5, tag("a", 6, 10));
    assertDamaged(0, 5, tag("a", 1, 10, 6, 20));
  }

  @Test
  void whosePairsDoNotAscendAreRefused() {
    assertDamaged(0, 5, tag("a", 2, 10, 1, 20));
    assertDamaged(0, 5, tag("a", 2, 10, 2, 20));
    assertDamaged(0, 5, tag("a", 1, 20, 2, 10));
    assertDamaged(0, 5, tag("a", 1, 20, 2, 20));
  }

  @Test
  void whoseTagsDoNotAscendAreRefused() {
    assertDamaged(0, 5, tag("a", 2, 10), tag("b", 1, 10));
  }

  @Test
  void thatNameATagTwiceAreRefused() {
    assertDamaged(0, 5, tag("a", 1, 10), tag("a", 2, 10));
  }

  private record Tag(String name, List<Long> pairs) {}

  private static Tag tag(String name, long... pairs) {
    return new Tag(name, Arrays.stream(pairs).boxed().toList());
  }

  private static void assertDamaged(long floor, long revision, Tag... tags) {
    assertThatThrownBy(() -> restored(floor, revision, tags))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a damaged ledger snapshot");
  }

  private static Ledger restored(long floor, long revision, Tag... tags) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeByte(1);
      out.writeLong(floor);
      out.writeLong(revision);
      out.writeInt(tags.length);
      for (Tag tag : tags) {
        out.writeUTF(tag.name());
        out.writeByte(tag.pairs().size() / 2);
        for (long number : tag.pairs()) {
          out.writeLong(number);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Ledger.restore(bytes.toByteArray(), TAGS);
  }
}
