package dev.larder.core.engine;

import dev.larder.core.Invalidation;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What the ledger remembers of one tag: the invalidations that can still matter, each a revision
 * and a deadline. Immutable.
 *
 * <p>An entry stamped {@code r} is affected by the invalidations after {@code r} and expires at the
 * earliest of their deadlines. So an invalidation that is followed by one with an earlier or equal
 * deadline never decides anything again and is dropped. What remains ascends in revision
 * <em>and</em> in deadline, and the answer for {@code r} is the deadline of the first invalidation
 * after it.
 */
final class Marks {
  /** No invalidation. */
  static final Marks NONE = new Marks(new long[0], new long[0]);

  private final long[] revisions;
  private final long[] deadlines;

  Marks(long[] revisions, long[] deadlines) {
    this.revisions = revisions;
    this.deadlines = deadlines;
  }

  /**
   * These marks after one more invalidation.
   *
   * @param revision later than every revision here
   * @param deadline when it expires entries, in ms
   * @param now the time in ms: a deadline passed by then counts as passed for ever, even if a clock
   *     is set back later
   * @param limit how many pairs to keep; over it the two neighbours whose deadlines are closest
   *     become one with the later revision and the earlier deadline, which can only expire an
   *     already stale entry too early
   */
  Marks with(long revision, long deadline, long now, int limit) {
    int kept = revisions.length;
    while (kept > 0 && deadlines[kept - 1] >= deadline) {
      kept--;
    }
    long[] newRevisions = Arrays.copyOf(revisions, kept + 1);
    long[] newDeadlines = Arrays.copyOf(deadlines, kept + 1);
    newRevisions[kept] = revision;
    newDeadlines[kept] = deadline;
    Marks marks = new Marks(newRevisions, newDeadlines).settled(now);
    return marks.size() > limit ? marks.withNearestJoined() : marks;
  }

  /** What these marks do to an entry stamped {@code revision} at {@code now}. */
  Effect effect(long revision, long now) {
    int first = firstAfter(revision);
    if (first == revisions.length) {
      return Effect.NONE;
    }
    return deadlines[first] <= now ? Effect.EXPIRED : Effect.STALE;
  }

  /** The revision of the last invalidation whose deadline has passed by {@code now}; 0 if none. */
  long lastPassed(long now) {
    int last = deadlines.length - 1;
    while (last >= 0 && deadlines[last] > now) {
      last--;
    }
    return last < 0 ? 0 : revisions[last];
  }

  /** The index of the first invalidation after {@code revision}; {@link #size} if there is none. */
  int firstAfter(long revision) {
    int found = Arrays.binarySearch(revisions, revision + 1);
    return found >= 0 ? found : -found - 1;
  }

  int size() {
    return revisions.length;
  }

  long revision(int index) {
    return revisions[index];
  }

  long deadline(int index) {
    return deadlines[index];
  }

  /** The revision of the last invalidation. */
  long last() {
    return revisions[revisions.length - 1];
  }

  /** Joins everything whose deadline has passed into one invalidation that has always passed. */
  private Marks settled(long now) {
    int passed = 0;
    while (passed < deadlines.length && deadlines[passed] <= now) {
      passed++;
    }
    if (passed == 0) {
      return this;
    }
    long[] newRevisions = Arrays.copyOfRange(revisions, passed - 1, revisions.length);
    long[] newDeadlines = Arrays.copyOfRange(deadlines, passed - 1, deadlines.length);
    newDeadlines[0] = Invalidation.NOW;
    return new Marks(newRevisions, newDeadlines);
  }

  private Marks withNearestJoined() {
    int nearest = 0;
    long smallest = Long.MAX_VALUE;
    for (int i = 0; i + 1 < deadlines.length; i++) {
      long gap =
          deadlines[i] == Invalidation.NOW ? Long.MAX_VALUE : deadlines[i + 1] - deadlines[i];
      if (gap < smallest) {
        smallest = gap;
        nearest = i;
      }
    }
    int joined = nearest;
    return new Marks(without(revisions, joined), without(deadlines, joined + 1));
  }

  private static long[] without(long[] values, int index) {
    return IntStream.range(0, values.length)
        .filter(i -> i != index)
        .mapToLong(i -> values[i])
        .toArray();
  }

  /** What invalidations do to an entry. */
  enum Effect {
    NONE,
    STALE,
    EXPIRED
  }
}
