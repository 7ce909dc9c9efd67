package dev.larder.redis.engine.lua;

import dev.larder.redis.engine.resp.Numbers;

/**
 * How Lua writes numbers. LuaJ's {@code LuaDouble} is made to call this when the module is built.
 */
public final class LuaNumbers {
  /** The digits of a number as text, as in {@code LUAI_NUMFFORMAT} of Lua 5.1. */
  private static final int DIGITS = 14;

  private LuaNumbers() {}

  /** A number as {@code tostring} writes it. */
  public static String text(double number) {
    return Double.isNaN(number) ? "-nan" : Numbers.general(number, DIGITS);
  }
}
