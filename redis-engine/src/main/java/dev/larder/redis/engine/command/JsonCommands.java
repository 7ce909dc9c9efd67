package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.command.JsonPath.Place;
import dev.larder.redis.engine.data.Json;
import dev.larder.redis.engine.data.JsonValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Documents of JSON: written, and removed.
 *
 * <p>JSON.SET, JSON.MSET, JSON.MERGE, JSON.DEL and JSON.FORGET, and JSON.CLEAR, as the module
 * RedisJSON has them.
 *
 * <p>The commands are journalled as they were sent. Changes are made in place; the weight of a
 * document is summed up anew after each. Two bounds keep a small command from making much: levels,
 * and bytes that one value takes at many places.
 */
final class JsonCommands {
  /** How many bytes one command may make of a value by writing it to many places. */
  private static final long MOST = 64L << 20;

  private JsonCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    var key = KeyPositions.FIRST;
    table.add("json.set", -4, growing, key, JsonCommands::set);
    table.add("json.mset", -4, growing, KeyPositions.range(1, -1, 3), JsonCommands::setAll);
    table.add("json.merge", 4, growing, key, JsonCommands::merge);
    table.add("json.del", -2, Set.of(WRITE), key, JsonCommands::delete);
    table.add("json.forget", -2, Set.of(WRITE), key, JsonCommands::delete);
    table.add("json.clear", -2, Set.of(WRITE), key, JsonCommands::clear);
  }

  /** The path at an index, or the whole document if there is none. */
  static JsonPath path(Call call, int index) {
    return index < call.size() ? JsonPath.read(call.arg(index)) : JsonPath.ROOT;
  }

  /** There is no document, where there must be one. */
  static CommandException noDocument() {
    return new CommandException("ERR could not perform this operation on a key that doesn't exist");
  }

  /** The path of the older form means nothing. */
  static CommandException nowhere(JsonPath path) {
    return CommandException.quoting(
        "ERR Path '%s' does not exist".formatted(CommandException.quoted(Bytes.of(path.text()))));
  }

  /**
   * Fails if documents would get too deep or grow too much at once: a value is copied to every
   * place a path means.
   *
   * @throws CommandException if a place would have more than 128 levels, or all together more than
   *     64 MB
   */
  static void checkGrowth(List<Place> places, Json value) {
    int depth = value.depth();
    for (Place place : places) {
      // What cannot be read again would be lost with the next snapshot.
      if (place.depth() + depth > JsonText.DEEPEST) {
        throw new CommandException(
            "ERR recursion limit exceeded: JSON of more than %d levels"
                .formatted(JsonText.DEEPEST));
      }
    }
    if (places.size() > 1 && value.weight() > MOST / places.size()) {
      throw new CommandException(
          "ERR the value would be written to %d places, and take more than %d MB there"
              .formatted(places.size(), MOST >> 20));
    }
  }

  /**
   * JSON.SET key path value [NX|XX].
   *
   * @return OK, or nil if the condition does not hold or the path leads nowhere
   */
  private static Reply set(Call call) {
    boolean nx = call.is(4, "nx");
    boolean xx = call.is(4, "xx");
    if (call.size() > 5 || (call.size() == 5 && !nx && !xx)) {
      throw CommandException.syntax();
    }
    return set(call, call.arg(1), path(call, 2), JsonText.read(call.arg(3)), nx, xx)
        ? Reply.OK
        : Reply.NIL;
  }

  /**
   * Writes a value where a path leads; false if there is no such place, or it may not.
   *
   * <p>The value is read before, so that a mistake in it changes nothing. Each place gets a copy of
   * its own.
   *
   * @throws CommandException if there is no document, and the path is not the whole
   */
  private static boolean set(
      Call call, Bytes key, JsonPath path, Json json, boolean nx, boolean xx) {
    JsonValue document = call.json(key);
    if (document == null) {
      if (!path.isRoot()) {
        throw new CommandException("ERR new objects must be created at the root");
      }
      if (xx) {
        return false;
      }
      call.keys().put(key, new JsonValue(json));
      return true;
    }
    if (path.isRoot()) {
      if (nx) {
        return false;
      }
      document.setRoot(json);
      call.keys().changed(key, document);
      return true;
    }
    List<Place> places = path.in(document.root());
    if (places.isEmpty() ? xx : nx) {
      return false;
    }
    boolean done = !places.isEmpty();
    checkGrowth(places, json);
    places.forEach(place -> place.replace(json.copy()));
    if (places.isEmpty()) {
      done = add(document, path, json);
    }
    if (done) {
      call.keys().changed(key, document);
    }
    return done;
  }

  /**
   * Adds a member to the objects that the path leads to but for its last name.
   *
   * @return false if the last step is no name, or leads from no object
   */
  private static boolean add(JsonValue document, JsonPath path, Json json) {
    String name = path.lastName().orElse(null);
    if (name == null) {
      return false;
    }
    boolean added = false;
    List<Place> places = path.parent().in(document.root());
    checkGrowth(places, new Json.Array(List.of(json)));
    for (Place place : places) {
      if (place.value() instanceof Json.Object(var members)) {
        members.put(name, json.copy());
        added = true;
      }
    }
    return added;
  }

  /**
   * JSON.MSET key path value [key path value …]. All values are read before one is written. A
   * triple whose path leads nowhere is left out.
   */
  private static Reply setAll(Call call) {
    if (call.size() % 3 != 1) {
      throw CommandException.arity(call.name());
    }
    var paths = new ArrayList<JsonPath>();
    var values = new ArrayList<Json>();
    for (int i = 1; i < call.size(); i += 3) {
      paths.add(path(call, i + 1));
      values.add(JsonText.read(call.arg(i + 2)));
      if (call.json(call.arg(i)) == null && !paths.getLast().isRoot()) {
        throw new CommandException("ERR new objects must be created at the root");
      }
    }
    for (int i = 0; i < paths.size(); i++) {
      set(call, call.arg(1 + 3 * i), paths.get(i), values.get(i), false, false);
    }
    return Reply.OK;
  }

  /**
   * JSON.MERGE key path value. Where the path leads to nothing yet, it makes a member as JSON.SET
   * does; null removes what is there.
   */
  private static Reply merge(Call call) {
    Bytes key = call.arg(1);
    JsonPath path = path(call, 2);
    Json patch = JsonText.read(call.arg(3));
    JsonValue document = call.json(key);
    if (document == null) {
      return set(call, key, path, merged(new Json.Null(), patch), false, false)
          ? Reply.OK
          : Reply.NIL;
    }
    if (path.isRoot()) {
      document.setRoot(merged(document.root(), patch));
    } else {
      List<Place> places = path.in(document.root());
      if (places.isEmpty()) {
        return set(call, key, path, merged(new Json.Null(), patch), false, false)
            ? Reply.OK
            : Reply.NIL;
      }
      checkGrowth(places, patch);
      for (Place place : places) {
        if (patch instanceof Json.Null) {
          remove(place);
        } else {
          place.replace(merged(place.value(), patch));
        }
      }
    }
    call.keys().changed(key, document);
    return Reply.OK;
  }

  /** A value with a patch applied, as RFC 7396 has it: null removes, objects are merged. */
  private static Json merged(Json value, Json patch) {
    if (!(patch instanceof Json.Object(var changes))) {
      return patch.copy();
    }
    Map<String, Json> members =
        value instanceof Json.Object(var present) ? present : new LinkedHashMap<>();
    changes.forEach((name, change) -> {
      if (change instanceof Json.Null) {
        members.remove(name);
      } else {
        members.put(name, merged(members.getOrDefault(name, new Json.Null()), change));
      }
    });
    return new Json.Object(members);
  }

  /**
   * Takes a value out of the array or the object it is in. Of an array it is looked for from its
   * index down: removals before may have moved it.
   */
  @SuppressWarnings("ReferenceEquality") // Equal items are different ones.
  private static void remove(Place place) {
    switch (place.parent()) {
      case Json.Array(var items) -> {
        // By identity: what was removed before it has moved it.
        for (int i = 0; i < items.size(); i++) {
          if (items.get(i) == place.value() && i <= place.index()) {
            items.remove(i);
            return;
          }
        }
      }
      case Json.Object(var members) -> members.remove(place.name());
      case null, default -> throw new IllegalStateException("the whole document has no place");
    }
  }

  /**
   * JSON.DEL key [path]. The values are removed from the last to the first, so that indexes stay
   * right; the whole document goes with its key.
   *
   * @return how many values were removed
   */
  private static Reply delete(Call call) {
    JsonPath path = path(call, 2);
    JsonValue document = call.json(call.arg(1));
    if (document == null) {
      return Reply.ZERO;
    }
    if (path.isRoot()) {
      call.keys().remove(call.arg(1));
      return Reply.ONE;
    }
    List<Place> places = path.in(document.root());
    places.reversed().forEach(JsonCommands::remove);
    if (!places.isEmpty()) {
      call.keys().changed(call.arg(1), document);
    }
    return Reply.of(places.size());
  }

  /**
   * JSON.CLEAR key [path]. Arrays and objects become empty, numbers zero; other values stay.
   *
   * @return how many values were changed
   * @throws CommandException if there is no document
   */
  private static Reply clear(Call call) {
    JsonPath path = path(call, 2);
    JsonValue document = call.json(call.arg(1));
    if (document == null) {
      throw noDocument();
    }
    int cleared = 0;
    for (Place place : path.in(document.root())) {
      Json empty = emptied(place.value());
      if (empty != null) {
        cleared++;
        if (place.parent() == null) {
          document.setRoot(empty);
        } else {
          place.replace(empty);
        }
      }
    }
    if (cleared > 0) {
      call.keys().changed(call.arg(1), document);
    }
    return Reply.of(cleared);
  }

  /** What is left of an array, an object or a number; null if it is none, or cleared already. */
  private static @Nullable Json emptied(Json value) {
    return switch (value) {
      case Json.Array(var items) when !items.isEmpty() -> new Json.Array(new ArrayList<>());
      case Json.Object(var members) when !members.isEmpty() ->
          new Json.Object(new LinkedHashMap<>());
      case Json.Int(var number) when number != 0 -> new Json.Int(0);
      case Json.Real(var number) when number != 0 -> new Json.Int(0);
      default -> null;
    };
  }
}
