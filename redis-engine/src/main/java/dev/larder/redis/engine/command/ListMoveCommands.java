package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.ListValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What leaves a list at one of its ends.
 *
 * <p>LPOP, RPOP, LMPOP, RPOPLPUSH and LMOVE. Those that wait, such as BLPOP, are not here. All are
 * journalled as they were sent; a list that becomes empty is removed.
 */
final class ListMoveCommands {
  private ListMoveCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> write = Set.of(WRITE);
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    table.add("lpop", -2, write, KeyPositions.FIRST, call -> pop(call, true));
    table.add("rpop", -2, write, KeyPositions.FIRST, call -> pop(call, false));
    var two = KeyPositions.range(1, 2, 1);
    table.add("rpoplpush", 3, growing, two, call -> move(call, false, true));
    table.add("lmove", 5, growing, two, call -> move(call, isLeft(call, 3), isLeft(call, 4)));
    table.add("lmpop", -4, write, KeyPositions.counted(1, false), ListMoveCommands::popFirst);
  }

  /**
   * Whether a part says LEFT.
   *
   * @throws CommandException if it says neither LEFT nor RIGHT
   */
  private static boolean isLeft(Call call, int index) {
    if (!call.is(index, "left") && !call.is(index, "right")) {
      throw CommandException.syntax();
    }
    return call.is(index, "left");
  }

  /**
   * LPOP and RPOP key [count].
   *
   * @return one item without a count, nil if there is no list; an array with a count
   */
  private static Reply pop(Call call, boolean left) {
    if (call.size() > 3) {
      throw CommandException.arity(call.name());
    }
    boolean one = call.size() == 2;
    long count = one ? 1 : call.count(2);
    ListValue list = call.list(call.arg(1));
    if (list == null) {
      return one ? Reply.NIL : Reply.NIL_ARRAY;
    }
    List<Bytes> items = take(call, call.arg(1), list, left, count);
    return one ? Reply.of(items.getFirst()) : Reply.ofStrings(items);
  }

  /** Takes up to so many items from one end, and tells the keyspace. */
  private static List<Bytes> take(Call call, Bytes key, ListValue list, boolean left, long count) {
    var items = new ArrayList<Bytes>();
    while (items.size() < count && !list.isEmpty()) {
      items.add(list.remove(left ? 0 : list.size() - 1));
    }
    if (!items.isEmpty()) {
      call.keys().changed(key, list);
    }
    return items;
  }

  /**
   * RPOPLPUSH and LMOVE. Source and destination may be one list, which is rotated then.
   *
   * @return the item that was moved, nil if there is no source
   */
  private static Reply move(Call call, boolean fromLeft, boolean toLeft) {
    ListValue from = call.list(call.arg(1));
    if (from == null) {
      return Reply.NIL;
    }
    ListValue to = call.list(call.arg(2));
    if (to == null) {
      to = new ListValue();
      call.keys().put(call.arg(2), to);
    }
    Bytes item = from.remove(fromLeft ? 0 : from.size() - 1);
    to.insert(toLeft ? 0 : to.size(), item);
    call.keys().changed(call.arg(2), to);
    if (from != to) {
      call.keys().changed(call.arg(1), from);
    }
    return Reply.of(item);
  }

  /**
   * LMPOP count key [key …] LEFT|RIGHT [COUNT count]: from the first of the lists that there is.
   *
   * @return the key and the items, nil if there is no list
   */
  private static Reply popFirst(Call call) {
    var options = PopOptions.read(call, "left", "right");
    for (int i = 2; i < options.end(); i++) {
      ListValue list = call.list(call.arg(i));
      if (list != null) {
        List<Bytes> items = take(call, call.arg(i), list, options.first(), options.count());
        return Reply.of(List.of(Reply.of(call.arg(i)), Reply.ofStrings(items)));
      }
    }
    return Reply.NIL_ARRAY;
  }
}
