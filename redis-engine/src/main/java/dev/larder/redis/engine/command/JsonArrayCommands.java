package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.command.JsonPath.Place;
import dev.larder.redis.engine.data.Json;
import dev.larder.redis.engine.data.JsonValue;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * The arrays within documents of JSON, each changed in place.
 *
 * <p>JSON.ARRAPPEND, JSON.ARRINSERT, JSON.ARRPOP and JSON.ARRTRIM change; JSON.ARRINDEX searches.
 * What they answer, and how they fail, is as {@link JsonPartCommands} has it.
 */
final class JsonArrayCommands {
  private JsonArrayCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    Set<Flag> write = Set.of(WRITE);
    var key = KeyPositions.FIRST;
    table.add("json.arrappend", -4, growing, key, JsonArrayCommands::append);
    table.add("json.arrinsert", -5, growing, key, JsonArrayCommands::insert);
    table.add("json.arrpop", -2, write, key, JsonArrayCommands::pop);
    table.add("json.arrtrim", 5, write, key, JsonArrayCommands::trim);
    table.add("json.arrindex", -4, Set.of(READ), key, JsonArrayCommands::index);
  }

  /** Work on the items of an array; a value of another type has no answer. */
  private static JsonPartCommands.Work ofArray(Function<List<Json>, Reply> work) {
    return place -> place.value() instanceof Json.Array(var items) ? work.apply(items) : null;
  }

  /** The values of JSON from an index on. */
  private static List<Json> values(Call call, int from) {
    var values = new ArrayList<Json>();
    for (int i = from; i < call.size(); i++) {
      values.add(JsonText.read(call.arg(i)));
    }
    return values;
  }

  /**
   * JSON.ARRAPPEND key path value [value …].
   *
   * @return the number of items after it
   */
  private static Reply append(Call call) {
    List<Json> values = values(call, 3);
    JsonPath path = JsonCommands.path(call, 2);
    JsonPartCommands.checkGrowth(call, path, new Json.Array(values));
    return JsonPartCommands.change(
        call,
        path,
        "array",
        ofArray(items -> {
          values.forEach(value -> items.add(value.copy()));
          return Reply.of(items.size());
        }));
  }

  /**
   * JSON.ARRINSERT key path index value [value …]. A negative index counts from the end.
   *
   * @throws CommandException if the index is out of the bounds of any of the arrays
   */
  private static Reply insert(Call call) {
    long index = call.integer(3);
    List<Json> values = values(call, 4);
    JsonPath path = JsonCommands.path(call, 2);
    JsonPartCommands.checkGrowth(call, path, new Json.Array(values));
    JsonValue document = call.json(call.arg(1));
    if (document != null) {
      // Nothing is changed if one of the arrays is too short.
      for (Place place : path.in(document.root())) {
        if (place.value() instanceof Json.Array(var items)
            && (index > items.size() || index < -items.size())) {
          throw new CommandException("ERR index out of bounds");
        }
      }
    }
    return JsonPartCommands.change(
        call,
        path,
        "array",
        ofArray(items -> {
          int at = (int) (index < 0 ? items.size() + index : index);
          items.addAll(at, values.stream().map(Json::copy).toList());
          return Reply.of(items.size());
        }));
  }

  /**
   * JSON.ARRPOP key [path [index]]. The index is -1 if it is not said; one out of bounds means the
   * nearest end.
   *
   * @return the item as a text of JSON, nil of an empty array
   */
  private static Reply pop(Call call) {
    if (call.size() > 4) {
      throw CommandException.arity(call.name());
    }
    long index = call.size() > 3 ? call.integer(3) : -1;
    return JsonPartCommands.change(
        call,
        JsonCommands.path(call, 2),
        "array",
        ofArray(items -> {
          if (items.isEmpty()) {
            return Reply.NIL;
          }
          long last = items.size() - 1L;
          long at = Math.max(0, Math.min(last, index < 0 ? items.size() + index : index));
          return Reply.of(JsonText.write(items.remove((int) at)));
        }));
  }

  /** JSON.ARRTRIM key path start stop, both included. An empty range leaves an empty array. */
  private static Reply trim(Call call) {
    long start = call.integer(3);
    long stop = call.integer(4);
    return JsonPartCommands.change(
        call,
        JsonCommands.path(call, 2),
        "array",
        ofArray(items -> {
          int size = items.size();
          long from = Math.max(0, start < 0 ? size + start : start);
          long to = Math.min(size - 1L, stop < 0 ? size + stop : stop);
          if (from > to) {
            items.clear();
          } else {
            items.subList((int) to + 1, size).clear();
            items.subList(0, (int) from).clear();
          }
          return Reply.of(items.size());
        }));
  }

  /**
   * JSON.ARRINDEX key path value [start [stop]]; the stop is not included.
   *
   * @return the index of the first item that is equal, -1 if there is none
   */
  private static Reply index(Call call) {
    Json wanted = JsonText.read(call.arg(3));
    long start = call.size() > 4 ? call.integer(4) : 0;
    long stop = call.size() > 5 ? call.integer(5) : 0;
    JsonValue document = call.json(call.arg(1));
    if (document == null) {
      throw JsonCommands.noDocument();
    }
    return JsonPartCommands.each(
        document,
        JsonCommands.path(call, 2),
        "array",
        ofArray(items -> {
          int size = items.size();
          long from = Math.max(0, start < 0 ? size + start : start);
          // Zero is the end, as no end is.
          long to = stop == 0 ? size : Math.min(size, stop < 0 ? size + stop : stop);
          for (long i = from; i < to; i++) {
            if (items.get((int) i).equals(wanted)) {
              return Reply.of(i);
            }
          }
          return Reply.of(-1);
        }));
  }
}
