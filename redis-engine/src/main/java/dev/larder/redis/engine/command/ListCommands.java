package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.FAST;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.ListValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lists: strings in a row under one key.
 *
 * <p>LPUSH, RPUSH, LPUSHX, RPUSHX, LLEN, LINDEX, LSET, LRANGE, LTRIM, LREM, LINSERT and LPOS; what
 * pops or moves is in {@link ListMoveCommands}. Negative indexes count from the end, -1 being the
 * last item. An empty list is removed with its key.
 *
 * <p>All are journalled as they were sent. An item counts 24 bytes beside its own.
 */
final class ListCommands {
  private ListCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    Set<Flag> write = Set.of(WRITE);
    Set<Flag> read = Set.of(READ);
    Set<Flag> fast = Set.of(READ, FAST);
    var key = KeyPositions.FIRST;
    table.add("lpush", -3, growing, key, call -> push(call, true, true));
    table.add("rpush", -3, growing, key, call -> push(call, false, true));
    table.add("lpushx", -3, growing, key, call -> push(call, true, false));
    table.add("rpushx", -3, growing, key, call -> push(call, false, false));
    table.add("llen", 2, fast, key, ListCommands::len);
    table.add("lindex", 3, read, key, ListCommands::index);
    table.add("lset", 4, growing, key, ListCommands::set);
    table.add("lrange", 4, read, key, ListCommands::range);
    table.add("ltrim", 4, write, key, ListCommands::trim);
    table.add("lrem", 4, write, key, ListCommands::remove);
    table.add("linsert", 5, growing, key, ListCommands::insert);
    table.add("lpos", -3, read, key, ListCommands::position);
  }

  /**
   * LPUSH, RPUSH, LPUSHX and RPUSHX key item [item …]. Each item takes constant time on average.
   *
   * @param left whether the items go before the first one, the last of them outermost
   * @param create whether a list is made if there is none
   * @return the length after it, 0 if there is no list and none was made
   */
  private static Reply push(Call call, boolean left, boolean create) {
    ListValue list = call.list(call.arg(1));
    if (list == null) {
      if (!create) {
        return Reply.ZERO;
      }
      list = new ListValue();
      call.keys().put(call.arg(1), list);
    }
    for (int i = 2; i < call.size(); i++) {
      list.insert(left ? 0 : list.size(), call.arg(i));
    }
    call.keys().changed(call.arg(1), list);
    return Reply.of(list.size());
  }

  private static Reply len(Call call) {
    ListValue list = call.list(call.arg(1));
    return Reply.of(list == null ? 0 : list.size());
  }

  /** LINDEX key index, in constant time; nil out of bounds. */
  private static Reply index(Call call) {
    ListValue list = call.list(call.arg(1));
    if (list == null) {
      return Reply.NIL;
    }
    int index = index(list, call.integer(2));
    return index < 0 ? Reply.NIL : Reply.of(list.get(index));
  }

  /** The index that a number from either end means, or -1. */
  private static int index(ListValue list, long number) {
    long index = number < 0 ? list.size() + number : number;
    return index < 0 || index >= list.size() ? -1 : (int) index;
  }

  /**
   * LSET key index item.
   *
   * @throws CommandException if there is no list, or the index is out of bounds
   */
  private static Reply set(Call call) {
    ListValue list = call.list(call.arg(1));
    if (list == null) {
      throw new CommandException("ERR no such key");
    }
    int index = index(list, call.integer(2));
    if (index < 0) {
      throw new CommandException("ERR index out of range");
    }
    list.set(index, call.arg(3));
    call.keys().changed(call.arg(1), list);
    return Reply.OK;
  }

  /** LRANGE key start stop, both included. */
  private static Reply range(Call call) {
    var range = Span.read(call, 2);
    ListValue list = call.list(call.arg(1));
    if (list == null) {
      return Reply.EMPTY_ARRAY;
    }
    Span span = range.within(list.size());
    return Reply.ofStrings(list.range((int) span.from(), (int) span.to()));
  }

  /** LTRIM key start stop. What is kept does not move: items leave at both ends. */
  private static Reply trim(Call call) {
    var range = Span.read(call, 2);
    ListValue list = call.list(call.arg(1));
    if (list != null) {
      Span span = range.within(list.size());
      while (list.size() > span.to()) {
        list.remove(list.size() - 1);
      }
      for (long i = 0; i < span.from() && !list.isEmpty(); i++) {
        list.remove(0);
      }
      call.keys().changed(call.arg(1), list);
    }
    return Reply.OK;
  }

  /**
   * LREM key count item. A positive count removes the first ones, a negative one the last ones,
   * zero all; in time that grows with the list.
   *
   * @return how many were removed
   */
  private static Reply remove(Call call) {
    long count = call.integer(2);
    ListValue list = call.list(call.arg(1));
    if (list == null) {
      return Reply.ZERO;
    }
    var drop = new boolean[list.size()];
    long most =
        count == 0 ? Long.MAX_VALUE : count == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(count);
    int dropped = 0;
    for (int i = 0; i < drop.length && dropped < most; i++) {
      int at = count < 0 ? drop.length - 1 - i : i;
      if (list.get(at).equals(call.arg(3))) {
        drop[at] = true;
        dropped++;
      }
    }
    if (dropped > 0) {
      list.retain(i -> !drop[i]);
      call.keys().changed(call.arg(1), list);
    }
    return Reply.of(dropped);
  }

  /**
   * LINSERT key BEFORE|AFTER pivot item. The first item that is equal to the pivot is looked for.
   *
   * @return the length after it, 0 if there is no list, -1 if there is no pivot
   */
  private static Reply insert(Call call) {
    boolean after = call.is(2, "after");
    if (!after && !call.is(2, "before")) {
      throw CommandException.syntax();
    }
    ListValue list = call.list(call.arg(1));
    if (list == null) {
      return Reply.ZERO;
    }
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i).equals(call.arg(3))) {
        list.insert(after ? i + 1 : i, call.arg(4));
        call.keys().changed(call.arg(1), list);
        return Reply.of(list.size());
      }
    }
    return Reply.of(-1);
  }

  /** LPOS key item [RANK rank] [COUNT count] [MAXLEN length]. */
  private static Reply position(Call call) {
    long rank = 1;
    long count = -1;
    long most = 0;
    for (int i = 3; i < call.size(); i += 2) {
      if (i + 1 == call.size()) {
        throw CommandException.syntax();
      } else if (call.is(i, "rank")) {
        rank = call.integer(i + 1);
        if (rank == 0) {
          throw new CommandException(
              "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ..."
                  + " or use negative to start from the end of the list");
        }
      } else if (call.is(i, "count")) {
        count = call.natural(i + 1, "ERR COUNT can't be negative");
      } else if (call.is(i, "maxlen")) {
        most = call.natural(i + 1, "ERR MAXLEN can't be negative");
      } else {
        throw CommandException.syntax();
      }
    }
    return position(call.list(call.arg(1)), call.arg(2), rank, count, most);
  }

  /**
   * Looks for an item.
   *
   * @param rank which match is the first; negative to begin at the end
   * @param count how many are wanted: -1 for one without an array, 0 for all
   * @param most how many items are looked at; zero for all
   * @return indexes from the beginning, whichever way was searched
   */
  private static Reply position(
      @Nullable ListValue list, Bytes item, long rank, long count, long most) {
    var found = new ArrayList<Reply>();
    int size = list == null ? 0 : list.size();
    // The least number has no opposite: in Redis 7.0 it skips nothing.
    long skip = rank == Long.MIN_VALUE ? 0 : Math.abs(rank) - 1;
    long wanted = count < 0 ? 1 : count == 0 ? Long.MAX_VALUE : count;
    for (int i = 0; list != null && i < size && (most == 0 || i < most); i++) {
      int at = rank < 0 ? size - 1 - i : i;
      if (list.get(at).equals(item) && skip-- <= 0) {
        found.add(Reply.of(at));
        if (found.size() == wanted) {
          break;
        }
      }
    }
    if (count < 0) {
      return found.isEmpty() ? Reply.NIL : found.getFirst();
    }
    return Reply.of(found);
  }
}
