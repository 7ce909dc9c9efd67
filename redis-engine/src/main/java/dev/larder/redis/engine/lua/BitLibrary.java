package dev.larder.redis.engine.lua;

import java.util.Locale;
import java.util.function.IntBinaryOperator;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * The functions of {@code bit}: integers of 32 bits.
 *
 * <p>It is LuaBitOp's interface: arguments are numbers, taken modulo 2 to the power of 32, and
 * results have a sign. Shifts use the low five bits of their distance.
 */
final class BitLibrary {
  private BitLibrary() {}

  static void addTo(LuaState state, LuaTable table) {
    new Library(state, table)
        .add("tobit", a -> LuaValue.valueOf(bits(a, 1)))
        .add("bnot", a -> LuaValue.valueOf(~bits(a, 1)))
        .add("band", a -> fold(a, (x, y) -> x & y))
        .add("bor", a -> fold(a, (x, y) -> x | y))
        .add("bxor", a -> fold(a, (x, y) -> x ^ y))
        .add("lshift", a -> LuaValue.valueOf(bits(a, 1) << bits(a, 2)))
        .add("rshift", a -> LuaValue.valueOf(bits(a, 1) >>> bits(a, 2)))
        .add("arshift", a -> LuaValue.valueOf(bits(a, 1) >> bits(a, 2)))
        .add("rol", a -> LuaValue.valueOf(Integer.rotateLeft(bits(a, 1), bits(a, 2))))
        .add("ror", a -> LuaValue.valueOf(Integer.rotateRight(bits(a, 1), bits(a, 2))))
        .add("bswap", a -> LuaValue.valueOf(Integer.reverseBytes(bits(a, 1))))
        .add("tohex", BitLibrary::toHex);
  }

  /** A number's lowest 32 bits, rounded to the nearest integer, halves to even. */
  private static int bits(LuaArguments a, int index) {
    double number = Math.rint(a.number(index));
    if (Math.abs(number) < 0x1p63) {
      return (int) (long) number;
    }
    return 0;
  }

  /** One operation over all arguments from the left. */
  private static LuaValue fold(LuaArguments a, IntBinaryOperator operation) {
    int result = bits(a, 1);
    for (int i = 2; i <= a.count(); i++) {
      result = operation.applyAsInt(result, bits(a, i));
    }
    return LuaValue.valueOf(result);
  }

  /**
   * {@code tohex(number [, digits])}: 8 digits if none are said; in capital letters if negative.
   */
  private static LuaValue toHex(LuaArguments a) {
    int digits = a.has(2) ? bits(a, 2) : 8;
    int count = Math.min(8, Math.abs(digits));
    String all = "%08x".formatted(bits(a, 1)).substring(8 - count);
    return LuaValue.valueOf(digits < 0 ? all.toUpperCase(Locale.ROOT) : all);
  }
}
