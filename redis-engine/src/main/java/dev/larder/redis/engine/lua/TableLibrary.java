package dev.larder.redis.engine.lua;

import static org.luaj.vm2.LuaValue.NIL;
import static org.luaj.vm2.LuaValue.NONE;

import java.io.ByteArrayOutputStream;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The functions of {@code table}.
 *
 * <p>They are those of Lua 5.1, with {@code foreach}, {@code foreachi} and {@code getn}. None asks
 * the metatable of the table. What changes a table is refused for those that scripts share.
 */
final class TableLibrary {
  private TableLibrary() {}

  /** Fills the table. */
  static void addTo(LuaState state, LuaTable table) {
    new Library(state, table)
        .add("insert", TableLibrary::insert)
        .add("remove", TableLibrary::remove)
        .add("concat", TableLibrary::concat)
        .add("sort", TableLibrary::sort)
        .add("getn", a -> LuaValue.valueOf(a.table(1).rawlen()))
        .add("maxn", TableLibrary::maxN)
        .add("foreach", a -> forEach(a, a.table(1).keys()))
        .add("foreachi", TableLibrary::forEachIndex);
  }

  /** {@code insert(table, [index,] value)}, in time that grows with what comes after it. */
  private static Varargs insert(LuaArguments a) {
    LuaTable table = a.table(1);
    a.state().checkWritable(table);
    int end = table.rawlen() + 1;
    switch (a.count()) {
      case 2 -> table.rawset(end, a.value(2));
      case 3 -> {
        int at = a.small(2);
        for (int i = Math.max(end, at); i > at; i--) {
          table.rawset(i, table.rawget(i - 1));
        }
        table.rawset(at, a.value(3));
      }
      default -> throw a.error("wrong number of arguments to 'insert'");
    }
    return NONE;
  }

  /**
   * {@code remove(table [, index])}: the last item if no index is said; nothing if there is none.
   */
  private static Varargs remove(LuaArguments a) {
    LuaTable table = a.table(1);
    a.state().checkWritable(table);
    int end = table.rawlen();
    int at = a.small(2, end);
    if (at < 1 || at > end) {
      return NONE;
    }
    LuaValue removed = table.rawget(at);
    for (int i = at; i < end; i++) {
      table.rawset(i, table.rawget(i + 1));
    }
    table.rawset(end, NIL);
    return removed;
  }

  /**
   * {@code concat(table [, separator [, from [, to]]])}, of strings and numbers; each piece counts
   * for the budget.
   */
  private static Varargs concat(LuaArguments a) {
    LuaTable table = a.table(1);
    byte[] separator = a.has(2) ? a.bytes(2) : new byte[0];
    int from = a.small(3, 1);
    int to = a.small(4, table.rawlen());
    var out = new ByteArrayOutputStream();
    for (int i = from; i <= to; i++) {
      LuaValue value = table.rawget(i);
      if (!(value instanceof LuaString) && !(value instanceof LuaNumber)) {
        throw a.error(
            "invalid value (%s) at index %d in table for 'concat'".formatted(value.typename(), i));
      }
      byte[] piece = LuaArguments.bytes(value.strvalue());
      a.state().budget().step();
      a.state().budget().allocate(piece.length + (long) separator.length);
      out.writeBytes(piece);
      if (i < to) {
        out.writeBytes(separator);
      }
    }
    return LuaArguments.string(out.toByteArray());
  }

  /** {@code maxn(table)}: the greatest key that is a number, or zero. */
  private static Varargs maxN(LuaArguments a) {
    double most = 0;
    for (LuaValue key : a.table(1).keys()) {
      if (key instanceof LuaNumber) {
        most = Math.max(most, key.todouble());
      }
    }
    return LuaValue.valueOf(most);
  }

  /**
   * {@code foreach(table, function)}, which ends at the first result that is not nil. The keys are
   * those at the beginning.
   */
  private static Varargs forEach(LuaArguments a, LuaValue[] keys) {
    for (LuaValue key : keys) {
      LuaValue result = a.value(2).call(key, a.table(1).rawget(key));
      if (!result.isnil()) {
        return result;
      }
    }
    return NONE;
  }

  /** {@code foreachi(table, function)}, over the indexes. */
  private static Varargs forEachIndex(LuaArguments a) {
    int size = a.table(1).rawlen();
    for (int i = 1; i <= size; i++) {
      LuaValue result = a.value(2).call(LuaValue.valueOf(i), a.table(1).rawget(i));
      if (!result.isnil()) {
        return result;
      }
    }
    return NONE;
  }

  /**
   * {@code sort(table [, less])}, by merging: n log n comparisons at most, each of them a step. It
   * is written back when all is sorted, so an error leaves the table as it was.
   */
  private static Varargs sort(LuaArguments a) {
    LuaTable table = a.table(1);
    a.state().checkWritable(table);
    var values = new LuaValue[table.rawlen()];
    for (int i = 0; i < values.length; i++) {
      values[i] = table.rawget(i + 1);
    }
    var spare = values.clone();
    merge(spare, values, 0, values.length, a.value(2), a);
    for (int i = 0; i < values.length; i++) {
      table.rawset(i + 1, values[i]);
    }
    return NONE;
  }

  /**
   * Sorts what both arrays hold into the second; whatever the order function says, it ends.
   *
   * @param start the first index
   * @param end the index after the last
   */
  private static void merge(
      LuaValue[] from, LuaValue[] to, int start, int end, LuaValue order, LuaArguments a) {
    if (end - start < 2) {
      return;
    }
    int middle = (start + end) >>> 1;
    merge(to, from, start, middle, order, a);
    merge(to, from, middle, end, order, a);
    int left = start;
    int right = middle;
    for (int i = start; i < end; i++) {
      boolean takeRight =
          left == middle || (right < end && less(from[right], from[left], order, a));
      to[i] = takeRight ? from[right++] : from[left++];
    }
  }

  /** Whether one comes before the other: by the function, or by Lua's own order. */
  private static boolean less(LuaValue one, LuaValue other, LuaValue order, LuaArguments a) {
    a.state().budget().step();
    return order.isnil() ? one.lt_b(other) : order.call(one, other).toboolean();
  }
}
