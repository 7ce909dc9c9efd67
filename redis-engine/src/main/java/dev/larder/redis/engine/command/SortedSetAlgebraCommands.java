package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.Dict;
import dev.larder.redis.engine.data.Scored;
import dev.larder.redis.engine.data.SetValue;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Unions, intersections and differences of sorted sets, and of sets, whose members all score 1.
 *
 * <p>ZUNION, ZINTER and ZDIFF answer, those with STORE keep the result, ZINTERCARD counts. The form
 * is count key [key …] [WEIGHTS weight …] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]; a difference takes
 * no weights.
 *
 * <p>What is journalled is the command as it was sent. The order of the additions is that of Redis,
 * from the smallest set up, so that sums agree in their last digit.
 */
final class SortedSetAlgebraCommands {
  private SortedSetAlgebraCommands() {}

  /** What is made of the inputs; the names of the commands are made of these. */
  private enum Operation {
    UNION,
    INTER,
    DIFF
  }

  static void addTo(CommandTable table) {
    for (Operation operation : Operation.values()) {
      String name = "z" + operation.name().toLowerCase(Locale.ROOT);
      table.add(
          name, -3, Set.of(READ), KeyPositions.counted(1, false), call -> show(call, operation));
      table.add(
          name + "store",
          -4,
          Set.of(WRITE, DENY_OOM),
          KeyPositions.counted(2, true),
          call ->
              SortedSetCommands.store(
                  call, call.arg(1), Inputs.read(call, operation, 2, false).result()));
    }
    table.add(
        "zintercard",
        -3,
        Set.of(READ),
        KeyPositions.counted(1, false),
        SortedSetAlgebraCommands::interCard);
  }

  /** Answers the members of the result by score, with their scores if they are wanted. */
  private static Reply show(Call call, Operation operation) {
    var inputs = Inputs.read(call, operation, 1, false);
    SortedSetValue result = inputs.result();
    return SortedSetCommands.show(result.range(0, result.size()), inputs.withScores);
  }

  /** ZINTERCARD count key [key …] [LIMIT limit]. A limit of zero is none. */
  private static Reply interCard(Call call) {
    var inputs = Inputs.read(call, Operation.INTER, 1, true);
    int size = inputs.result().size();
    return Reply.of(inputs.limit == 0 ? size : Math.min(size, inputs.limit));
  }

  /**
   * A set, whose scores count as often as its weight says.
   *
   * <p>A set that is no sorted one has the score 1 for each member; a missing one has no members.
   */
  private static final class Input {
    private final @Nullable Value value;
    private double weight = 1;

    Input(@Nullable Value value) {
      this.value = value;
    }

    int size() {
      return members().size();
    }

    Dict<?> members() {
      return switch (value) {
        case SortedSetValue sorted -> sorted.members();
        case SetValue set -> set.members();
        case null, default -> new Dict<Boolean>();
      };
    }

    boolean contains(Bytes member) {
      return members().contains(member);
    }

    /** The product, or zero if it is no number. */
    double score(Bytes member) {
      return numberOrZero(product(member));
    }

    /** The score times the weight, which is no number if one is infinite and the other zero. */
    double product(Bytes member) {
      double score = 1;
      if (value instanceof SortedSetValue sorted) {
        Scored entry = sorted.get(member);
        score = entry == null ? 0 : entry.score();
      }
      return score * weight;
    }
  }

  /** Infinities that take each other away leave nothing. */
  private static double numberOrZero(double number) {
    return Double.isNaN(number) ? 0 : number;
  }

  /** What is combined, and how. */
  private static final class Inputs {
    private final Operation operation;
    private final List<Input> sets = new ArrayList<>();
    private DoubleBinaryOperator aggregate = (a, b) -> numberOrZero(a + b);
    private boolean withScores;
    private long limit;

    private Inputs(Operation operation) {
      this.operation = operation;
    }

    /**
     * Reads the number of keys, the keys and the options.
     *
     * @param index where the number of keys is: 1, or 2 after a destination
     * @param counted whether it is for ZINTERCARD, which takes LIMIT only
     * @throws CommandException if a key has another type, or an option is not allowed
     */
    static Inputs read(Call call, Operation operation, int index, boolean counted) {
      var inputs = new Inputs(operation);
      long keys = call.integer(index);
      if (keys < 1) {
        throw new CommandException(
            "ERR at least 1 input key is needed for '" + call.name() + "' command");
      }
      if (keys > call.size() - index - 1) {
        throw CommandException.syntax();
      }
      int end = index + 1 + (int) keys;
      for (int i = index + 1; i < end; i++) {
        Value value = call.value(call.arg(i));
        if (value != null && !(value instanceof SortedSetValue) && !(value instanceof SetValue)) {
          throw CommandException.wrongType();
        }
        inputs.sets.add(new Input(value));
      }
      for (int i = end; i < call.size(); i++) {
        i = inputs.option(call, i, index == 2, counted);
      }
      return inputs;
    }

    /** Reads the option at an index; returns the index of its last word. */
    private int option(Call call, int i, boolean store, boolean counted) {
      int left = call.size() - i - 1;
      boolean weighted = operation != Operation.DIFF && !counted;
      if (weighted && call.is(i, "weights") && left >= sets.size()) {
        for (int j = 0; j < sets.size(); j++) {
          sets.get(j).weight =
              Numbers.finite(call.arg(i + 1 + j))
                  .orElseThrow(() -> new CommandException("ERR weight value is not a float"));
        }
        return i + sets.size();
      }
      if (weighted && call.is(i, "aggregate") && left >= 1) {
        aggregate(call, i + 1);
        return i + 1;
      }
      if (counted && call.is(i, "limit") && left >= 1) {
        limit = call.natural(i + 1, "ERR LIMIT can't be negative");
        return i + 1;
      }
      if (!store && !counted && call.is(i, "withscores")) {
        withScores = true;
        return i;
      }
      throw CommandException.syntax();
    }

    /** Reads how the scores of one member become one score. */
    private void aggregate(Call call, int index) {
      if (call.is(index, "sum")) {
        aggregate = (a, b) -> numberOrZero(a + b);
      } else if (call.is(index, "min")) {
        aggregate = (a, b) -> b < a ? b : a;
      } else if (call.is(index, "max")) {
        aggregate = (a, b) -> b > a ? b : a;
      } else {
        throw CommandException.syntax();
      }
    }

    /**
     * The result of the operation; in time that grows with the inputs, times the logarithm of the
     * result.
     */
    SortedSetValue result() {
      if (operation != Operation.DIFF) {
        // Sums depend on their order in the last digit: the smallest set comes first.
        sets.sort(Comparator.comparingInt(Input::size));
      }
      var result = new SortedSetValue();
      switch (operation) {
        case UNION -> sets.forEach(set -> set.members().forEach((m, v) -> unite(result, set, m)));
        case INTER -> sets.getFirst().members().forEach((member, v) -> intersect(result, member));
        case DIFF -> sets.getFirst().members().forEach((member, v) -> differ(result, member));
      }
      return result;
    }

    /** Adds a member of one input to the union. */
    private void unite(SortedSetValue result, Input set, Bytes member) {
      Scored present = result.get(member);
      double score = set.score(member);
      result.put(member, present == null ? score : aggregate.applyAsDouble(present.score(), score));
    }

    /** Adds a member of the first input if all others have it. */
    private void intersect(SortedSetValue result, Bytes member) {
      double score = sets.getFirst().score(member);
      for (Input set : sets.subList(1, sets.size())) {
        if (!set.contains(member)) {
          return;
        }
        score = aggregate.applyAsDouble(score, set.product(member));
      }
      result.put(member, score);
    }

    /** Adds a member of the first input if no other has it. */
    private void differ(SortedSetValue result, Bytes member) {
      for (Input set : sets.subList(1, sets.size())) {
        if (set.contains(member)) {
          return;
        }
      }
      result.put(member, sets.getFirst().score(member));
    }
  }
}
