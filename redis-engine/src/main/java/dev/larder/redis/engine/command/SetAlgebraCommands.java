package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.SetValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Unions, intersections and differences of sets.
 *
 * <p>SUNION, SINTER and SDIFF answer, SUNIONSTORE, SINTERSTORE and SDIFFSTORE keep the result, and
 * SINTERCARD counts. A missing set is an empty one. Results are sets of their own, made before the
 * destination is touched, which may be one of the sources.
 *
 * <p>What is journalled is the command as it was sent. A stored result has no expiry; an empty one
 * removes the destination.
 */
final class SetAlgebraCommands {
  private SetAlgebraCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> read = Set.of(READ);
    table.add("sunion", -2, read, KeyPositions.ALL, call -> show(call, SetAlgebraCommands::union));
    table.add("sinter", -2, read, KeyPositions.ALL, call -> show(call, SetAlgebraCommands::inter));
    table.add("sdiff", -2, read, KeyPositions.ALL, call -> show(call, SetAlgebraCommands::diff));
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    var all = KeyPositions.ALL;
    table.add("sunionstore", -3, growing, all, call -> store(call, SetAlgebraCommands::union));
    table.add("sinterstore", -3, growing, all, call -> store(call, SetAlgebraCommands::inter));
    table.add("sdiffstore", -3, growing, all, call -> store(call, SetAlgebraCommands::diff));
    table.add(
        "sintercard", -3, read, KeyPositions.counted(1, false), SetAlgebraCommands::interCard);
  }

  /**
   * The sets of the keys from one index up to another, excluded.
   *
   * @throws CommandException if one has another type
   */
  private static List<SetValue> sets(Call call, int from, int to) {
    var sets = new ArrayList<SetValue>(to - from);
    for (int i = from; i < to; i++) {
      SetValue set = call.set(call.arg(i));
      sets.add(set == null ? new SetValue() : set);
    }
    return sets;
  }

  /**
   * Answers the members of a result.
   *
   * @param operation what makes it
   */
  private static Reply show(Call call, Function<List<SetValue>, SetValue> operation) {
    SetValue result = operation.apply(sets(call, 1, call.size()));
    return Reply.ofStrings(List.of(result.members().keys()));
  }

  /**
   * Puts a result under the key at index 1.
   *
   * @return how many members it has
   */
  private static Reply store(Call call, Function<List<SetValue>, SetValue> operation) {
    SetValue result = operation.apply(sets(call, 2, call.size()));
    if (result.isEmpty()) {
      call.keys().remove(call.arg(1));
    } else {
      call.keys().put(call.arg(1), result);
    }
    return Reply.of(result.size());
  }

  /** All members of all sets, in time that grows with all of them together. */
  private static SetValue union(List<SetValue> sets) {
    var result = new SetValue();
    for (SetValue set : sets) {
      set.members().forEach((member, yes) -> result.add(member));
    }
    return result;
  }

  /** The members that all sets have. */
  private static SetValue inter(List<SetValue> sets) {
    return inter(sets, Long.MAX_VALUE);
  }

  /** Looks for the members of the smallest set in all others, and ends as soon as it has enough. */
  private static SetValue inter(List<SetValue> sets, long limit) {
    var result = new SetValue();
    SetValue smallest = sets.getFirst();
    for (SetValue set : sets) {
      if (set.size() < smallest.size()) {
        smallest = set;
      }
    }
    for (Bytes member : smallest.members().keys()) {
      if (result.size() >= limit) {
        break;
      }
      if (sets.stream().allMatch(set -> set.contains(member))) {
        result.add(member);
      }
    }
    return result;
  }

  /** A copy of the first set without what the others have. */
  private static SetValue diff(List<SetValue> sets) {
    SetValue result = sets.getFirst().copy();
    for (SetValue set : sets.subList(1, sets.size())) {
      set.members().forEach((member, yes) -> result.remove(member));
    }
    return result;
  }

  /** SINTERCARD count key [key …] [LIMIT limit]. A limit of zero is none. */
  private static Reply interCard(Call call) {
    long count = call.positive(1, "ERR numkeys should be greater than 0");
    if (count > call.size() - 2) {
      throw new CommandException("ERR Number of keys can't be greater than number of args");
    }
    int end = 2 + (int) count;
    long limit = 0;
    for (int i = end; i < call.size(); i += 2) {
      if (!call.is(i, "limit") || i + 1 == call.size()) {
        throw CommandException.syntax();
      }
      limit = call.natural(i + 1, "ERR LIMIT can't be negative");
    }
    return Reply.of(inter(sets(call, 2, end), limit == 0 ? Long.MAX_VALUE : limit).size());
  }
}
