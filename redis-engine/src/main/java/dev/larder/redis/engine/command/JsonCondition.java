package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A condition in a path: {@code ?(@.price < 10 && @.isbn)}.
 *
 * <p>It is evaluated for each value that a filter looks at. A side that leads nowhere makes a
 * comparison false, whichever it is; values of different types are never less or greater.
 */
sealed interface JsonCondition {
  /**
   * Both, or at least one.
   *
   * @param left the first, which decides alone if it can
   * @param right the second
   * @param needed whether both must hold; one is enough otherwise
   */
  record Both(JsonCondition left, JsonCondition right, boolean needed) implements JsonCondition {}

  /**
   * The contrary.
   *
   * @param condition what must not hold
   */
  record Not(JsonCondition condition) implements JsonCondition {}

  /**
   * There is such a value.
   *
   * @param operand what must be there, whatever it is
   */
  record Exists(Operand operand) implements JsonCondition {}

  /**
   * Two values compared.
   *
   * @param left the value before the operator
   * @param operator one of {@code ==}, {@code !=}, {@code <}, {@code <=}, {@code >} and {@code >=}
   * @param right the value after it
   */
  record Compared(Operand left, String operator, Operand right) implements JsonCondition {}

  /**
   * A value: one that is said, or where steps lead.
   *
   * @param literal the value, or null if steps lead to it
   * @param fromRoot whether they begin at the document, or at the value that is looked at
   * @param steps from there to the value
   */
  record Operand(@Nullable Json literal, boolean fromRoot, List<JsonPath.Step> steps) {
    /** The first value it means, or null. */
    @Nullable Json value(Json root, Json current) {
      if (literal != null) {
        return literal;
      }
      List<JsonPath.Place> places = JsonPath.walk(steps, root, fromRoot ? root : current);
      return places.isEmpty() ? null : places.getFirst().value();
    }
  }

  /**
   * Whether it holds for a value.
   *
   * @param root the document
   * @param current the value that the filter looks at
   */
  default boolean holds(Json root, Json current) {
    return switch (this) {
      case Both(var left, var right, var needed) ->
          needed
              ? left.holds(root, current) && right.holds(root, current)
              : left.holds(root, current) || right.holds(root, current);
      case Not(var condition) -> !condition.holds(root, current);
      case Exists(var operand) -> operand.value(root, current) != null;
      case Compared(var left, var operator, var right) ->
          compare(left.value(root, current), operator, right.value(root, current));
    };
  }

  /**
   * Numbers are compared as doubles, strings by their UTF-16 units; everything else can only be
   * equal.
   */
  private static boolean compare(@Nullable Json left, String operator, @Nullable Json right) {
    if (left == null || right == null) {
      return false;
    }
    if (operator.equals("==") || operator.equals("!=")) {
      return same(left, right) == operator.equals("==");
    }
    int order;
    if (isNumber(left) && isNumber(right)) {
      order = Double.compare(number(left), number(right));
    } else if (left instanceof Json.Text(var a) && right instanceof Json.Text(var b)) {
      order = a.compareTo(b);
    } else {
      return false;
    }
    return switch (operator) {
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      default -> order >= 0;
    };
  }

  /** Equality, in which 1 and 1.0 are the same. */
  private static boolean same(Json left, Json right) {
    boolean numbers = isNumber(left) && isNumber(right);
    return numbers ? number(left) == number(right) : left.equals(right);
  }

  private static boolean isNumber(Json json) {
    return json instanceof Json.Int || json instanceof Json.Real;
  }

  private static double number(Json json) {
    return switch (json) {
      case Json.Int(var value) -> value;
      case Json.Real(var value) -> value;
      default -> throw new IllegalArgumentException(json.type());
    };
  }
}
