package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.READ;

import dev.larder.redis.engine.command.JsonPath.Place;
import dev.larder.redis.engine.data.Json;
import dev.larder.redis.engine.data.JsonValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/**
 * Documents of JSON as they are read.
 *
 * <p>JSON.GET, JSON.MGET, JSON.TYPE and JSON.RESP, as the module RedisJSON has them. A path of
 * JSONPath answers an array of all it means; one of the older form answers one value, or an error.
 */
final class JsonReadCommands {
  private JsonReadCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> read = Set.of(READ);
    var key = KeyPositions.FIRST;
    table.add("json.get", -2, read, key, JsonReadCommands::get);
    table.add("json.mget", -3, read, KeyPositions.range(1, -2, 1), JsonReadCommands::getAll);
    table.add("json.type", -2, read, key, JsonReadCommands::type);
    table.add("json.resp", -2, read, key, JsonReadCommands::resp);
  }

  /**
   * JSON.GET key [INDENT text] [NEWLINE text] [SPACE text] [path …]. Several paths answer one
   * object, with a member for each path. NOESCAPE is taken and does nothing.
   */
  private static Reply get(Call call) {
    var layout = JsonText.Layout.DENSE;
    var paths = new ArrayList<JsonPath>();
    for (int i = 2; i < call.size(); i++) {
      boolean more = i + 1 < call.size();
      if (call.is(i, "indent") && more) {
        layout = new JsonText.Layout(call.arg(++i).toString(), layout.newline(), layout.space());
      } else if (call.is(i, "newline") && more) {
        layout = new JsonText.Layout(layout.indent(), call.arg(++i).toString(), layout.space());
      } else if (call.is(i, "space") && more) {
        layout = new JsonText.Layout(layout.indent(), layout.newline(), call.arg(++i).toString());
      } else if (!call.is(i, "noescape")) {
        paths.add(JsonCommands.path(call, i));
      }
    }
    JsonValue document = call.json(call.arg(1));
    if (document == null) {
      return Reply.NIL;
    }
    if (paths.isEmpty()) {
      paths.add(JsonPath.ROOT);
    }
    if (paths.size() == 1) {
      return Reply.of(JsonText.write(found(document, paths.getFirst()), layout));
    }
    boolean legacy = paths.stream().allMatch(JsonPath::legacy);
    var all = new LinkedHashMap<String, Json>();
    for (JsonPath path : paths) {
      all.put(path.text(), legacy ? found(document, path) : array(document, path));
    }
    return Reply.of(JsonText.write(new Json.Object(all), layout));
  }

  /** All values that a path means. */
  private static Json array(JsonValue document, JsonPath path) {
    return new Json.Array(path.in(document.root()).stream().map(Place::value).toList());
  }

  /**
   * An array for a path of JSONPath, the first value for one of the older form.
   *
   * @throws CommandException if the older form means nothing
   */
  private static Json found(JsonValue document, JsonPath path) {
    if (!path.legacy()) {
      return array(document, path);
    }
    List<Place> places = path.in(document.root());
    if (places.isEmpty()) {
      throw JsonCommands.nowhere(path);
    }
    return places.getFirst().value();
  }

  /** JSON.MGET key [key …] path. A key without a document answers nil, whatever else it holds. */
  private static Reply getAll(Call call) {
    JsonPath path = JsonCommands.path(call, call.size() - 1);
    var all = new ArrayList<Reply>();
    for (int i = 1; i < call.size() - 1; i++) {
      JsonValue document = call.value(call.arg(i)) instanceof JsonValue json ? json : null;
      boolean none = document == null || (path.legacy() && path.in(document.root()).isEmpty());
      all.add(
          document == null || none ? Reply.NIL : Reply.of(JsonText.write(found(document, path))));
    }
    return Reply.of(all);
  }

  /** JSON.TYPE key [path]; nil if there is no document. */
  private static Reply type(Call call) {
    JsonPath path = JsonCommands.path(call, 2);
    JsonValue document = call.json(call.arg(1));
    if (document == null) {
      return Reply.NIL;
    }
    List<Reply> types =
        path.in(document.root()).stream()
            .map(place -> Reply.of(Bytes.of(place.value().type())))
            .toList();
    return path.legacy() ? types.isEmpty() ? Reply.NIL : types.getFirst() : Reply.of(types);
  }

  /** JSON.RESP key [path]: values in types of the protocol. */
  private static Reply resp(Call call) {
    JsonPath path = JsonCommands.path(call, 2);
    JsonValue document = call.json(call.arg(1));
    if (document == null) {
      return Reply.NIL;
    }
    List<Reply> shown =
        path.in(document.root()).stream().map(place -> resp(place.value())).toList();
    if (!path.legacy()) {
      return Reply.of(shown);
    }
    if (shown.isEmpty()) {
      throw JsonCommands.nowhere(path);
    }
    return shown.getFirst();
  }

  /**
   * An array begins with {@code [}, an object with an opening brace; numbers with a fraction are
   * strings, true and false are statuses.
   */
  private static Reply resp(Json json) {
    return switch (json) {
      case Json.Null() -> Reply.NIL;
      case Json.Bool(var value) -> Reply.simple(value ? "true" : "false");
      case Json.Int(var value) -> Reply.of(value);
      case Json.Real(var value) -> Reply.of(Bytes.of(JsonText.number(value)));
      case Json.Text(var value) -> Reply.of(Bytes.of(value));
      case Json.Array(var items) -> {
        var shown = new ArrayList<Reply>(List.of(Reply.simple("[")));
        items.forEach(item -> shown.add(resp(item)));
        yield Reply.of(shown);
      }
      case Json.Object(var members) -> {
        var shown = new ArrayList<Reply>(List.of(Reply.simple("{")));
        members.forEach((name, value) -> {
          shown.add(Reply.of(Bytes.of(name)));
          shown.add(resp(value));
        });
        yield Reply.of(shown);
      }
    };
  }
}
