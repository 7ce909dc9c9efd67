package dev.larder.redis.engine.lua;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import java.util.Arrays;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The arguments of a library's function, read as what it expects; the first is number 1.
 *
 * <p>Readers convert as C's {@code luaL_check…} do: numbers where strings are expected, and the
 * other way round. An argument of another type raises {@code bad argument #1 to 'name' (… expected,
 * got …)}; for a call by a colon the object itself is not counted.
 */
final class LuaArguments {
  private final String function;
  private final Varargs values;
  private final LuaState state;

  /**
   * The arguments of one call.
   *
   * @param function its name, for errors
   */
  LuaArguments(String function, Varargs values, LuaState state) {
    this.function = function;
    this.values = values;
    this.state = state;
  }

  /** The state whose script calls. */
  LuaState state() {
    return state;
  }

  /** How many there are; nil at the end counts, too. */
  int count() {
    return values.narg();
  }

  /** An argument as it is; nil if there is none. */
  LuaValue value(int index) {
    return values.arg(index);
  }

  /** All of them. */
  Varargs all() {
    return values;
  }

  /** Those from an index on. */
  Varargs from(int index) {
    return values.subargs(index);
  }

  /** Whether there is one that is not nil. */
  boolean has(int index) {
    return !values.arg(index).isnil();
  }

  /** One that must be there, nil or not. */
  LuaValue any(int index) {
    if (index > values.narg()) {
      throw bad(index, "value expected");
    }
    return values.arg(index);
  }

  /** One that must be a table. */
  LuaTable table(int index) {
    if (values.arg(index) instanceof LuaTable table) {
      return table;
    }
    throw expected(index, "table");
  }

  /** One that must be a string, or a number. */
  LuaString string(int index) {
    LuaValue value = values.arg(index);
    if (value instanceof LuaString string) {
      return string;
    }
    if (value instanceof LuaNumber) {
      return value.strvalue();
    }
    throw expected(index, "string");
  }

  /** The bytes of a string, to be read only. */
  byte[] bytes(int index) {
    return bytes(string(index));
  }

  /** The bytes of a string, copied only if it is a part of a longer array. */
  static byte[] bytes(LuaString s) {
    return s.m_offset == 0 && s.m_length == s.m_bytes.length
        ? s.m_bytes
        : Arrays.copyOfRange(s.m_bytes, s.m_offset, s.m_offset + s.m_length);
  }

  /** A string of these bytes, which nobody changes from now on. */
  static LuaString string(byte[] bytes) {
    return LuaString.valueUsing(bytes);
  }

  /** A string that shares the bytes: a value of the keyspace is not copied for a script. */
  static LuaString string(Bytes bytes) {
    return LuaString.valueUsing(bytes.array());
  }

  /** One that must be a number, or a string that reads as one. */
  double number(int index) {
    LuaValue value = values.arg(index);
    if (value instanceof LuaNumber) {
      return value.todouble();
    }
    LuaValue number = value instanceof LuaString ? value.tonumber() : LuaValue.NIL;
    if (number.isnil()) {
      throw expected(index, "number");
    }
    return number.todouble();
  }

  /** A number without its fraction, as C casts it. */
  long integer(int index) {
    double number = number(index);
    return Double.isNaN(number) || Math.abs(number) >= 0x1p63 ? Long.MIN_VALUE : (long) number;
  }

  /** An integer of which C keeps the lowest 32 bits. */
  int int32(int index) {
    return (int) integer(index);
  }

  /** An integer, cut to 32 bits at the ends of their range. */
  int small(int index) {
    return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, integer(index)));
  }

  /** The same, or another number if there is none. */
  int small(int index, int otherwise) {
    return has(index) ? small(index) : otherwise;
  }

  /** An error about an argument. */
  ScriptError bad(int index, String what) {
    int number = index;
    if (state.frames().callsMethod()) {
      number--;
      if (number == 0) {
        return error("calling '%s' on bad self (%s)".formatted(function, what));
      }
    }
    return error("bad argument #%d to '%s' (%s)".formatted(number, function, what));
  }

  private ScriptError expected(int index, String type) {
    String got = index > values.narg() ? "no value" : values.arg(index).typename();
    return bad(index, type + " expected, got " + got);
  }

  /** An error where the function was called. */
  ScriptError error(String text) {
    return state.error(text);
  }

  /** A number as Lua writes it. */
  static String text(double number) {
    return Double.isNaN(number) ? "-nan" : Numbers.general(number, 14);
  }
}
