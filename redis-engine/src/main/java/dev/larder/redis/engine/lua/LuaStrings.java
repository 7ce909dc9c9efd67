package dev.larder.redis.engine.lua;

import java.util.Arrays;
import org.luaj.vm2.LuaString;

/** What strings are like in Lua 5.1. LuaJ calls it: the build mends one of its methods. */
public final class LuaStrings {
  private LuaStrings() {}

  /**
   * Which of two strings comes first, by unsigned bytes, as in C's own locale.
   *
   * @return less than 0 for the first, more than 0 for the second, 0 if they are the same
   */
  public static int compare(LuaString one, LuaString other) {
    return Arrays.compareUnsigned(
        one.m_bytes,
        one.m_offset,
        one.m_offset + one.m_length,
        other.m_bytes,
        other.m_offset,
        other.m_offset + other.m_length);
  }
}
