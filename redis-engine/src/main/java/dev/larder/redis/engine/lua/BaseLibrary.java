package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.luaj.vm2.LuaValue.NIL;
import static org.luaj.vm2.LuaValue.varargsOf;

import java.io.ByteArrayInputStream;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaFunction;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The functions that need no table's name before them.
 *
 * <p>They are those of Lua 5.1; among others, what reaches files, the environments of functions,
 * coroutines and {@code print} are missing. What they answer, and the texts of their errors, are
 * Lua's. {@code collectgarbage} does nothing and answers 0.
 */
final class BaseLibrary {
  private BaseLibrary() {}

  /** Puts them into the globals. */
  static void addTo(LuaState state, LuaTable globals) {
    new Library(state, globals)
        .add("type", a -> LuaValue.valueOf(a.any(1).typename()))
        .add("tostring", a -> text(a.any(1)))
        .add("tonumber", BaseLibrary::toNumber)
        .add("error", BaseLibrary::error)
        .add("assert", BaseLibrary::check)
        .add("pcall", BaseLibrary::protectedCall)
        .add("xpcall", BaseLibrary::handledCall)
        .add("next", BaseLibrary::next)
        .add("pairs", a -> varargsOf(a.state().next(), a.table(1), NIL))
        .add("ipairs", a -> varargsOf(a.state().nextIndex(), a.table(1), LuaValue.valueOf(0)))
        .add("select", BaseLibrary::select)
        .add("unpack", BaseLibrary::unpack)
        .add("rawget", a -> a.table(1).rawget(a.any(2)))
        .add("rawset", BaseLibrary::rawSet)
        .add("rawequal", a -> LuaValue.valueOf(a.any(1).raweq(a.any(2))))
        .add("setmetatable", BaseLibrary::setMetatable)
        .add("getmetatable", BaseLibrary::getMetatable)
        .add("loadstring", a -> load(a, a.bytes(1)))
        .add("load", BaseLibrary::loadPieces)
        .add("collectgarbage", a -> LuaValue.valueOf(0));
  }

  /**
   * What {@code tostring} answers: that of {@code __tostring}, if there is one. Tables and
   * functions are shown with a number that stands for their address.
   */
  static LuaString text(LuaValue value) {
    LuaValue meta = value.metatag(LuaValue.TOSTRING);
    if (!meta.isnil()) {
      return meta.call(value).strvalue();
    }
    if (value instanceof LuaString string) {
      return string;
    }
    if (value instanceof LuaNumber) {
      return value.strvalue();
    }
    if (value.isnil() || value.isboolean()) {
      return LuaValue.valueOf(value.tojstring());
    }
    return LuaValue.valueOf(
        "%s: 0x%014x".formatted(value.typename(), System.identityHashCode(value)));
  }

  /** {@code tonumber(value [, base])}; nil if the text is no number of that base, from 2 to 36. */
  private static Varargs toNumber(LuaArguments a) {
    int base = a.small(2, 10);
    if (base == 10) {
      LuaValue value = a.any(1);
      return value instanceof LuaNumber
          ? value
          : value instanceof LuaString ? value.tonumber() : NIL;
    }
    if (base < 2 || base > 36) {
      throw a.bad(2, "base out of range");
    }
    String digits = a.string(1).tojstring().strip();
    try {
      return LuaValue.valueOf(
          (double) Long.parseLong(digits.replaceFirst("^(?i)0x", base == 16 ? "" : "$0"), base));
    } catch (NumberFormatException e) {
      return NIL;
    }
  }

  /**
   * {@code error(value [, level])}. A string gets the position of the level before it; level 0 gets
   * none.
   */
  private static Varargs error(LuaArguments a) {
    int level = a.small(2, 1);
    LuaValue value = a.value(1);
    Frames frames = a.state().frames();
    if (value instanceof LuaString && level > 0) {
      value = LuaValue.valueOf(frames.position(level)).concat(value);
    }
    throw new ScriptError(value, frames.line(1));
  }

  /** {@code assert(value [, message])}: all arguments, or an error. */
  private static Varargs check(LuaArguments a) {
    if (a.any(1).toboolean()) {
      return a.all();
    }
    throw a.error(a.has(2) ? a.string(2).tojstring() : "assertion failed!");
  }

  /** {@code pcall(function, …)}. */
  private static Varargs protectedCall(LuaArguments a) {
    LuaValue function = a.any(1);
    return call(a.state(), function, a.from(2), NIL);
  }

  /**
   * {@code xpcall(function, handler)}. The handler is called once the error has left the function.
   */
  private static Varargs handledCall(LuaArguments a) {
    return call(a.state(), a.value(1), LuaValue.NONE, a.any(2));
  }

  /**
   * Catches errors of scripts and overflows of the stack. A {@link ScriptKilled} passes: no script
   * can catch that its budget is used up.
   */
  private static Varargs call(
      LuaState state, LuaValue function, Varargs arguments, LuaValue handler) {
    int depth = state.frames().depth();
    boolean direct = !(function instanceof LuaClosure);
    state.frames().setDirect(direct);
    try {
      return varargsOf(LuaValue.TRUE, function.invoke(arguments));
    } catch (LuaError e) {
      state.frames().unwind(depth);
      return failed(Errors.translate(e).value(), handler);
    } catch (StackOverflowError e) {
      state.frames().unwind(depth);
      return failed(LuaValue.valueOf(state.frames().position(1) + "stack overflow"), handler);
    } finally {
      state.frames().setDirect(false);
    }
  }

  /** False and the error, or what the handler makes of it. */
  private static Varargs failed(LuaValue error, LuaValue handler) {
    // What redis.call raises is a table; whoever catches it is given its text.
    LuaValue seen =
        error instanceof LuaTable
                && error.rawget("err").isstring()
                && error.rawget("source").isstring()
            ? error.rawget("err")
            : error;
    return varargsOf(LuaValue.FALSE, handler.isnil() ? seen : handler.call(seen));
  }

  /** {@code next(table [, key])}; in time that may grow with the table. */
  private static Varargs next(LuaArguments a) {
    try {
      return a.table(1).next(a.value(2));
    } catch (ScriptError e) {
      throw e;
    } catch (LuaError e) {
      throw new ScriptError(LuaValue.valueOf("invalid key to 'next'"), a.state().frames().line(1));
    }
  }

  /** {@code select(index, …)}, or the number of arguments for a hash sign. */
  private static Varargs select(LuaArguments a) {
    if (a.value(1) instanceof LuaString hash && hash.tojstring().startsWith("#")) {
      return LuaValue.valueOf(a.count() - 1);
    }
    long index = a.int32(1);
    if (index < 0) {
      index = a.count() + index;
    } else if (index > a.count()) {
      index = a.count();
    }
    if (index < 1) {
      throw a.bad(1, "index out of range");
    }
    return a.from((int) index + 1);
  }

  /** {@code unpack(table [, from [, to]])}; at most 8000 values, as in Lua. */
  private static Varargs unpack(LuaArguments a) {
    LuaTable table = a.table(1);
    long from = a.has(2) ? a.int32(2) : 1;
    long to = a.has(3) ? a.int32(3) : table.rawlen();
    if (from > to) {
      return LuaValue.NONE;
    }
    if (to - from >= 8000) {
      throw a.error("too many results to unpack");
    }
    var values = new LuaValue[(int) (to - from) + 1];
    for (int i = 0; i < values.length; i++) {
      values[i] = table.rawget((int) from + i);
    }
    return varargsOf(values);
  }

  /** {@code rawset(table, key, value)}, refused for tables that scripts share. */
  private static Varargs rawSet(LuaArguments a) {
    LuaTable table = a.table(1);
    a.state().checkWritable(table);
    table.rawset(a.any(2), a.any(3));
    return table;
  }

  /**
   * {@code setmetatable(table, metatable)}, refused for tables that scripts share, and for
   * protected metatables.
   */
  private static Varargs setMetatable(LuaArguments a) {
    LuaTable table = a.table(1);
    if (a.count() < 2 || (!a.value(2).isnil() && !a.value(2).istable())) {
      throw a.bad(2, "nil or table expected");
    }
    a.state().checkWritable(table);
    LuaValue meta = table.getmetatable();
    if (meta != null && !meta.rawget("__metatable").isnil()) {
      throw a.error("cannot change a protected metatable");
    }
    table.setmetatable(a.value(2));
    return table;
  }

  /** {@code getmetatable(value)}, or what {@code __metatable} shows in its place. */
  private static Varargs getMetatable(LuaArguments a) {
    LuaValue meta = a.any(1).getmetatable();
    if (meta == null) {
      return NIL;
    }
    LuaValue shown = meta.rawget("__metatable");
    return shown.isnil() ? meta : shown;
  }

  /**
   * {@code loadstring(source)}: a function, or nil and an error. Only text is taken: bytecode could
   * do anything.
   */
  private static Varargs load(LuaArguments a, byte[] source) {
    Globals globals = a.state().globals();
    try {
      return globals.load(
          new ByteArrayInputStream(source), new String(source, ISO_8859_1), "t", globals);
    } catch (LuaError e) {
      return varargsOf(NIL, LuaValue.valueOf(Errors.ofCompiler(String.valueOf(e.getMessage()))));
    }
  }

  /**
   * {@code load(function)}: the source is in pieces, up to an empty one or nil. Their bytes count
   * for the budget.
   */
  private static Varargs loadPieces(LuaArguments a) {
    if (!(a.value(1) instanceof LuaFunction function)) {
      throw a.bad(1, "function expected, got " + a.value(1).typename());
    }
    LuaString whole = LuaValue.valueOf("");
    LuaValue piece = function.call();
    while (piece instanceof LuaString && piece.rawlen() > 0) {
      a.state().budget().allocate(whole.rawlen() + (long) piece.rawlen());
      whole = whole.concat(piece).strvalue();
      piece = function.call();
    }
    return load(a, LuaArguments.bytes(whole));
  }
}
