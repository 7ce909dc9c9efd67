package dev.larder.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.Invalidation;
import dev.larder.core.engine.Marks.Effect;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarksTest {
  private static final long NOW = Invalidation.NOW;
  private static final long NEVER = Invalidation.NEVER;
  private static final int LIMIT = 16;

  /** Marks of revisions 1, 2, 3… with these deadlines, all made at time 0. */
  private static Marks marks(long... deadlines) {
    return limited(LIMIT, deadlines);
  }

  private static Marks limited(int limit, long... deadlines) {
    Marks marks = Marks.NONE;
    for (int i = 0; i < deadlines.length; i++) {
      marks = marks.with(i + 1, deadlines[i], 0, limit);
    }
    return marks;
  }

  private static List<Long> deadlines(Marks marks) {
    var deadlines = new ArrayList<Long>();
    for (int i = 0; i < marks.size(); i++) {
      deadlines.add(marks.deadline(i));
    }
    return deadlines;
  }

  private static List<Long> revisions(Marks marks) {
    var revisions = new ArrayList<Long>();
    for (int i = 0; i < marks.size(); i++) {
      revisions.add(marks.revision(i));
    }
    return revisions;
  }

  @Nested
  class WithoutInvalidations {
    @Test
    void nothingIsAffected() {
      assertThat(Marks.NONE.effect(0, 0)).isEqualTo(Effect.NONE);
      assertThat(Marks.NONE.effect(Long.MAX_VALUE - 1, Long.MAX_VALUE)).isEqualTo(Effect.NONE);
    }
  }

  @Nested
  class OneInvalidation {
    @Test
    void anEntryMadeBeforeItIsExpired() {
      assertThat(marks(NOW).effect(0, 0)).isEqualTo(Effect.EXPIRED);
    }

    @Test
    void anEntryMadeAsOfItIsNotTouched() {
      assertThat(marks(NOW).effect(1, 0)).isEqualTo(Effect.NONE);
    }

    @Test
    void withADeadlineAnEntryIsStaleUntilThen() {
      assertThat(marks(10).effect(0, 9)).isEqualTo(Effect.STALE);
    }

    @Test
    void atItsDeadlineAnEntryIsExpired() {
      assertThat(marks(10).effect(0, 10)).isEqualTo(Effect.EXPIRED);
    }

    @Test
    void anEntryMadeAfterItOutlivesItsDeadline() {
      assertThat(marks(10).effect(1, 1000)).isEqualTo(Effect.NONE);
    }

    @Test
    void withoutADeadlineAnEntryStaysStale() {
      assertThat(marks(NEVER).effect(0, NEVER - 1)).isEqualTo(Effect.STALE);
    }

    @Test
    void nowIsExpiredWhateverTheClockSays() {
      assertThat(marks(NOW).effect(0, Long.MIN_VALUE)).isEqualTo(Effect.EXPIRED);
    }
  }

  @Nested
  class Dominance {
    @Test
    void aHardOneIsNotUndoneByALaterSoftOne() {
      assertThat(marks(NOW, 10).effect(0, 5)).isEqualTo(Effect.EXPIRED);
      assertThat(marks(NOW, NEVER).effect(0, 5)).isEqualTo(Effect.EXPIRED);
    }

    @Test
    void theSoftOneAppliesToWhatWasMadeBetween() {
      assertThat(marks(NOW, 10).effect(1, 5)).isEqualTo(Effect.STALE);
    }

    @Test
    void aLaterEarlierDeadlineReplacesAllBefore() {
      Marks marks = marks(10, 20, 30, 5);
      assertThat(revisions(marks)).containsExactly(4L);
      assertThat(deadlines(marks)).containsExactly(5L);
    }

    @Test
    void anEqualDeadlineKeepsTheLaterRevision() {
      assertThat(revisions(marks(10, 10))).containsExactly(2L);
      assertThat(revisions(marks(NEVER, NEVER))).containsExactly(2L);
    }

    @Test
    void aLaterLaterDeadlineIsKeptApart() {
      Marks marks = marks(10, 20);
      assertThat(revisions(marks)).containsExactly(1L, 2L);
      assertThat(deadlines(marks)).containsExactly(10L, 20L);
    }

    @Test
    void aDeadlineIsNotProlongedByALaterOne() {
      assertThat(marks(10, NEVER).effect(0, 10)).isEqualTo(Effect.EXPIRED);
      assertThat(marks(10, NEVER).effect(1, 10)).isEqualTo(Effect.STALE);
    }

    @Test
    void onlyThoseThatCanStillDecideAreReplaced() {
      Marks marks = marks(10, 30, 20);
      assertThat(revisions(marks)).containsExactly(1L, 3L);
      assertThat(deadlines(marks)).containsExactly(10L, 20L);
    }
  }

  @Nested
  class Settling {
    @Test
    void passedDeadlinesBecomeOneThatHasAlwaysPassed() {
      Marks marks = marks(10, 20).with(3, 40, 30, LIMIT);
      assertThat(revisions(marks)).containsExactly(2L, 3L);
      assertThat(deadlines(marks)).containsExactly(NOW, 40L);
    }

    @Test
    void aDeadlineThatPassesExactlyNowIsPassed() {
      assertThat(deadlines(marks(10).with(2, 40, 10, LIMIT))).containsExactly(NOW, 40L);
    }

    @Test
    void aDeadlineInThePastIsNow() {
      assertThat(deadlines(Marks.NONE.with(1, 5, 10, LIMIT))).containsExactly(NOW);
    }

    @Test
    void aClockSetBackDoesNotReviveAnEntry() {
      Marks marks = marks(10).with(2, 40, 30, LIMIT);
      assertThat(marks.effect(0, 0)).isEqualTo(Effect.EXPIRED);
    }

    @Test
    void nothingIsSettledBeforeItsTime() {
      assertThat(deadlines(marks(10).with(2, 40, 9, LIMIT))).containsExactly(10L, 40L);
    }
  }

  @Nested
  class AtTheLimit {
    @Test
    void theTwoClosestDeadlinesBecomeOne() {
      Marks marks = limited(3, 10, 50, 52, 90);
      assertThat(revisions(marks)).containsExactly(1L, 3L, 4L);
      assertThat(deadlines(marks)).containsExactly(10L, 50L, 90L);
    }

    @Test
    void theFirstPairOfEquallyCloseOnesIsJoined() {
      Marks marks = limited(2, 10, 20, 30);
      assertThat(revisions(marks)).containsExactly(2L, 3L);
      assertThat(deadlines(marks)).containsExactly(10L, 30L);
    }

    @Test
    void whatHasPassedIsNotJoinedWhileAnythingElseCanBe() {
      Marks marks = limited(3, NOW, 10, 11, 90);
      assertThat(revisions(marks)).containsExactly(1L, 3L, 4L);
      assertThat(deadlines(marks)).containsExactly(NOW, 10L, 90L);
    }

    @Test
    void exactlyAtTheLimitNothingIsJoined() {
      assertThat(limited(3, 10, 20, 30).size()).isEqualTo(3);
    }

    @Test
    void withRoomForOneTheStrictestIsKept() {
      Marks marks = limited(1, NOW, NEVER);
      assertThat(revisions(marks)).containsExactly(2L);
      assertThat(deadlines(marks)).containsExactly(NOW);
    }
  }

  /** Every short sequence of invalidations, with time passing between, against the definition. */
  @Nested
  class EverySequence {
    private static final long[] DEADLINES = {NOW, 10, 20, 30, NEVER};
    private static final long[] PAUSES = {0, 12};
    private static final int LENGTH = 4;

    private int judged;

    @Test
    void seesExactlyTheInvalidationsAfterAnEntry() {
      walk(Marks.NONE, List.of(), 0, LIMIT);
      assertThat(judged).isGreaterThan(100_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void atALimitErrsOnlyTowardsExpired(int limit) {
      walk(Marks.NONE, List.of(), 0, limit);
      assertThat(judged).isGreaterThan(100_000);
    }

    private void walk(Marks marks, List<Long> deadlines, long now, int limit) {
      check(marks, deadlines, now, limit);
      if (deadlines.size() == LENGTH) {
        return;
      }
      for (long pause : PAUSES) {
        for (long deadline : DEADLINES) {
          var longer = new ArrayList<>(deadlines);
          longer.add(deadline);
          walk(marks.with(longer.size(), deadline, now + pause, limit), longer, now + pause, limit);
        }
      }
    }

    private void check(Marks marks, List<Long> deadlines, long now, int limit) {
      assertAscending(marks);
      assertThat(marks.size()).isLessThanOrEqualTo(limit);
      for (int made = 0; made <= deadlines.size(); made++) {
        for (long later : new long[] {0, 5, 10, 25, 1000}) {
          Effect expected = defined(deadlines, made, now + later);
          Effect actual = marks.effect(made, now + later);
          judged++;
          if (actual != expected && !(limit < LIMIT && expected == Effect.STALE)) {
            throw new AssertionError(
                "deadlines %s, made as of %d, at %d: %s instead of %s"
                    .formatted(deadlines, made, now + later, actual, expected));
          }
        }
      }
    }

    private static Effect defined(List<Long> deadlines, int made, long now) {
      Effect effect = Effect.NONE;
      for (long deadline : deadlines.subList(made, deadlines.size())) {
        if (deadline <= now) {
          return Effect.EXPIRED;
        }
        effect = Effect.STALE;
      }
      return effect;
    }

    private static void assertAscending(Marks marks) {
      for (int i = 1; i < marks.size(); i++) {
        assertThat(marks.revision(i)).isGreaterThan(marks.revision(i - 1));
        assertThat(marks.deadline(i)).isGreaterThan(marks.deadline(i - 1));
      }
    }
  }

  @Test
  void theLastThatHasPassedHasPassedFromItsDeadlineOn() {
    Marks marks = marks(10, 20, 30);
    assertThat(marks.lastPassed(9)).isZero();
    assertThat(marks.lastPassed(19)).isEqualTo(1);
    assertThat(marks.lastPassed(20)).isEqualTo(2);
  }
}
