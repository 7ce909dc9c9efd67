package dev.larder.core;

import static dev.larder.testkit.Entries.FOREVER;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Origin.Kind;
import dev.larder.core.wire.Request;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What clients send for people to read: bounded, and harmless to whoever reads it. */
class ForPeopleTest {
  private static final String LONG = "a".repeat(1000);
  private static final String LABEL = "a".repeat(Origin.MAX_LABEL);
  private static final String NAME = "a".repeat(Origin.MAX_NAME);

  private static String shown(String label) {
    return new Origin(label, Kind.PAGE, "", "", 0).label();
  }

  @Nested
  class Texts {
    @Test
    void areCutByTheirBytesAndNotWithinACharacter() {
      assertThat(shown(LABEL)).isEqualTo(LABEL);
      assertThat(shown(LABEL + "b")).isEqualTo(LABEL);
      assertThat(shown("é".repeat(101))).isEqualTo("é".repeat(100));
      assertThat(shown("€".repeat(67))).isEqualTo("€".repeat(66));
      assertThat(shown("a".repeat(198) + "😀")).isEqualTo("a".repeat(198));
      assertThat(shown("a".repeat(196) + "😀b")).isEqualTo("a".repeat(196) + "😀");
    }

    @Test
    void haveNoControlCharacters() {
      assertThat(shown("/a\u001b[2J\n\u0085b")).isEqualTo("/a\ufffd[2J\ufffd\ufffdb");
    }

    @Test
    void areNotCutAtHalfASurrogatePair() {
      assertThat(shown("a\ud83d/b")).isEqualTo("a\ud83d/b");
    }
  }

  @Nested
  class Origins {
    @Test
    void haveBoundedTextsAndABoundedGeneration() {
      assertThat(new Origin(LONG, Kind.FETCH, LONG, LONG, -1))
          .isEqualTo(new Origin(LABEL, Kind.FETCH, NAME, NAME, 0));
      assertThat(new Origin("", Kind.FETCH, "", "", Long.MAX_VALUE).generation())
          .isEqualTo(4_294_967_295L);
    }

    @Test
    void haveAKindWithANumberAndAName() {
      assertThat(Stream.of(Kind.values()).map(kind -> Kind.of(kind.number())))
          .containsExactly(Kind.values());
      assertThat(Stream.of(Kind.values()).map(Kind::label))
          .containsExactly(
              "unknown", "use-cache", "remote", "page", "route", "fetch", "image", "java");
      for (int unknown : new int[] {-1, 8}) {
        assertThatThrownBy(() -> Kind.of(unknown))
            .isInstanceOf(InvalidValueException.class)
            .hasMessageContainingAll("kind " + unknown, "0 to 7");
      }
    }
  }

  @Nested
  class Paths {
    @Test
    void areOfVisibleAsciiAndBounded() {
      String longest = "/" + "a".repeat(PathReads.MAX_BYTES - 1);
      assertThat(new PathReads(longest, -1)).isEqualTo(new PathReads(longest, 0));
      for (String refused : List.of("", "product", "//a b", "/é", "/\u001b", longest + "a")) {
        assertThatThrownBy(() -> new PathReads(refused, 1))
            .isInstanceOf(InvalidValueException.class)
            .hasMessageContainingAll("path '", "visible ASCII", "512");
      }
    }

    @Test
    void areBoundedInNumber() {
      var most = Collections.nCopies(PathReads.MAX_COUNT, new PathReads("/", 1));
      assertThat(new Request.Paths(most).reads()).hasSize(PathReads.MAX_COUNT);
      var more = Collections.nCopies(PathReads.MAX_COUNT + 1, new PathReads("/", 1));
      assertThatThrownBy(() -> new Request.Paths(more))
          .isInstanceOf(InvalidValueException.class)
          .hasMessage("257 paths; at most 256");
    }
  }

  @Nested
  class Memory {
    private static int of(byte[] value, TagSet tags, Origin origin) {
      return new CacheEntry(Revision.ZERO, tags, FOREVER, 0, 0, value, origin).memoryBytes();
    }

    private static int of(Origin origin) {
      return of(new byte[0], TagSet.EMPTY, origin);
    }

    private static int of(String... tags) {
      return of(new byte[0], TagSet.of(tags), Origin.NONE);
    }

    @Test
    void growsByEachByteOfTheValue() {
      int empty = of(new byte[0], TagSet.EMPTY, Origin.NONE);
      assertThat(empty).isPositive();
      assertThat(of(new byte[5_000], TagSet.EMPTY, Origin.NONE)).isEqualTo(empty + 5_000);
    }

    @Test
    void growsByEachLetterOfATagWhichTakesTwoBytesWhereOneIsWide() {
      int beside = of("a") - of() - 1;
      assertThat(beside).isPositive();
      assertThat(of("aÿ" + "b".repeat(98))).isEqualTo(of() + beside + 100);
      assertThat(of("€" + "b".repeat(99))).isEqualTo(of() + beside + 200);
      assertThat(of("a", "bc")).isEqualTo(of() + 2 * beside + 3);
    }

    @Test
    void growsByTheTextsOfAnOrigin() {
      int beside = of(new Origin("", Kind.PAGE, "", "", 0)) - of(Origin.NONE);
      assertThat(beside).isPositive();
      assertThat(of(new Origin("/a", Kind.PAGE, "build", "instance", 7)))
          .isEqualTo(of(Origin.NONE) + beside + 2 + 5 + 8);
    }
  }

  @Nested
  class Sources {
    private static final InvalidationSource TOLD =
        new InvalidationSource("updateTag", "/edit", "one", "token-1", Via.BATCH);

    @Test
    void haveBoundedTexts() {
      assertThat(new InvalidationSource(LONG, LONG, LONG, LONG, Via.HTTP))
          .isEqualTo(new InvalidationSource(NAME, LABEL, NAME, NAME, Via.HTTP));
    }

    @Test
    void areTheSameAfterTheyWereLines() {
      assertThat(TOLD.lines().lines()).hasSize(5);
      assertThat(InvalidationSource.ofLines(TOLD.lines())).isEqualTo(TOLD);
      assertThat(InvalidationSource.ofLines(InvalidationSource.NONE.lines()))
          .isEqualTo(InvalidationSource.NONE);
    }

    @Test
    void ofAnotherFormAreNone() {
      assertThat(InvalidationSource.ofLines("updateTag\n/edit\none\ntoken-1"))
          .isEqualTo(InvalidationSource.NONE);
      assertThat(InvalidationSource.ofLines("a\nb\nc\nd\npigeon").via()).isEqualTo(Via.UNKNOWN);
    }

    @Test
    void areCompletedByWhoeverReceivesThem() {
      var given = new InvalidationSource("updateTag", "/edit", "");
      assertThat(given.from("one").token("token-1").via(Via.BATCH)).isEqualTo(TOLD);
      assertThat(TOLD.from("two")).isEqualTo(TOLD);
    }
  }

  @Nested
  class Audits {
    private static AuditedInvalidation of(String... tags) {
      var invalidation = new Invalidation(new Revision(7), TagSet.of(tags), 60_000);
      return AuditedInvalidation.of(invalidation, 5_000, Sources.TOLD);
    }

    @Test
    void haveAllTagsOfAnInvalidationThatFit() {
      AuditedInvalidation few = of("a", "b");
      assertThat(few.invalidation())
          .isEqualTo(new Invalidation(new Revision(7), TagSet.of("a", "b"), 60_000));
      assertThat(few.moreTags()).isZero();
      assertThat(few.at()).isEqualTo(5_000);
      assertThat(few.source()).isEqualTo(Sources.TOLD);
    }

    @Test
    void haveTheFirstOfMoreTagsAndHowManyTheyLeaveOut() {
      String half = "a".repeat(2_048);
      assertThat(of(half, "é".repeat(1_024), "b").invalidation().tags())
          .isEqualTo(TagSet.of(half, "é".repeat(1_024)));
      assertThat(of(half, "é".repeat(1_024), "b", "c").moreTags()).isEqualTo(2);
      assertThat(of("b", "a".repeat(4_096)).invalidation().tags()).isEqualTo(TagSet.of("b"));
      assertThat(of("a".repeat(4_096)).moreTags()).isZero();
    }
  }

  @Nested
  class Identities {
    @Test
    void haveBoundedTexts() {
      assertThat(new Identity(LONG, LONG, 7, LONG, LONG, LONG, LONG, LONG, LONG))
          .isEqualTo(new Identity(NAME, LABEL, 7, LABEL, LABEL, LABEL, NAME, NAME, NAME));
    }
  }

  @Nested
  class Reports {
    private static Report of(int hottest, int renders, long saved) {
      return new Report(
          AsOf.NONE,
          new Report.Lookups(0, 0, 0, 0, 0, 0),
          saved,
          new Report.Near(0, 0, 0),
          Collections.nCopies(hottest, new Report.Reads(key("a"), 1)),
          Collections.nCopies(renders, new Report.Render("/", List.of())));
    }

    private static void refused(Runnable made, String saying) {
      assertThatThrownBy(made::run).isInstanceOf(InvalidValueException.class).hasMessage(saying);
    }

    @Test
    void listNoMoreThanTheyMay() {
      Report most = of(16, 32, -1);
      assertThat(most.hottest()).hasSize(16);
      assertThat(most.renders()).hasSize(32);
      assertThat(most.saved()).isZero();
      refused(() -> of(17, 0, 0), "17 hot keys; at most 16");
      refused(() -> of(0, 33, 0), "33 paths; at most 32");
    }

    @Test
    void nameAPathAndItsKeys() {
      List<CacheKey> keys = Collections.nCopies(64, key("a"));
      assertThat(new Report.Render(LONG, keys)).isEqualTo(new Report.Render(LABEL, keys));
      refused(
          () -> new Report.Render("/", Collections.nCopies(65, key("a"))),
          "65 keys of a path; at most 64");
    }
  }
}
