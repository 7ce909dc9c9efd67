package dev.larder.redis.engine.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A value of JSON. Arrays and objects change in place.
 *
 * <p>Values that cannot change may be shared among documents; arrays and objects must not be, so
 * whoever puts one into two places copies it. Methods that walk through values recurse as deep as
 * these are, which has a bound where they are made.
 */
public sealed interface Json {
  /** Null. */
  record Null() implements Json {}

  /**
   * True or false.
   *
   * @param value which
   */
  record Bool(boolean value) implements Json {}

  /**
   * A number without a fraction.
   *
   * @param value of 64 bits
   */
  record Int(long value) implements Json {}

  /**
   * Any other number.
   *
   * @param value which is finite
   */
  record Real(double value) implements Json {}

  /**
   * A string.
   *
   * @param value its text
   */
  record Text(String value) implements Json {}

  /**
   * An array.
   *
   * @param items in a list that may be changed
   */
  record Array(List<Json> items) implements Json {}

  /**
   * An object.
   *
   * @param members in their order, in a map that may be changed
   */
  @SuppressWarnings("AvoidCommonTypeNames") // JSON's own word for it.
  record Object(Map<String, Json> members) implements Json {}

  /** The type's name, as JSON.TYPE answers. */
  default String type() {
    return switch (this) {
      case Null() -> "null";
      case Bool(var value) -> "boolean";
      case Int(var value) -> "integer";
      case Real(var value) -> "number";
      case Text(var value) -> "string";
      case Array(var items) -> "array";
      case Object(var members) -> "object";
    };
  }

  /** The same, to be changed on its own. */
  default Json copy() {
    return switch (this) {
      case Array(var items) -> {
        var copies = new ArrayList<Json>(items.size());
        items.forEach(item -> copies.add(item.copy()));
        yield new Array(copies);
      }
      case Object(var members) -> {
        var copies = new LinkedHashMap<String, Json>();
        members.forEach((name, value) -> copies.put(name, value.copy()));
        yield new Object(copies);
      }
      default -> this;
    };
  }

  /** How many arrays and objects are within each other, with this one. */
  default int depth() {
    int deepest = 0;
    switch (this) {
      case Array(var items) -> {
        for (Json item : items) {
          deepest = Math.max(deepest, item.depth());
        }
      }
      case Object(var members) -> {
        for (Json member : members.values()) {
          deepest = Math.max(deepest, member.depth());
        }
      }
      default -> {
        return 0;
      }
    }
    return deepest + 1;
  }

  /**
   * Bytes of memory, roughly.
   *
   * <p>It is an estimate, made by walking through all of it.
   */
  default long weight() {
    return switch (this) {
      case Text(var value) -> 64L + value.length();
      case Array(var items) -> {
        long weight = 64;
        for (Json item : items) {
          weight += 8 + item.weight();
        }
        yield weight;
      }
      case Object(var members) -> {
        long weight = 96;
        for (Map.Entry<String, Json> member : members.entrySet()) {
          weight += 112 + member.getKey().length() + member.getValue().weight();
        }
        yield weight;
      }
      default -> 24;
    };
  }
}
