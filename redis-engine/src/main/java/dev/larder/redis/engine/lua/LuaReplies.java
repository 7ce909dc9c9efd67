package dev.larder.redis.engine.lua;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * Replies as values of Lua, and the other way round.
 *
 * <p>The rules are Redis': numbers lose their fraction, false and nil are nil, true is 1, a table
 * is an array up to its first nil, tables with {@code ok} or {@code err} are a status or an error.
 * Nil becomes false on its way to a script.
 */
final class LuaReplies {
  private static final int DEEPEST = 1000;

  private LuaReplies() {}

  /**
   * What a script is given for a reply.
   *
   * @param resp3 whether nil stays nil, after {@code redis.setresp(3)}
   */
  static LuaValue toLua(Reply reply, boolean resp3) {
    return switch (reply) {
      case Reply.BulkString(Bytes value) -> LuaArguments.string(value);
      case Reply.Int(long value) -> LuaValue.valueOf((double) value);
      case Reply.SimpleString(Bytes text) -> table("ok", text);
      case Reply.SimpleError(Bytes text) -> table("err", text);
      case Reply.Nil() -> resp3 ? LuaValue.NIL : LuaValue.FALSE;
      case Reply.NilArray() -> resp3 ? LuaValue.NIL : LuaValue.FALSE;
      case Reply.Array(List<Reply> items) -> {
        var table = new LuaTable(items.size(), 0);
        for (int i = 0; i < items.size(); i++) {
          table.rawset(i + 1, toLua(items.get(i), resp3));
        }
        yield table;
      }
    };
  }

  /** A table with one field, as statuses and errors are for scripts. */
  static LuaTable table(String name, Bytes text) {
    var table = new LuaTable();
    table.rawset(name, LuaArguments.string(text));
    return table;
  }

  /** What a client is given for the value of a script. */
  static Reply fromLua(LuaValue value) {
    return fromLua(value, 0);
  }

  /**
   * A value within others.
   *
   * @param depth of tables within each other; beyond 1000 it is an error
   */
  private static Reply fromLua(LuaValue value, int depth) {
    if (depth > DEEPEST) {
      return new Reply.SimpleError("ERR reached lua stack limit");
    }
    return switch (value) {
      case LuaString string -> Reply.of(Bytes.wrap(LuaArguments.bytes(string)));
      case LuaNumber number -> Reply.of(truncated(number.todouble()));
      case LuaTable table -> fromTable(table, depth);
      default -> value.isboolean() && value.toboolean() ? Reply.ONE : Reply.NIL;
    };
  }

  /** As the C cast of the processor does: what does not fit is the least integer. */
  static long truncated(double number) {
    return Double.isNaN(number) || number >= 0x1p63 || number < -0x1p63
        ? Long.MIN_VALUE
        : (long) number;
  }

  /** An error, a status, a double, or an array. */
  private static Reply fromTable(LuaTable table, int depth) {
    LuaValue err = table.rawget("err");
    if (err instanceof LuaString text) {
      return new Reply.SimpleError(line(text));
    }
    LuaValue ok = table.rawget("ok");
    if (ok instanceof LuaString text) {
      return new Reply.SimpleString(line(text));
    }
    LuaValue number = table.rawget("double");
    if (number instanceof LuaNumber) {
      return Reply.of(Bytes.of(Numbers.general(number.todouble(), 17)));
    }
    var items = new ArrayList<Reply>();
    for (int i = 1; ; i++) {
      LuaValue item = table.rawget(i);
      if (item.isnil()) {
        return Reply.of(items);
      }
      items.add(fromLua(item, depth + 1));
    }
  }

  /** One line: what would end it is blank. */
  static Bytes line(LuaString text) {
    byte[] bytes = LuaArguments.bytes(text).clone();
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\r' || bytes[i] == '\n') {
        bytes[i] = ' ';
      }
    }
    return Bytes.wrap(bytes);
  }
}
