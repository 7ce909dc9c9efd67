package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.Scored;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What leaves a sorted set at one of its ends.
 *
 * <p>ZPOPMIN, ZPOPMAX and ZMPOP. Those that wait, such as BZPOPMIN, are not here. They are
 * journalled as they were sent: which members leave depends on the set alone.
 */
final class SortedSetPopCommands {
  private SortedSetPopCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> write = Set.of(WRITE);
    table.add("zpopmin", -2, write, KeyPositions.FIRST, call -> pop(call, true));
    table.add("zpopmax", -2, write, KeyPositions.FIRST, call -> pop(call, false));
    table.add("zmpop", -4, write, KeyPositions.counted(1, false), SortedSetPopCommands::popFirst);
  }

  /** ZPOPMIN and ZPOPMAX key [count]: members and scores in turn. */
  private static Reply pop(Call call, boolean least) {
    if (call.size() > 3) {
      throw CommandException.syntax();
    }
    long count = call.size() == 2 ? 1 : call.count(2);
    SortedSetValue set = call.sortedSet(call.arg(1));
    return set == null
        ? Reply.EMPTY_ARRAY
        : SortedSetCommands.show(take(call, call.arg(1), set, least, count), true);
  }

  /** Takes up to so many members from one end, the outermost first, and tells the keyspace. */
  private static List<Scored> take(
      Call call, Bytes key, SortedSetValue set, boolean least, long count) {
    int size = set.size();
    int wanted = (int) Math.min(count, size);
    List<Scored> entries = least ? set.range(0, wanted) : set.range(size - wanted, size).reversed();
    entries.forEach(entry -> set.remove(entry.member()));
    if (!entries.isEmpty()) {
      call.keys().changed(key, set);
    }
    return entries;
  }

  /**
   * ZMPOP count key [key …] MIN|MAX [COUNT count]: from the first of the sets that there is.
   *
   * @return the key, and pairs of members and scores; nil if there is no set
   */
  private static Reply popFirst(Call call) {
    var options = PopOptions.read(call, "min", "max");
    for (int i = 2; i < options.end(); i++) {
      SortedSetValue set = call.sortedSet(call.arg(i));
      if (set != null) {
        var pairs = new ArrayList<Reply>();
        for (Scored entry : take(call, call.arg(i), set, options.first(), options.count())) {
          pairs.add(Reply.of(List.of(Reply.of(entry.member()), Reply.of(entry.score()))));
        }
        return Reply.of(List.of(Reply.of(call.arg(i)), Reply.of(pairs)));
      }
    }
    return Reply.NIL_ARRAY;
  }
}
