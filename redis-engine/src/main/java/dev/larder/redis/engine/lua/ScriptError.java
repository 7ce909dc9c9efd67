package dev.larder.redis.engine.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaValue;

/** An error that a script can catch, with where it was raised. */
final class ScriptError extends LuaError {
  private static final long serialVersionUID = 1;

  private final transient LuaValue value;
  private final int line;

  /**
   * An error.
   *
   * @param value what {@code pcall} returns for it
   * @param line where it was raised, or zero
   */
  ScriptError(LuaValue value, int line) {
    super("");
    this.value = value;
    this.line = line;
  }

  /** A string, or any value that the script raised. */
  LuaValue value() {
    return value;
  }

  /** The line of the script, from 1; zero if there is none. */
  int line() {
    return line;
  }

  /** Has none of its own: scripts raise these often. */
  @Override
  public Throwable fillInStackTrace() {
    return this;
  }
}
