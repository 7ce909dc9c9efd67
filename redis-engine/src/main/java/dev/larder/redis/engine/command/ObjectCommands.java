package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.READ;

import dev.larder.redis.engine.data.HashValue;
import dev.larder.redis.engine.data.JsonValue;
import dev.larder.redis.engine.data.ListValue;
import dev.larder.redis.engine.data.SetValue;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Function;

/**
 * OBJECT and MEMORY: how values are kept. It is said in Redis' words: ours are kept otherwise.
 *
 * <p>OBJECT ENCODING, REFCOUNT, FREQ, IDLETIME and HELP, and MEMORY USAGE. The encodings are those
 * a Redis with its default settings would have chosen for the same value, found by looking at all
 * of it. Nothing counts as use of the key.
 */
final class ObjectCommands {
  private static final String HELP =
      """
      ENCODING <key>
          Return the kind of internal representation used in order to store the value
          associated with a <key>.
      FREQ <key>
          Return the access frequency index of the <key>. The returned integer is
          proportional to the logarithm of the recent access frequency of the key.
      IDLETIME <key>
          Return the idle time of the <key>, that is the approximated number of
          seconds elapsed since the last access to the key.
      REFCOUNT <key>
          Return the number of references of the value associated with the specified
          <key>.
      """;

  /** Up to how many entries Redis keeps hashes and sorted sets in one piece of memory. */
  private static final int SMALL = 128;

  /** Up to how many bytes an entry may have there. */
  private static final int SHORT = 64;

  /** Up to how many integers Redis keeps a set of them in one piece of memory. */
  private static final int INTEGERS = 512;

  /** Up to how many bytes Redis keeps a string with its head. */
  private static final int EMBEDDED = 44;

  /** Below which integers Redis shares. */
  private static final long SHARED = 10_000;

  private ObjectCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> read = Set.of(READ);
    var key = KeyPositions.range(2, 2, 1);
    add(table, "encoding", value -> Reply.of(Bytes.of(encoding(value))));
    add(table, "refcount", value -> Reply.of(isShared(value) ? Integer.MAX_VALUE : 1));
    add(
        table,
        "freq",
        value -> {
          throw new CommandException(
              "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please"
                  + " note that when switching between policies at runtime LRU and LFU data will"
                  + " take some time to adjust.");
        });
    table.add(
        "object|idletime",
        3,
        read,
        key,
        call -> {
          Value value = call.keys().peek(call.arg(2));
          return value == null
              ? Reply.NIL
              : Reply.of(Math.max(0, call.keys().now() - value.usedAt()) / 1000);
        });
    table.add("object|help", 2, read, KeyPositions.NONE, call -> Help.of("OBJECT", HELP));
    table.add("memory|usage", -3, read, key, ObjectCommands::usage);
  }

  /**
   * Adds a subcommand of OBJECT that answers nil if there is no such key.
   *
   * @param answer what it answers for the value that there is
   */
  private static void add(CommandTable table, String name, Function<Value, Reply> answer) {
    table.add(
        "object|" + name,
        3,
        Set.of(READ),
        KeyPositions.range(2, 2, 1),
        call -> {
          Value value = call.keys().peek(call.arg(2));
          return value == null ? Reply.NIL : answer.apply(value);
        });
  }

  /**
   * MEMORY USAGE key [SAMPLES count]: the weight that eviction counts, in bytes, with the key's
   * own. There are no samples, so their count is only checked.
   */
  private static Reply usage(Call call) {
    if (call.size() != 3 && !(call.size() == 5 && call.is(3, "samples"))) {
      throw CommandException.syntax();
    }
    if (call.size() == 5) {
      call.integer(4);
    }
    Value value = call.keys().peek(call.arg(2));
    return value == null ? Reply.NIL : Reply.of(value.weight() + call.arg(2).length());
  }

  /** Whether Redis would keep one object for all such values: integers from 0 to 9999. */
  private static boolean isShared(Value value) {
    return value instanceof StringValue string
        && string.integer().isPresent()
        && string.integer().getAsLong() >= 0
        && string.integer().getAsLong() < SHARED;
  }

  /**
   * The name of the encoding. Redis does not go back from a large one to a small one; this does,
   * since it only looks at what is there.
   */
  private static String encoding(Value value) {
    return switch (value) {
      case StringValue string ->
          string.integer().isPresent() ? "int" : string.length() <= EMBEDDED ? "embstr" : "raw";
      case HashValue hash ->
          hash.fields().size() <= SMALL && isShort(hash) ? "listpack" : "hashtable";
      case SetValue set ->
          set.members().size() <= INTEGERS
                  && Arrays.stream(set.members().keys())
                      .allMatch(m -> Numbers.integer(m).isPresent())
              ? "intset"
              : "hashtable";
      case SortedSetValue sorted ->
          sorted.size() <= SMALL
                  && Arrays.stream(sorted.members().keys()).allMatch(ObjectCommands::isShort)
              ? "listpack"
              : "skiplist";
      case ListValue list -> "quicklist";
      case StreamValue stream -> "stream";
      case JsonValue json -> "raw";
    };
  }

  /** Whether every field and every value is short enough. */
  private static boolean isShort(HashValue hash) {
    return Arrays.stream(hash.fields().keys())
        .allMatch(field -> {
          Bytes content = hash.get(field);
          return isShort(field) && (content == null || isShort(content));
        });
  }

  private static boolean isShort(Bytes bytes) {
    return bytes.length() <= SHORT;
  }
}
