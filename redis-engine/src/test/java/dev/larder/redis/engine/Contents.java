package dev.larder.redis.engine;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.redis.engine.resp.RespWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Everything a database holds, for comparison. */
public final class Contents {
  private Contents() {}

  /** Each key, with its type, when it expires, and what it holds. */
  public static Map<String, String> of(Engine engine) {
    var contents = new TreeMap<String, String>();
    if (engine.execute(Command.of("KEYS", "*")) instanceof Reply.Array(List<Reply> keys)) {
      for (Reply reply : keys) {
        if (reply instanceof Reply.BulkString(Bytes key)) {
          contents.put(latin1(key), describe(engine, key));
        }
      }
    }
    return contents;
  }

  private static String describe(Engine engine, Bytes key) {
    String type = text(engine, "TYPE", key);
    String value =
        switch (type.strip()) {
          case "+string" -> text(engine, "GET", key);
          case "+hash" -> text(engine, "HGETALL", key) + fieldExpiries(engine, key);
          case "+set" -> text(engine, "SORT", key, "ALPHA");
          case "+list" -> text(engine, "LRANGE", key, "0", "-1");
          case "+zset" -> text(engine, "ZRANGE", key, "0", "-1", "WITHSCORES");
          case "+ReJSON-RL" -> text(engine, "JSON.GET", key);
          case "+stream" -> stream(engine, key);
          default -> throw new AssertionError("a key of type " + type);
        };
    return type + text(engine, "PEXPIRETIME", key) + value;
  }

  /** When each field of a hash expires. */
  private static String fieldExpiries(Engine engine, Bytes key) {
    var times = new StringBuilder();
    if (engine.execute(Command.of(List.of(Bytes.of("HKEYS"), key)))
        instanceof Reply.Array(var fields)) {
      for (Reply field : fields) {
        if (field instanceof Reply.BulkString(Bytes name)) {
          var parts = List.of(Bytes.of("HPEXPIRETIME"), key, Bytes.of("FIELDS"), Bytes.of(1), name);
          times.append(latin1(Bytes.wrap(RespWriter.bytesOf(engine.execute(Command.of(parts))))));
        }
      }
    }
    return times.toString();
  }

  /** All that is known of a stream, but for when consumers were seen. */
  private static String stream(Engine engine, Bytes key) {
    var parts =
        List.of(
            Bytes.of("XINFO"),
            Bytes.of("STREAM"),
            key,
            Bytes.of("FULL"),
            Bytes.of("COUNT"),
            Bytes.of(0));
    return latin1(Bytes.wrap(RespWriter.bytesOf(engine.execute(Command.of(parts)))))
        .replaceAll("seen-time\r\n:\\d+", "");
  }

  private static String text(Engine engine, String name, Bytes key, String... more) {
    var parts = new ArrayList<Bytes>(List.of(Bytes.of(name), key));
    for (String part : more) {
      parts.add(Bytes.of(part));
    }
    return latin1(Bytes.wrap(RespWriter.bytesOf(engine.execute(Command.of(parts)))));
  }

  private static String latin1(Bytes bytes) {
    return new String(bytes.array(), StandardCharsets.ISO_8859_1);
  }
}
