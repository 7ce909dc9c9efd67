package dev.larder.redis.engine.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Reads a double as C's {@code strtod} does: decimal, hexadecimal, or infinity by its name.
 *
 * <p>It has no locale, and no name for what is no number. A reader is used once.
 */
final class DoubleReader {
  private final String text;
  private int at;

  DoubleReader(Bytes text) {
    this.text = new String(text.array(), ISO_8859_1);
  }

  /**
   * The double, if it is the whole text.
   *
   * <p>Blanks before the number are passed over; anything after it makes it none.
   *
   * @param strict whether a number too large or too small for a double is none
   */
  OptionalDouble whole(boolean strict) {
    while (at < text.length() && Numbers.isSpace(text.charAt(at))) {
      at++;
    }
    int from = at;
    if (at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
      at++;
    }
    boolean negative = at > from && text.charAt(from) == '-';
    String rest = text.substring(at).toLowerCase(Locale.ROOT);
    if (rest.equals("inf") || rest.equals("infinity")) {
      return OptionalDouble.of(negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
    }
    boolean hexadecimal = rest.startsWith("0x");
    if (hexadecimal) {
      at += 2;
    }
    int digits = at;
    boolean nonzero = mantissa(hexadecimal);
    if (digits == at || (at == digits + 1 && text.charAt(digits) == '.')) {
      return OptionalDouble.empty();
    }
    boolean exponent = exponent(hexadecimal);
    if (at != text.length()) {
      return OptionalDouble.empty();
    }
    double value =
        Double.parseDouble(text.substring(from) + (hexadecimal && !exponent ? "p0" : ""));
    boolean outOfRange = Double.isInfinite(value) || (value == 0 && nonzero);
    return strict && outOfRange ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  /**
   * Goes on after digits with one point at most.
   *
   * @return whether one of the digits is not zero
   */
  private boolean mantissa(boolean hexadecimal) {
    boolean nonzero = false;
    boolean point = false;
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '.' && !point) {
        point = true;
      } else if ((c >= '0' && c <= '9')
          || (hexadecimal && Character.digit(c, 16) >= 0 && c < 128)) {
        nonzero |= c != '0';
      } else {
        break;
      }
    }
    return nonzero;
  }

  /**
   * Goes on after an exponent.
   *
   * @return false if there is none
   */
  private boolean exponent(boolean hexadecimal) {
    if (at == text.length() || (text.charAt(at) | 32) != (hexadecimal ? 'p' : 'e')) {
      return false;
    }
    at++;
    if (at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
      at++;
    }
    int digits = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (digits == at) {
      // An exponent without digits is none: the text goes on after the number.
      at = -1;
    }
    return true;
  }
}
