package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.SEARCH;

import dev.larder.redis.engine.data.Dict;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is found step by step, or all at once.
 *
 * <p>SCAN and KEYS over the keyspace; HSCAN, SSCAN and ZSCAN share the steps. A cursor needs no
 * memory here, see {@link Dict#scan}: what is there from the beginning of a scan to its end is
 * shown exactly once. Keys that have expired are removed by being found, and not shown.
 */
final class ScanCommands {
  private ScanCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> search = Set.of(READ, SEARCH);
    table.add("scan", -2, search, KeyPositions.NONE, ScanCommands::scan);
    table.add("keys", 2, search, KeyPositions.NONE, ScanCommands::keys);
  }

  /** KEYS pattern, in time that grows with the keyspace. */
  private static Reply keys(Call call) {
    var glob = new Glob(call.arg(1));
    var found = new ArrayList<Bytes>();
    for (Bytes key : call.keys().values().keys()) {
      if (glob.matches(key) && call.keys().peek(key) != null) {
        found.add(key);
      }
    }
    return Reply.ofStrings(found);
  }

  /**
   * SCAN cursor [MATCH pattern] [COUNT count] [TYPE type] [WITHTYPE]. The count is how many keys
   * are looked at, before MATCH and TYPE; so an array may be empty before the end. WITHTYPE is an
   * addition: each key is followed by its type.
   */
  private static Reply scan(Call call) {
    long cursor = cursor(call, 1);
    var options = ScanOptions.read(call, 2, true);
    var step = new ArrayList<Bytes>();
    long next = call.keys().values().scan(cursor, options.count(), (key, value) -> step.add(key));
    var found = new ArrayList<Reply>();
    for (Bytes key : step) {
      Value value = options.matches(key) ? call.keys().peek(key) : null;
      if (value != null && options.isOfType(value)) {
        found.add(Reply.of(key));
        if (options.withType()) {
          found.add(Reply.of(Bytes.of(value.type())));
        }
      }
    }
    return step(next, found);
  }

  /**
   * The step of a scan of one value, which is read after the cursor and before the options.
   *
   * @param read the value of the key at index 1, if it has the type
   * @param inside the table of the value that is scanned
   * @param show adds what is shown after a name
   * @param atOnce up to how many entries are shown in one step, whatever was asked for
   */
  static <T extends Value, V> Reply scanInside(
      Call call,
      BiFunction<Call, Bytes, @Nullable T> read,
      Function<T, Dict<V>> inside,
      BiConsumer<List<Reply>, V> show,
      int atOnce) {
    long cursor = cursor(call, 2);
    T value = read.apply(call, call.arg(1));
    if (value == null) {
      return step(0, List.of());
    }
    var options = ScanOptions.read(call, 3, false);
    var found = new ArrayList<Reply>();
    Dict<V> content = inside.apply(value);
    long next =
        content.scan(
            cursor,
            content.size() <= atOnce ? Long.MAX_VALUE : options.count(),
            (name, shown) -> {
              if (options.matches(name)) {
                found.add(Reply.of(name));
                show.accept(found, shown);
              }
            });
    return step(next, found);
  }

  /** The cursor of the next step, and what was found. */
  private static Reply step(long next, List<Reply> found) {
    return Reply.of(List.of(Reply.of(Bytes.of(Long.toUnsignedString(next))), Reply.of(found)));
  }

  /**
   * Reads a cursor, which is a number of 64 bits without a sign.
   *
   * @throws CommandException if it is none
   */
  private static long cursor(Call call, int index) {
    String whole = call.arg(index).toString();
    int end = whole.indexOf('\0');
    String text = end < 0 ? whole : whole.substring(0, end);
    try {
      // As strtoul reads it: up to a NUL, nothing is zero, and what is below zero counts from the
      // end.
      return text.isEmpty()
          ? 0
          : text.charAt(0) == '-' ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw new CommandException("ERR invalid cursor");
    }
  }

  /**
   * The options of SCAN and its like.
   *
   * @param count how many entries a step looks at, 10 if it is not said
   * @param glob what names must match; null for all
   * @param type what values must be; null for all
   * @param withType whether each key is followed by its type
   */
  private record ScanOptions(
      long count, @Nullable Glob glob, @Nullable Bytes type, boolean withType) {
    /**
     * Reads the options from an index on.
     *
     * @param ofKeys whether keys are scanned, which may have a type
     * @throws CommandException if one is unknown, or the count is less than 1
     */
    static ScanOptions read(Call call, int from, boolean ofKeys) {
      long count = 10;
      Glob glob = null;
      Bytes type = null;
      boolean withType = false;
      for (int i = from; i < call.size(); i++) {
        boolean more = i + 1 < call.size();
        if (call.is(i, "count") && more) {
          count = call.integer(++i);
          if (count < 1) {
            throw CommandException.syntax();
          }
        } else if (call.is(i, "match") && more) {
          glob = new Glob(call.arg(++i));
        } else if (call.is(i, "type") && ofKeys && more) {
          type = call.arg(++i);
        } else if (call.is(i, "withtype") && ofKeys) {
          withType = true;
        } else {
          throw CommandException.syntax();
        }
      }
      return new ScanOptions(count, glob, type, withType);
    }

    boolean matches(Bytes name) {
      return glob == null || glob.matches(name);
    }

    boolean isOfType(Value value) {
      return type == null || type.is(value.type());
    }
  }
}
