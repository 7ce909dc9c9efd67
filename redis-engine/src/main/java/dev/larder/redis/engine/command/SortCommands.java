package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.HashValue;
import dev.larder.redis.engine.data.ListValue;
import dev.larder.redis.engine.data.SetValue;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * SORT and SORT_RO.
 *
 * <p>The form is SORT key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC|DESC] [ALPHA]
 * [STORE destination]. It sorts lists, sets and sorted sets. BY and GET look up other keys, one for
 * each item: so it is no command for those whose keys are restricted by name.
 *
 * <p>STORE is journalled as DEL and RPUSH of the result. Nothing else changes anything.
 */
final class SortCommands {
  private static final Bytes DEL = Bytes.of("DEL");
  private static final Bytes RPUSH = Bytes.of("RPUSH");

  private SortCommands() {}

  static void addTo(CommandTable table) {
    table.add("sort", -2, Set.of(WRITE, DENY_OOM), SortCommands::keys, c -> sort(c, true));
    table.add("sort_ro", -2, Set.of(READ), KeyPositions.FIRST, c -> sort(c, false));
  }

  /**
   * The key that is sorted, and the one it is stored under.
   *
   * <p>Keys that patterns name are not known before, and not among them.
   */
  private static int[] keys(Bytes[] parts) {
    for (int i = 2; i + 1 < parts.length; i++) {
      if (parts[i].is("store")) {
        return new int[] {1, i + 1};
      }
    }
    return parts.length > 1 ? new int[] {1} : new int[0];
  }

  /**
   * An item, and what it is sorted by.
   *
   * @param item what is sorted
   * @param score the number of its BY, 0 with ALPHA or without one
   * @param text the bytes of its BY, empty without any
   */
  private record Item(Bytes item, double score, Bytes text) {}

  /** What was asked for. */
  private static final class Options {
    private boolean descending;
    private boolean alpha;
    private long offset;
    private long limit = -1;
    private @Nullable Bytes by;
    private @Nullable Bytes store;
    private final List<Bytes> get = new ArrayList<>();

    /**
     * Reads the options from index 2 on. The last one counts of those that can only be said once.
     *
     * @param mayStore whether STORE is allowed; SORT_RO has none
     */
    static Options read(Call call, boolean mayStore) {
      var options = new Options();
      for (int i = 2; i < call.size(); i++) {
        int left = call.size() - i - 1;
        if (call.is(i, "asc")) {
          options.descending = false;
        } else if (call.is(i, "desc")) {
          options.descending = true;
        } else if (call.is(i, "alpha")) {
          options.alpha = true;
        } else if (call.is(i, "limit") && left >= 2) {
          options.offset = call.integer(++i);
          options.limit = call.integer(++i);
        } else if (mayStore && call.is(i, "store") && left >= 1) {
          options.store = call.arg(++i);
        } else if (call.is(i, "by") && left >= 1) {
          options.by = call.arg(++i);
        } else if (call.is(i, "get") && left >= 1) {
          options.get.add(call.arg(++i));
        } else {
          throw CommandException.syntax();
        }
      }
      return options;
    }

    /** A pattern without a star names the same for every item: nothing is sorted by it. */
    boolean unsorted() {
      return by != null && indexOf(by, '*') < 0;
    }
  }

  /**
   * Sorts, limits, looks up and answers or stores, in this order.
   *
   * @throws CommandException if the key has no items, or a score is no number
   */
  private static Reply sort(Call call, boolean mayStore) {
    var options = Options.read(call, mayStore);
    Value value = call.value(call.arg(1));
    List<Bytes> items = items(value, options);
    if (!options.unsorted()) {
      items = sorted(call, items, options);
    } else if (options.descending && !(value instanceof SetValue)) {
      items = items.reversed();
    }
    var shown = new ArrayList<@Nullable Bytes>();
    for (Bytes item : limited(items, options)) {
      if (options.get.isEmpty()) {
        shown.add(item);
      }
      for (Bytes pattern : options.get) {
        shown.add(lookup(call, pattern, item));
      }
    }
    return options.store == null ? show(shown) : store(call, options.store, shown);
  }

  /**
   * The items in the order they have: of a list by index, of a sorted set by score.
   *
   * @throws CommandException if the value is none of the three
   */
  private static List<Bytes> items(@Nullable Value value, Options options) {
    return switch (value) {
      case null -> List.of();
      case ListValue list -> list.range(0, list.size());
      case SetValue set -> {
        // In no order, which would differ from one time to the next in what is stored.
        if (options.unsorted() && options.store != null) {
          options.by = null;
          options.alpha = true;
        }
        yield List.of(set.members().keys());
      }
      case SortedSetValue sorted ->
          sorted.range(0, sorted.size()).stream().map(entry -> entry.member()).toList();
      default -> throw CommandException.wrongType();
    };
  }

  /**
   * Sorts by numbers, or by bytes with ALPHA. Items that are equal are sorted by their own bytes,
   * as in Redis. What has no value for BY counts as zero, or as no bytes.
   */
  private static List<Bytes> sorted(Call call, List<Bytes> items, Options options) {
    var keyed = new ArrayList<Item>();
    for (Bytes item : items) {
      Bytes by = options.by == null ? item : lookup(call, options.by, item);
      double score = 0;
      if (!options.alpha && by != null && upToNul(by).length() > 0) {
        score =
            Numbers.finite(upToNul(by))
                .orElseThrow(() ->
                    new CommandException("ERR One or more scores can't be converted into double"));
      }
      keyed.add(new Item(item, score, by == null ? Bytes.EMPTY : by));
    }
    Comparator<Item> order =
        options.alpha ? Comparator.comparing(Item::text) : Comparator.comparingDouble(Item::score);
    if (!options.alpha || options.by != null) {
      order = order.thenComparing(Item::item);
    }
    keyed.sort(options.descending ? order.reversed() : order);
    return keyed.stream().map(Item::item).toList();
  }

  /** Those from the offset on, as many as the limit says; all if it is negative. */
  private static List<Bytes> limited(List<Bytes> items, Options options) {
    long from = Math.min(items.size(), Math.max(0, options.offset));
    long most = options.limit < 0 ? items.size() : Math.min(items.size(), options.limit);
    long to = Math.min(items.size(), from + most);
    return from >= items.size() || from >= to ? List.of() : items.subList((int) from, (int) to);
  }

  /**
   * What a pattern names for an item: a string, or a field of a hash.
   *
   * <p>The star is replaced by the item; what follows an arrow is the field. A hash sign alone is
   * the item itself.
   *
   * @return null if there is no such key or field, or it has another type
   */
  private static @Nullable Bytes lookup(Call call, Bytes pattern, Bytes item) {
    if (pattern.is("#")) {
      return item;
    }
    int star = indexOf(pattern, '*');
    if (star < 0) {
      return null;
    }
    int arrow = star + 1;
    while (arrow + 1 < pattern.length()
        && (pattern.at(arrow) != '-' || pattern.at(arrow + 1) != '>')) {
      arrow++;
    }
    boolean hasField = arrow + 2 < pattern.length();
    int end = hasField ? arrow : pattern.length();
    byte[] key = new byte[end - 1 + item.length()];
    System.arraycopy(pattern.array(), 0, key, 0, star);
    System.arraycopy(item.array(), 0, key, star, item.length());
    System.arraycopy(pattern.array(), star + 1, key, star + item.length(), end - star - 1);
    Value value = call.value(Bytes.wrap(key));
    if (hasField) {
      return value instanceof HashValue hash
          ? hash.get(pattern.slice(arrow + 2, pattern.length()))
          : null;
    }
    return value instanceof StringValue string ? string.bytes() : null;
  }

  /** The items as a reply, nil for what was not found. */
  private static Reply show(List<@Nullable Bytes> items) {
    return Reply.of(items.stream().map(item -> item == null ? Reply.NIL : Reply.of(item)).toList());
  }

  /** Replaces the destination by a list; what was not found is stored as no bytes. */
  private static Reply store(Call call, Bytes key, List<@Nullable Bytes> items) {
    boolean there = call.keys().remove(key);
    if (there) {
      call.log(DEL, key);
    }
    if (!items.isEmpty()) {
      var list = new ListValue();
      var effect = new ArrayList<Bytes>(List.of(RPUSH, key));
      for (Bytes item : items) {
        list.add(item == null ? Bytes.EMPTY : item);
        effect.add(item == null ? Bytes.EMPTY : item);
      }
      call.keys().put(key, list);
      call.log(effect.toArray(Bytes[]::new));
    }
    return Reply.of(items.size());
  }

  /** A number ends where a C string does. */
  private static Bytes upToNul(Bytes text) {
    int end = indexOf(text, '\0');
    return end < 0 ? text : text.slice(0, end);
  }

  private static int indexOf(Bytes text, char wanted) {
    for (int i = 0; i < text.length(); i++) {
      if (text.at(i) == wanted) {
        return i;
      }
    }
    return -1;
  }
}
