package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.Scored;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.resp.Reply;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Ranges of sorted sets: shown, counted, stored and removed.
 *
 * <p>ZRANGE with BYSCORE, BYLEX, REV and LIMIT, the older commands that have one of these in their
 * name, ZRANGESTORE, ZCOUNT, ZLEXCOUNT, and ZREMRANGEBYRANK, -BYSCORE and -BYLEX. Bounds are read
 * by {@link ScoreRange}.
 *
 * <p>What changes is journalled as it was sent. A range costs the search for its ends, then its
 * length.
 */
final class SortedSetRangeCommands {
  private SortedSetRangeCommands() {}

  /** What the bounds of a range are. */
  private enum By {
    RANK,
    SCORE,
    LEX
  }

  static void addTo(CommandTable table) {
    Set<Flag> read = Set.of(READ);
    var key = KeyPositions.FIRST;
    table.add("zrange", -4, read, key, call -> range(call, null, false, false));
    table.add("zrevrange", -4, read, key, call -> range(call, By.RANK, true, false));
    table.add("zrangebyscore", -4, read, key, call -> range(call, By.SCORE, false, false));
    table.add("zrevrangebyscore", -4, read, key, call -> range(call, By.SCORE, true, false));
    table.add("zrangebylex", -4, read, key, call -> range(call, By.LEX, false, false));
    table.add("zrevrangebylex", -4, read, key, call -> range(call, By.LEX, true, false));
    table.add(
        "zrangestore",
        -5,
        Set.of(WRITE, DENY_OOM),
        KeyPositions.range(1, 2, 1),
        call -> range(call, null, false, true));
    table.add("zcount", 4, read, key, call -> count(call, By.SCORE));
    table.add("zlexcount", 4, read, key, call -> count(call, By.LEX));
    Set<Flag> write = Set.of(WRITE);
    table.add("zremrangebyrank", 4, write, key, call -> remove(call, By.RANK));
    table.add("zremrangebyscore", 4, write, key, call -> remove(call, By.SCORE));
    table.add("zremrangebylex", 4, write, key, call -> remove(call, By.LEX));
  }

  /**
   * Reads the bounds.
   *
   * @param min the index of the lower bound
   * @param max the index of the upper bound
   */
  private static ScoreRange read(Call call, By by, int min, int max, boolean reverse) {
    return switch (by) {
      case RANK -> new ScoreRange.ByRank(new Span(call.integer(min), call.integer(max)), reverse);
      case SCORE -> ScoreRange.byScore(call.arg(min), call.arg(max));
      case LEX -> ScoreRange.byLex(call.arg(min), call.arg(max));
    };
  }

  /** ZCOUNT and ZLEXCOUNT key min max; no member is looked at but on the search for the ends. */
  private static Reply count(Call call, By by) {
    ScoreRange range = read(call, by, 2, 3, false);
    SortedSetValue set = call.sortedSet(call.arg(1));
    if (set == null) {
      return Reply.ZERO;
    }
    Span ranks = range.ranks(set);
    return Reply.of(Math.max(0, ranks.to() - ranks.from()));
  }

  /**
   * Removes the members of a range.
   *
   * @return how many there were
   */
  private static Reply remove(Call call, By by) {
    ScoreRange range = read(call, by, 2, 3, false);
    SortedSetValue set = call.sortedSet(call.arg(1));
    if (set == null) {
      return Reply.ZERO;
    }
    List<Scored> entries = entries(set, range.ranks(set));
    entries.forEach(entry -> set.remove(entry.member()));
    if (!entries.isEmpty()) {
      call.keys().changed(call.arg(1), set);
    }
    return Reply.of(entries.size());
  }

  /** The members of these ranks; none if the second is not greater. */
  private static List<Scored> entries(SortedSetValue set, Span ranks) {
    return set.range((int) ranks.from(), (int) Math.max(ranks.from(), ranks.to()));
  }

  /**
   * A range.
   *
   * <p>Where the order is reversed, the upper bound comes first, but for ranks.
   *
   * @param fixed what the name says it is by, or null if an option may say
   * @param reversed whether the name says that the order is reversed
   * @param store whether the destination is at index 1, and the source after it
   */
  private static Reply range(Call call, @Nullable By fixed, boolean reversed, boolean store) {
    int source = store ? 2 : 1;
    By by = fixed;
    boolean reverse = reversed;
    boolean withScores = false;
    long offset = 0;
    long limit = -1;
    for (int i = source + 3; i < call.size(); i++) {
      if (!store && call.is(i, "withscores")) {
        withScores = true;
      } else if (call.is(i, "limit") && i + 2 < call.size()) {
        offset = call.integer(++i);
        limit = call.integer(++i);
      } else if (fixed == null && !reverse && call.is(i, "rev")) {
        reverse = true;
      } else if (by == null && call.is(i, "bylex")) {
        by = By.LEX;
      } else if (by == null && call.is(i, "byscore")) {
        by = By.SCORE;
      } else {
        throw CommandException.syntax();
      }
    }
    by = by == null ? By.RANK : by;
    check(by, limit, withScores);
    boolean swap = reverse && by != By.RANK;
    ScoreRange range = read(call, by, source + (swap ? 2 : 1), source + (swap ? 1 : 2), reverse);
    long skip = by == By.RANK ? 0 : offset;
    long most = limit;
    boolean backwards = reverse;
    boolean scores = withScores;
    return answer(
        call,
        source,
        set -> limited(set, range.ranks(set), backwards, skip, most),
        entries -> SortedSetCommands.show(entries, scores));
  }

  /** Fails if options exclude each other. */
  private static void check(By by, long limit, boolean withScores) {
    if (limit != -1 && by == By.RANK) {
      throw new CommandException(
          "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    }
    if (withScores && by == By.LEX) {
      throw new CommandException(
          "ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    }
  }

  /** Answers what is selected, or stores it if the source is at index 2. */
  private static Reply answer(
      Call call,
      int source,
      Function<SortedSetValue, List<Scored>> select,
      Function<List<Scored>, Reply> show) {
    SortedSetValue set = call.sortedSet(call.arg(source));
    List<Scored> entries = set == null ? List.of() : select.apply(set);
    if (source == 1) {
      return show.apply(entries);
    }
    var result = new SortedSetValue();
    entries.forEach(entry -> result.put(entry.member(), entry.score()));
    return SortedSetCommands.store(call, call.arg(1), result);
  }

  /**
   * The part of a range that LIMIT leaves. A negative offset leaves nothing, a negative limit
   * everything.
   */
  private static List<Scored> limited(
      SortedSetValue set, Span ranks, boolean reverse, long offset, long limit) {
    long size = ranks.to() - ranks.from();
    if (offset < 0 || offset >= size) {
      return List.of();
    }
    long count = limit < 0 ? size - offset : Math.min(limit, size - offset);
    if (!reverse) {
      long from = ranks.from() + offset;
      return entries(set, new Span(from, from + count));
    }
    long to = ranks.to() - offset;
    return entries(set, new Span(to - count, to)).reversed();
  }
}
