package dev.larder.redis.engine.lua;

import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.VarArgFunction;

/**
 * A table of functions for scripts.
 *
 * <p>A function is given its arguments as {@link LuaArguments}, which know its name for errors.
 */
final class Library {
  private final LuaState state;
  private final LuaTable table;

  /** Adds to a table of a state, before it is sealed. */
  Library(LuaState state, LuaTable table) {
    this.state = state;
    this.table = table;
  }

  /** What a function does. */
  @FunctionalInterface
  interface Body {
    /**
     * Runs the function once.
     *
     * @param arguments of the call
     * @return the results, which may be none
     */
    Varargs call(LuaArguments arguments);
  }

  /** A function as LuaJ calls it. */
  private static final class Function extends VarArgFunction {
    private final String label;
    private final Body body;
    private final LuaState state;

    Function(String label, Body body, LuaState state) {
      this.label = label;
      this.body = body;
      this.state = state;
    }

    @Override
    public Varargs invoke(Varargs arguments) {
      return body.call(new LuaArguments(label, arguments, state));
    }
  }

  /**
   * Adds a function.
   *
   * @param name under which it is in the table, and in errors
   */
  Library add(String name, Body body) {
    table.rawset(LuaValue.valueOf(name), new Function(name, body, state));
    return this;
  }

  LuaTable table() {
    return table;
  }
}
