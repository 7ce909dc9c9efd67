package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.command.JsonPath.Place;
import dev.larder.redis.engine.data.Json;
import dev.larder.redis.engine.data.JsonValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The values within documents of JSON, each changed in place. A path of JSONPath answers an array,
 * with nil for what has another type; one of the older form answers one value, or an error.
 *
 * <p>JSON.STRLEN, JSON.ARRLEN, JSON.OBJLEN and JSON.OBJKEYS look; JSON.STRAPPEND, JSON.NUMINCRBY,
 * JSON.NUMMULTBY and JSON.TOGGLE change. They are journalled as they were sent, even if all values
 * had another type. {@link JsonArrayCommands} has those of arrays.
 *
 * <p>What can fail for one of several values is checked for all of them before the first is
 * changed.
 */
final class JsonPartCommands {
  private JsonPartCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    Set<Flag> write = Set.of(WRITE);
    Set<Flag> read = Set.of(READ);
    var key = KeyPositions.FIRST;
    table.add("json.strlen", -2, read, key, call -> look(call, "string", JsonPartCommands::length));
    table.add("json.arrlen", -2, read, key, call -> look(call, "array", JsonPartCommands::length));
    table.add("json.objlen", -2, read, key, call -> look(call, "object", JsonPartCommands::length));
    table.add("json.objkeys", -2, read, key, call -> look(call, "object", JsonPartCommands::names));
    table.add("json.strappend", -3, growing, key, JsonPartCommands::append);
    table.add("json.numincrby", 4, growing, key, call -> calculate(call, true));
    table.add("json.nummultby", 4, growing, key, call -> calculate(call, false));
    table.add("json.toggle", -2, write, key, JsonPartCommands::toggle);
  }

  /** What is done with one value; null if it has another type. */
  @FunctionalInterface
  interface Work {
    @Nullable Reply on(Place place);
  }

  /** Fails if what is added at a path would make the document too deep, or grow too much. */
  static void checkGrowth(Call call, JsonPath path, Json more) {
    JsonValue document = call.json(call.arg(1));
    if (document != null) {
      JsonCommands.checkGrowth(path.in(document.root()), more);
    }
  }

  /**
   * Reads at the path of index 2; nil if there is no document.
   *
   * @param type the name of the one type that has an answer
   */
  private static Reply look(Call call, String type, Work work) {
    JsonPath path = JsonCommands.path(call, 2);
    JsonValue document = call.json(call.arg(1));
    return document == null
        ? Reply.NIL
        : each(
            document,
            path,
            type,
            place -> place.value().type().equals(type) ? work.on(place) : null);
  }

  /**
   * Changes values, and tells the keyspace so.
   *
   * @throws CommandException if there is no document
   */
  static Reply change(Call call, JsonPath path, String type, Work work) {
    JsonValue document = call.json(call.arg(1));
    if (document == null) {
      throw JsonCommands.noDocument();
    }
    Reply reply = each(document, path, type, work);
    call.keys().changed(call.arg(1), document);
    return reply;
  }

  /**
   * One reply for each value, or the reply for the first in the older form.
   *
   * @param type the type that is expected, for the error
   * @throws CommandException if the older form means nothing, or a value of another type
   */
  static Reply each(JsonValue document, JsonPath path, String type, Work work) {
    List<Place> places = path.in(document.root());
    if (!path.legacy()) {
      var replies = new ArrayList<Reply>();
      for (Place place : places) {
        Reply reply = work.on(place);
        replies.add(reply == null ? Reply.NIL : reply);
      }
      return Reply.of(replies);
    }
    if (places.isEmpty()) {
      throw JsonCommands.nowhere(path);
    }
    Reply reply = work.on(places.getFirst());
    if (reply == null) {
      throw new CommandException(
          "WRONGTYPE wrong type of path value - expected %s but found %s"
              .formatted(type, places.getFirst().value().type()));
    }
    return reply;
  }

  /** Puts another value at a place, which may be the whole document. */
  private static void replace(Call call, Place place, Json by) {
    if (place.parent() == null) {
      JsonValue document = call.json(call.arg(1));
      if (document != null) {
        document.setRoot(by);
      }
    } else {
      place.replace(by);
    }
  }

  /** The bytes of a string in UTF-8, the items of an array, the members of an object. */
  private static @Nullable Reply length(Place place) {
    return switch (place.value()) {
      case Json.Text(var value) -> Reply.of(Bytes.of(value).length());
      case Json.Array(var items) -> Reply.of(items.size());
      case Json.Object(var members) -> Reply.of(members.size());
      default -> null;
    };
  }

  /** The names of an object's members, in their order. */
  private static @Nullable Reply names(Place place) {
    return place.value() instanceof Json.Object(var members)
        ? Reply.ofStrings(members.keySet().stream().map(Bytes::of).toList())
        : null;
  }

  /**
   * JSON.STRAPPEND key [path] value, where the value is a string of JSON in quotes.
   *
   * @return the length in bytes after it
   */
  private static Reply append(Call call) {
    JsonPath path = call.size() > 3 ? JsonCommands.path(call, 2) : JsonPath.ROOT;
    Json json = JsonText.read(call.arg(call.size() - 1));
    if (call.size() > 4) {
      throw CommandException.arity(call.name());
    }
    if (!(json instanceof Json.Text(var more))) {
      throw new CommandException(
          "WRONGTYPE wrong type of path value - expected string but found " + json.type());
    }
    checkGrowth(call, path, json);
    return change(
        call,
        path,
        "string",
        place -> {
          if (!(place.value() instanceof Json.Text(var text))) {
            return null;
          }
          replace(call, place, new Json.Text(text + more));
          return Reply.of(Bytes.of(text + more).length());
        });
  }

  /**
   * JSON.NUMINCRBY and JSON.NUMMULTBY key path number.
   *
   * @param adds whether the number is added; it is multiplied otherwise
   * @return the results as a text of JSON
   */
  private static Reply calculate(Call call, boolean adds) {
    JsonPath path = JsonCommands.path(call, 2);
    Json by = JsonText.read(call.arg(3));
    if (!(by instanceof Json.Int) && !(by instanceof Json.Real)) {
      throw new CommandException("ERR expected a number but found " + by.type());
    }
    JsonValue document = call.json(call.arg(1));
    if (document != null) {
      // One that is out of range fails before any is changed.
      path.in(document.root()).forEach(place -> result(place.value(), by, adds));
    }
    var results = new ArrayList<Json>();
    change(
        call,
        path,
        "number",
        place -> {
          Json result = result(place.value(), by, adds);
          if (result == null) {
            results.add(new Json.Null());
            return null;
          }
          results.add(result);
          replace(call, place, result);
          return Reply.ZERO;
        });
    return Reply.of(JsonText.write(path.legacy() ? results.getFirst() : new Json.Array(results)));
  }

  /**
   * An integer as long as both are and the result fits into 64 bits, a double otherwise; null if
   * the value is no number.
   *
   * @throws CommandException if the result is not finite
   */
  private static @Nullable Json result(Json value, Json by, boolean adds) {
    if (value instanceof Json.Int(var a) && by instanceof Json.Int(var b)) {
      try {
        return new Json.Int(adds ? Math.addExact(a, b) : Math.multiplyExact(a, b));
      } catch (ArithmeticException e) {
        // It is larger than 64 bits.
      }
    }
    if (!(value instanceof Json.Int) && !(value instanceof Json.Real)) {
      return null;
    }
    double left = number(value);
    double right = number(by);
    double result = adds ? left + right : left * right;
    if (Double.isInfinite(result) || Double.isNaN(result)) {
      throw new CommandException("ERR result is not a number");
    }
    return new Json.Real(result);
  }

  private static double number(Json json) {
    return json instanceof Json.Int(var value) ? value : ((Json.Real) json).value();
  }

  /** JSON.TOGGLE key [path]: true becomes false, and false true. */
  private static Reply toggle(Call call) {
    JsonPath path = JsonCommands.path(call, 2);
    return change(
        call,
        path,
        "boolean",
        place -> {
          if (!(place.value() instanceof Json.Bool(var value))) {
            return null;
          }
          replace(call, place, new Json.Bool(!value));
          return path.legacy() ? Reply.of(Bytes.of(value ? "false" : "true")) : Reply.of(!value);
        });
  }
}
