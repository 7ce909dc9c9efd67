package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.Json;
import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which values of a document are meant: a path of JSONPath, which begins with {@code $} and may
 * mean several; or one of the older form, which means one.
 *
 * <p>Of JSONPath it has names, wildcards, descent with two dots, indexes, slices with a positive
 * step, unions of names or of indexes, and filters. The older form has the same steps without the
 * dollar.
 *
 * <p>A path may mean 100,000 values at most, checked after each step: filters and descents of one
 * document must not fill the memory.
 *
 * @param text as it was written
 * @param legacy whether it is of the older form
 * @param steps from the document down; none for the whole
 */
record JsonPath(String text, boolean legacy, List<Step> steps) {
  /** How many values a path may mean. */
  private static final int MOST = 100_000;

  /** The whole document, in the older form. */
  static final JsonPath ROOT = new JsonPath(".", true, List.of());

  /**
   * Reads a path.
   *
   * @throws CommandException if it is none; it says at which character
   */
  static JsonPath read(Bytes bytes) {
    String text = bytes.toString();
    if (text.startsWith("$")) {
      return new JsonPath(text, false, new JsonPathReader(text, 1).steps());
    }
    if (text.isEmpty() || text.equals(".")) {
      return ROOT;
    }
    String whole = text.startsWith(".") || text.startsWith("[") ? text : "." + text;
    return new JsonPath(text, true, new JsonPathReader(whole, 0).steps());
  }

  /**
   * One step from values to those in them.
   *
   * @param deep whether it goes to all levels below
   * @param selector which values it goes to
   */
  record Step(boolean deep, Selector selector) {}

  /** Which values of an array or an object. */
  sealed interface Selector {
    /** All. */
    record All() implements Selector {}

    /**
     * The members of these names.
     *
     * @param names in the order of the results
     */
    record Names(List<String> names) implements Selector {}

    /**
     * The items at these indexes, counted from the end if negative.
     *
     * @param indexes as they are written
     */
    record Indexes(List<Integer> indexes) implements Selector {}

    /**
     * The items from one index up to another, excluded.
     *
     * @param from the first; null for the beginning, from the end if negative
     * @param to the one after the last; null for the end, from the end if negative
     * @param by the distance between two, at least 1
     */
    record Slice(@Nullable Integer from, @Nullable Integer to, int by) implements Selector {}

    /**
     * Those of which a condition holds.
     *
     * @param condition asked of each item, or each member's value
     */
    record Filter(JsonCondition condition) implements Selector {}
  }

  /**
   * A value of a document, and where it is.
   *
   * @param parent the array or object that it is in; none if it is the whole
   * @param name within an object
   * @param index within an array
   * @param value what is there now
   * @param depth how many arrays and objects it is in
   */
  record Place(@Nullable Json parent, String name, int index, Json value, int depth) {
    /** Puts another value there. */
    void replace(Json by) {
      switch (parent) {
        case Json.Array(var items) -> items.set(index, by);
        case Json.Object(var members) -> members.put(name, by);
        case null, default -> throw new IllegalStateException("the whole document has no place");
      }
    }
  }

  /** Whether it means the whole document. */
  boolean isRoot() {
    return steps.isEmpty();
  }

  /** The places it means, in their order. */
  List<Place> in(Json root) {
    return walk(steps, root, root);
  }

  /**
   * The places that steps lead to.
   *
   * @param root the document that conditions may begin at
   * @param from the value that the steps begin at
   */
  static List<Place> walk(List<Step> steps, Json root, Json from) {
    List<Place> places = List.of(new Place(null, "", 0, from, 0));
    for (Step step : steps) {
      var next = new ArrayList<Place>();
      for (Place place : places) {
        if (step.deep) {
          descend(step.selector, root, place, next);
        } else {
          select(step.selector, root, place, next);
        }
        check(next);
      }
      places = next;
    }
    return places;
  }

  /**
   * The bound on what a path means, looked at after each step and on the way down.
   *
   * @throws CommandException if these are too many
   */
  private static void check(List<Place> places) {
    if (places.size() > MOST) {
      throw new CommandException("ERR the path means more than %d values".formatted(MOST));
    }
  }

  /**
   * Selects here, then on every level below, parents before their children. The recursion is as
   * deep as the document, which has 256 levels at most.
   */
  private static void descend(Selector selector, Json root, Place from, List<Place> found) {
    select(selector, root, from, found);
    check(found);
    var inside = new ArrayList<Place>();
    select(new Selector.All(), root, from, inside);
    inside.forEach(place -> descend(selector, root, place, found));
  }

  /** Adds what a selector means of one array or object; nothing of other values. */
  private static void select(Selector selector, Json root, Place from, List<Place> found) {
    Json value = from.value;
    int depth = from.depth + 1;
    switch (value) {
      case Json.Array(var items) -> {
        for (int index : indexes(selector, root, items)) {
          found.add(new Place(value, "", index, items.get(index), depth));
        }
      }
      case Json.Object(var members) -> {
        if (selector instanceof Selector.Names(var names)) {
          for (String name : names) {
            Json member = members.get(name);
            if (member != null) {
              found.add(new Place(value, name, 0, member, depth));
            }
          }
          return;
        }
        for (Map.Entry<String, Json> member : members.entrySet()) {
          if (selector instanceof Selector.All
              || (selector instanceof Selector.Filter(var condition)
                  && condition.holds(root, member.getValue()))) {
            found.add(new Place(value, member.getKey(), 0, member.getValue(), depth));
          }
        }
      }
      default -> {
        // There is nothing in it.
      }
    }
  }

  /** The indexes that a selector means of an array; those out of bounds are left out. */
  private static List<Integer> indexes(Selector selector, Json root, List<Json> items) {
    var indexes = new ArrayList<Integer>();
    int size = items.size();
    switch (selector) {
      case Selector.All() -> {
        for (int i = 0; i < size; i++) {
          indexes.add(i);
        }
      }
      case Selector.Filter(var condition) -> {
        for (int i = 0; i < size; i++) {
          if (condition.holds(root, items.get(i))) {
            indexes.add(i);
          }
        }
      }
      case Selector.Indexes(var wanted) -> {
        for (int index : wanted) {
          int at = index < 0 ? size + index : index;
          if (at >= 0 && at < size) {
            indexes.add(at);
          }
        }
      }
      case Selector.Slice(var from, var to, var by) -> {
        int first = from == null ? 0 : Math.max(0, from < 0 ? size + from : from);
        int end = to == null ? size : Math.min(size, to < 0 ? size + to : to);
        for (long i = first; i < end; i += by) {
          indexes.add((int) i);
        }
      }
      case Selector.Names(var names) -> {
        // An array has no names.
      }
    }
    return indexes;
  }

  /** The path of what contains this, and the name in it, if the last step is one name. */
  Optional<String> lastName() {
    return !steps.isEmpty()
            && !steps.getLast().deep
            && steps.getLast().selector instanceof Selector.Names(var names)
            && names.size() == 1
        ? Optional.of(names.getFirst())
        : Optional.empty();
  }

  /** The path without its last step. */
  JsonPath parent() {
    return new JsonPath(text, legacy, steps.subList(0, steps.size() - 1));
  }
}
