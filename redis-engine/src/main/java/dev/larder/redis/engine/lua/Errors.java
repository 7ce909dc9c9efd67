package dev.larder.redis.engine.lua;

import java.util.regex.Pattern;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaValue;

/**
 * Turns the errors of LuaJ into those that Lua 5.1 raises.
 *
 * <p>Clients show these texts, and tests of scripts compare them. LuaJ says what went wrong, {@link
 * Frames} adds what the failed instruction worked on, and both make the sentence of Lua: {@code
 * user_script:1: attempt to index local 'a' (a nil value)}.
 */
final class Errors {
  private static final Pattern POSITION = Pattern.compile("^\\S*?:(\\d+|\\?) ");

  private Errors() {}

  /**
   * An error as a script sees it.
   *
   * @param error one of this engine, returned as it is, or one of LuaJ's
   */
  static ScriptError translate(LuaError error) {
    if (error instanceof ScriptError known) {
      return known;
    }
    String whole = String.valueOf(error.getMessage());
    int mark = whole.indexOf("\n\0");
    String said = mark < 0 ? whole : whole.substring(0, mark);
    String operand = mark < 0 ? "" : whole.substring(mark + 2);
    var position = POSITION.matcher(said);
    int line = 0;
    if (position.find()) {
      line = position.group(1).equals("?") ? 0 : Integer.parseInt(position.group(1));
      said = said.substring(position.end());
    }
    String text = (line == 0 ? "" : LuaState.CHUNK + ":" + line + ": ") + reworded(said, operand);
    return new ScriptError(LuaValue.valueOf(text), line);
  }

  /**
   * A sentence of Lua of one of LuaJ.
   *
   * @param operand what {@link Operands} says about it
   */
  private static String reworded(String said, String operand) {
    if (said.startsWith("attempt to index")) {
      return "attempt to index " + operand;
    }
    if (said.startsWith("attempt to call")) {
      return "attempt to call " + operand;
    }
    if (said.startsWith("attempt to concatenate")) {
      return "attempt to concatenate " + operand;
    }
    if (said.startsWith("attempt to get length of")) {
      return "attempt to get length of " + operand;
    }
    if (said.startsWith("index expected")) {
      return "attempt to index " + operand;
    }
    if (said.startsWith("attempt to perform arithmetic")) {
      return "attempt to perform arithmetic on " + operand;
    }
    if (said.startsWith("attempt to compare")) {
      return operand.isEmpty() ? said : "attempt to compare " + operand;
    }
    if (said.startsWith("table index expected")) {
      return "table index is nil";
    }
    return said;
  }

  /** What the compiler said, in the words of Lua 5.1. */
  static String ofCompiler(String said) {
    return said.replaceAll("(?<!')<(eof|name|number|string)>(?!')", "'<$1>'")
        .replaceAll("<break> at line \\d+ not inside a loop", "no loop to break near '<eof>'")
        .replaceAll("unexpected symbol \\d+ \\(.\\)", "unexpected symbol")
        .replaceAll("'?<eos>'?", "'<eof>'")
        .replaceAll(
            "no visible label 'break' for <goto> at line \\d+", "no loop to break near '<eof>'")
        .replaceAll("syntax error near", "'=' expected near");
  }
}
