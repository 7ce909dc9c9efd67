package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.FAST;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.Scored;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sorted sets: members with scores under one key.
 *
 * <p>ZADD, ZINCRBY, ZREM, ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK, ZRANDMEMBER and ZSCAN. Members
 * are unique and sorted by score, then by their bytes; a rank is a place in that order. A score is
 * a double: infinite ones are allowed, what is no number is not, and zero has no sign.
 *
 * <p>All are journalled as they were sent. A member counts 112 bytes beside its own. A set without
 * members is removed.
 */
final class SortedSetCommands {
  private SortedSetCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    Set<Flag> read = Set.of(READ);
    Set<Flag> fast = Set.of(READ, FAST);
    var key = KeyPositions.FIRST;
    table.add("zadd", -4, growing, key, SortedSetCommands::add);
    table.add("zincrby", 4, growing, key, call -> add(call, AddOptions.read(call, true)));
    table.add("zrem", -3, Set.of(WRITE), key, SortedSetCommands::remove);
    table.add("zcard", 2, fast, key, SortedSetCommands::card);
    table.add("zscore", 3, fast, key, SortedSetCommands::score);
    table.add("zmscore", -3, fast, key, SortedSetCommands::scores);
    table.add("zrank", 3, fast, key, call -> rank(call, false));
    table.add("zrevrank", 3, fast, key, call -> rank(call, true));
    table.add("zrandmember", -2, read, key, SortedSetCommands::randMember);
    table.add("zscan", -3, read, key, SortedSetCommands::scan);
  }

  /**
   * The options of ZADD, and where the scores begin.
   *
   * @param from the index of the first score
   * @param nx whether only new members are added
   * @param xx whether only present members are changed
   * @param gt whether a present score only grows
   * @param lt whether a present score only shrinks
   * @param changed whether changed members are counted in the reply, too
   * @param incr whether the score is added to the present one, and answered
   */
  private record AddOptions(
      int from, boolean nx, boolean xx, boolean gt, boolean lt, boolean changed, boolean incr) {
    /**
     * Reads the options, which end at the first part that is none.
     *
     * @param increment whether INCR is meant without being said, as in ZINCRBY
     */
    static AddOptions read(Call call, boolean increment) {
      boolean nx = false;
      boolean xx = false;
      boolean gt = false;
      boolean lt = false;
      boolean changed = false;
      boolean incr = increment;
      int i = 2;
      for (; i < call.size(); i++) {
        if (call.is(i, "nx")) {
          nx = true;
        } else if (call.is(i, "xx")) {
          xx = true;
        } else if (call.is(i, "gt")) {
          gt = true;
        } else if (call.is(i, "lt")) {
          lt = true;
        } else if (call.is(i, "ch")) {
          changed = true;
        } else if (call.is(i, "incr")) {
          incr = true;
        } else {
          break;
        }
      }
      var options = new AddOptions(i, nx, xx, gt, lt, changed, incr);
      options.check(call.size() - i);
      return options;
    }

    /**
     * Fails if options exclude each other, or a member is missing; the errors are in Redis' order.
     *
     * @param elements how many parts are left for scores and members
     */
    private void check(int elements) {
      if (elements == 0 || elements % 2 != 0) {
        throw CommandException.syntax();
      }
      if (nx && xx) {
        throw new CommandException("ERR XX and NX options at the same time are not compatible");
      }
      if ((gt && nx) || (lt && nx) || (gt && lt)) {
        throw new CommandException(
            "ERR GT, LT, and/or NX options at the same time are not compatible");
      }
      if (incr && elements > 2) {
        throw new CommandException("ERR INCR option supports a single increment-element pair");
      }
    }

    /** Whether a member may go from one score, or none, to another. */
    boolean allow(@Nullable Scored present, double score) {
      if (present == null) {
        return !xx;
      }
      return !nx && !(gt && score <= present.score()) && !(lt && score >= present.score());
    }
  }

  /**
   * Adds members as ZADD does.
   *
   * <p>The form is ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member [score member …]. All scores
   * are read before a member is added.
   *
   * @return how many are new, or changed with CH; the new score with INCR, nil if it may not change
   */
  static Reply add(Call call) {
    return add(call, AddOptions.read(call, false));
  }

  private static Reply add(Call call, AddOptions options) {
    var scores = new double[(call.size() - options.from) / 2];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = call.number(options.from + 2 * i);
    }
    Bytes key = call.arg(1);
    SortedSetValue set = call.sortedSet(key);
    if (set == null) {
      if (options.xx) {
        return options.incr ? Reply.NIL : Reply.ZERO;
      }
      set = new SortedSetValue();
    }
    int added = 0;
    int updated = 0;
    Reply score = Reply.NIL;
    for (int i = 0; i < scores.length; i++) {
      Bytes member = call.arg(options.from + 2 * i + 1);
      Scored present = set.get(member);
      double wanted = options.incr && present != null ? present.score() + scores[i] : scores[i];
      if (Double.isNaN(wanted)) {
        throw new CommandException("ERR resulting score is not a number (NaN)");
      }
      if (options.allow(present, wanted)) {
        score = Reply.of(wanted);
        if (present == null || present.score() != wanted) {
          // There is one zero: the negative one would be written as another number.
          set.put(member, wanted + 0.0);
          added += present == null ? 1 : 0;
          updated += present == null ? 0 : 1;
        }
      }
    }
    if (added == set.size() && added > 0) {
      call.keys().put(key, set, set.expiresAt());
    } else if (added + updated > 0) {
      call.keys().changed(key, set);
    }
    return options.incr ? score : Reply.of(options.changed ? added + updated : added);
  }

  /**
   * ZREM key member [member …].
   *
   * @return how many were members
   */
  private static Reply remove(Call call) {
    SortedSetValue set = call.sortedSet(call.arg(1));
    if (set == null) {
      return Reply.ZERO;
    }
    int removed = 0;
    for (int i = 2; i < call.size(); i++) {
      removed += set.remove(call.arg(i)) ? 1 : 0;
    }
    if (removed > 0) {
      call.keys().changed(call.arg(1), set);
    }
    return Reply.of(removed);
  }

  private static Reply card(Call call) {
    SortedSetValue set = call.sortedSet(call.arg(1));
    return Reply.of(set == null ? 0 : set.size());
  }

  /**
   * The score of a member in the shortest form that reads as the same double; nil if there is none.
   */
  private static Reply score(@Nullable SortedSetValue set, Bytes member) {
    Scored entry = set == null ? null : set.get(member);
    return entry == null ? Reply.NIL : Reply.of(entry.score());
  }

  private static Reply score(Call call) {
    return score(call.sortedSet(call.arg(1)), call.arg(2));
  }

  /** ZMSCORE key member [member …]. */
  private static Reply scores(Call call) {
    SortedSetValue set = call.sortedSet(call.arg(1));
    var scores = new ArrayList<Reply>();
    for (int i = 2; i < call.size(); i++) {
      scores.add(score(set, call.arg(i)));
    }
    return Reply.of(scores);
  }

  /**
   * ZRANK and ZREVRANK key member.
   *
   * @param reverse whether the greatest score has rank 0
   * @return nil if there is no such member
   */
  private static Reply rank(Call call, boolean reverse) {
    SortedSetValue set = call.sortedSet(call.arg(1));
    Scored entry = set == null ? null : set.get(call.arg(2));
    if (set == null || entry == null) {
      return Reply.NIL;
    }
    int rank = set.rank(other -> other.compareTo(entry) >= 0);
    return Reply.of(reverse ? set.size() - 1 - rank : rank);
  }

  /** ZRANDMEMBER key [count [WITHSCORES]]. A negative count lets members repeat. */
  private static Reply randMember(Call call) {
    var options = Sampling.read(call, "withscores");
    SortedSetValue set = call.sortedSet(call.arg(1));
    return set == null
        ? options.ofNothing()
        : options.of(
            set.members(), (shown, member) -> shown.add(score(set, member)), call.random());
  }

  /**
   * ZSCAN key cursor [MATCH pattern] [COUNT count]. A set of up to 128 members is shown in one
   * step.
   */
  private static Reply scan(Call call) {
    return ScanCommands.scanInside(
        call,
        Call::sortedSet,
        SortedSetValue::members,
        (List<Reply> found, Scored entry) -> found.add(scanned(entry.score())),
        128);
  }

  /** A score as ZSCAN shows it: an integer with all its digits, however many these are. */
  private static Reply scanned(double score) {
    boolean integer = score == Math.rint(score) && Math.abs(score) <= 0x1p62;
    return integer ? Reply.of(Bytes.of((long) score)) : Reply.of(score);
  }

  /** The members as a reply, with their scores if wanted. */
  static Reply show(List<Scored> entries, boolean withScores) {
    var shown = new ArrayList<Reply>(entries.size() * 2);
    for (Scored entry : entries) {
      shown.add(Reply.of(entry.member()));
      if (withScores) {
        shown.add(Reply.of(entry.score()));
      }
    }
    return Reply.of(shown);
  }

  /**
   * Puts a result under a key, or removes the key if it is empty; answers its size.
   *
   * <p>A zero of the result loses its sign. The result has no expiry.
   */
  static Reply store(Call call, Bytes key, SortedSetValue result) {
    if (result.isEmpty()) {
      call.keys().remove(key);
    } else {
      for (Scored zero : result.range(0, result.size())) {
        if (zero.score() == 0) {
          result.put(zero.member(), 0);
        }
      }
      call.keys().put(key, result);
    }
    return Reply.of(result.size());
  }
}
