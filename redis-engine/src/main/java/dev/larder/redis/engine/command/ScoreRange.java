package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.Scored;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import java.util.function.Predicate;

/**
 * Members of a sorted set that lie together: by rank, by score or by their bytes.
 *
 * <p>Every kind comes down to two ranks, found in logarithmic time by halving, plus the number of
 * blocks of the {@link SortedSetValue}. A range is read before the set is looked at, so that a
 * mistake in it is answered even if there is no set.
 */
sealed interface ScoreRange {
  /**
   * The ranks of them, the second excluded; none if it is not greater than the first.
   *
   * @param set whose members are looked for
   */
  Span ranks(SortedSetValue set);

  /**
   * By rank, from the end if it is negative, or if the order is reversed.
   *
   * @param span as it was read, both ends included
   * @param reverse whether ranks count from the greatest score
   */
  record ByRank(Span span, boolean reverse) implements ScoreRange {
    @Override
    public Span ranks(SortedSetValue set) {
      Span within = span.within(set.size());
      return reverse && within.to() > within.from()
          ? new Span(set.size() - within.to(), set.size() - within.from())
          : within;
    }
  }

  /**
   * From the first of which one condition holds, to before the first of which the other does.
   *
   * @param first false of the members before the range, true from there on
   * @param after false up to the end of the range, true of the members after it
   */
  record Between(Predicate<Scored> first, Predicate<Scored> after) implements ScoreRange {
    @Override
    public Span ranks(SortedSetValue set) {
      return new Span(set.rank(first), set.rank(after));
    }
  }

  /**
   * By score: bounds are numbers, infinite ones too; after an opening parenthesis they are
   * excluded.
   *
   * @throws CommandException if one is no number
   */
  static ScoreRange byScore(Bytes min, Bytes max) {
    boolean openMin = isOpen(min);
    boolean openMax = isOpen(max);
    double from = score(min);
    double to = score(max);
    return new Between(
        entry -> openMin ? entry.score() > from : entry.score() >= from,
        entry -> openMax ? entry.score() >= to : entry.score() > to);
  }

  /**
   * By bytes, for members of the same score: {@code -}, {@code +}, or a member after a bracket
   * (included) or a parenthesis (excluded).
   *
   * @throws CommandException if one is none of these
   */
  static ScoreRange byLex(Bytes min, Bytes max) {
    Predicate<Scored> first = lex(min, true);
    return new Between(first, lex(max, false));
  }

  /** Whether a bound is excluded. */
  private static boolean isOpen(Bytes bound) {
    return bound.length() > 0 && bound.at(0) == '(';
  }

  /** The number of a bound. */
  private static double score(Bytes bound) {
    return Numbers.bound(isOpen(bound) ? bound.slice(1, bound.length()) : bound)
        .orElseThrow(() -> new CommandException("ERR min or max is not a float"));
  }

  /** True of what is in a range from this bound on; or, if it is the upper one, after the range. */
  private static Predicate<Scored> lex(Bytes bound, boolean lower) {
    if (bound.is("-")) {
      return entry -> true;
    }
    if (bound.is("+")) {
      return entry -> false;
    }
    if (bound.length() == 0 || (bound.at(0) != '(' && bound.at(0) != '[')) {
      throw new CommandException("ERR min or max not valid string range item");
    }
    Bytes member = bound.slice(1, bound.length());
    return isOpen(bound) == lower
        ? entry -> entry.member().compareTo(member) > 0
        : entry -> entry.member().compareTo(member) >= 0;
  }
}
