package dev.larder.redis.engine.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Numbers as Redis reads and writes them.
 *
 * <p>Redis is strict with integers, and reads doubles by C's functions; what it writes is what
 * {@code printf} writes. Both are seen by clients, so both are kept to the byte.
 */
public final class Numbers {
  /** The integers from 0 to 1023 as text, made once: most replies are among them. */
  private static final Bytes[] SMALL = new Bytes[1024];

  static {
    for (int i = 0; i < SMALL.length; i++) {
      SMALL[i] = Bytes.wrap(Integer.toString(i).getBytes(ISO_8859_1));
    }
  }

  private Numbers() {}

  /** The decimal digits of an integer. */
  public static Bytes toBytes(long number) {
    return number >= 0 && number < SMALL.length
        ? SMALL[(int) number]
        : Bytes.wrap(Long.toString(number).getBytes(ISO_8859_1));
  }

  /**
   * A double with as many digits as it takes to read the same one again, 17 at most.
   *
   * <p>An integer below 10 to the power of 15 has no exponent; anything else is written as {@code
   * %.17g} does.
   */
  public static Bytes toBytes(double number) {
    return number == (long) number && Math.abs(number) < 1e15 && (number != 0 || 1 / number > 0)
        ? toBytes((long) number)
        : Bytes.wrap(general(number, 17).getBytes(ISO_8859_1));
  }

  /** An integer of 64 bits in the one way to write it: no blanks, no plus, no leading zeros. */
  public static OptionalLong integer(Bytes text) {
    return integer(text.array(), text.length());
  }

  /**
   * As {@link #integer(Bytes)}, of the first bytes of an array.
   *
   * <p>It reads into negative numbers, of which there is one more.
   *
   * @param text digits in ASCII, with a minus or without
   * @param length how many bytes belong to it
   */
  public static OptionalLong integer(byte[] text, int length) {
    if (length == 0 || length > 20) {
      return OptionalLong.empty();
    }
    boolean negative = text[0] == '-';
    int at = negative ? 1 : 0;
    if (at == length || (text[at] == '0' && length > 1)) {
      return OptionalLong.empty();
    }
    long value = 0;
    for (; at < length; at++) {
      int digit = text[at] - '0';
      if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
        return OptionalLong.empty();
      }
      value = value * 10 - digit;
    }
    if (negative) {
      return OptionalLong.of(value);
    }
    return value == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(-value);
  }

  /**
   * A double that is a number and was not rounded to infinity or to zero; infinity by its name.
   *
   * <p>Blanks before it, and anything after it, make it none.
   */
  public static OptionalDouble finite(Bytes text) {
    if (text.length() > 0 && isSpace(text.at(0))) {
      return OptionalDouble.empty();
    }
    return new DoubleReader(text).whole(true);
  }

  /**
   * A double as the bound of a range of scores: blanks before it, and overflow, are allowed;
   * nothing is zero.
   *
   * <p>It ends at the first byte that is zero, where a C string does.
   */
  public static OptionalDouble bound(Bytes text) {
    int end = 0;
    while (end < text.length() && text.at(end) != 0) {
      end++;
    }
    return end == 0 ? OptionalDouble.of(0) : new DoubleReader(text.slice(0, end)).whole(false);
  }

  /**
   * A double as {@code printf("%.<digits>g")} writes it.
   *
   * @param digits how many are shown at most; zeros at the end are not
   */
  public static String general(double number, int digits) {
    if (Double.isNaN(number)) {
      // The sign of what is no number depends on how it came about; in C it is shown.
      return Double.doubleToRawLongBits(number) < 0 ? "-nan" : "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0" : "0";
    }
    int precision = Math.max(digits, 1);
    BigDecimal rounded =
        new BigDecimal(number).round(new MathContext(precision, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    if (exponent >= -4 && exponent < precision) {
      BigDecimal plain = rounded.stripTrailingZeros();
      return plain.scale() < 0 ? plain.setScale(0).toString() : plain.toPlainString();
    }
    String unscaled = rounded.stripTrailingZeros().unscaledValue().abs().toString();
    String mantissa =
        unscaled.length() == 1 ? unscaled : unscaled.charAt(0) + "." + unscaled.substring(1);
    return (number < 0 ? "-" : "")
        + mantissa
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  /** What C's {@code isspace} takes for a blank. */
  static boolean isSpace(int b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }
}
