package dev.larder.redis.engine.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A number of the C type that INCRBYFLOAT and HINCRBYFLOAT count with: 64 binary digits, where a
 * double has 53.
 *
 * <p>On x86 that type has a mantissa of 64 bits and decimal exponents up to 4932. It is kept as the
 * exact decimal of the rounded binary number; each sum is made exactly and rounded to 64 binary
 * digits once, halves to even. So the digits that are stored are those of Redis.
 *
 * <p>Two bounds hold against strangers: a text has 5119 bytes at most, and an exponent is checked
 * before a power of ten is made of it.
 */
final class ExtendedDouble {
  static final ExtendedDouble ZERO = new ExtendedDouble(BigDecimal.ZERO);

  /** Binary digits of the mantissa. */
  private static final int DIGITS = 64;

  /** Bytes of the longest text that Redis reads as such a number. */
  private static final int LONGEST = 5 * 1024 - 1;

  /** The greatest decimal exponent of the type. */
  private static final int MOST_EXPONENT = 4932;

  /** Null if it is infinite. */
  private final @Nullable BigDecimal value;

  private ExtendedDouble(@Nullable BigDecimal value) {
    this.value = value;
  }

  /**
   * The number a text says, as {@link #parse} finds it.
   *
   * @throws CommandException if it is no number
   */
  static ExtendedDouble read(Bytes text) {
    return parse(text).orElseThrow(CommandException::notAFloat);
  }

  /**
   * A decimal number, or what C's {@code strtod} reads besides: hexadecimal, and infinity by its
   * name.
   *
   * @return empty if it is no number, or out of range
   */
  static Optional<ExtendedDouble> parse(Bytes text) {
    String digits = new String(text.array(), ISO_8859_1);
    if (text.length() > LONGEST) {
      return Optional.empty();
    }
    try {
      // Nothing but an exponent may be out of a double's range.
      var decimal = new BigDecimal(digits.endsWith(".") ? digits + "0" : digits);
      long magnitude = (long) decimal.precision() - decimal.scale();
      return Math.abs(magnitude) > MOST_EXPONENT
          ? decimal.signum() == 0 ? Optional.of(ZERO) : Optional.empty()
          : Optional.of(new ExtendedDouble(rounded(decimal)));
    } catch (NumberFormatException e) {
      var number = Numbers.finite(text);
      if (number.isEmpty()) {
        return Optional.empty();
      }
      double value = number.getAsDouble();
      return Optional.of(
          new ExtendedDouble(Double.isInfinite(value) ? null : new BigDecimal(value)));
    }
  }

  /** True of infinity, which can be read and not be counted with. */
  boolean isInfinite() {
    return value == null;
  }

  /** The sum as it is written, or empty if it is no finite number. */
  Optional<Bytes> plus(ExtendedDouble other) {
    if (value == null || other.value == null) {
      return Optional.empty();
    }
    BigDecimal sum = rounded(value.add(other.value));
    String text = sum.setScale(17, RoundingMode.HALF_EVEN).stripTrailingZeros().toPlainString();
    boolean negativeZero = sum.signum() < 0 && text.equals("0");
    return Optional.of(Bytes.of(negativeZero ? "-0" : text));
  }

  /**
   * The nearest number of 64 binary digits. A fraction is shifted until its quotient has so many;
   * one more digit, which the estimate by bit lengths may give, is taken back by a second division.
   */
  private static BigDecimal rounded(BigDecimal exact) {
    if (exact.signum() == 0) {
      return BigDecimal.ZERO;
    }
    BigInteger numerator = exact.unscaledValue().abs();
    BigInteger denominator = BigInteger.ONE;
    if (exact.scale() > 0) {
      denominator = BigInteger.TEN.pow(exact.scale());
    } else {
      numerator = numerator.multiply(BigInteger.TEN.pow(-exact.scale()));
    }
    int shift = DIGITS - (numerator.bitLength() - denominator.bitLength());
    BigInteger mantissa = divided(numerator, denominator, shift);
    if (mantissa.bitLength() > DIGITS) {
      shift -= mantissa.bitLength() - DIGITS;
      mantissa = divided(numerator, denominator, shift);
    }
    BigDecimal result =
        shift >= 0
            ? new BigDecimal(mantissa).divide(new BigDecimal(BigInteger.ONE.shiftLeft(shift)))
            : new BigDecimal(mantissa.shiftLeft(-shift));
    return exact.signum() < 0 ? result.negate() : result;
  }

  /** The quotient times a power of two, rounded to the nearest integer, halves to even. */
  private static BigInteger divided(BigInteger numerator, BigInteger denominator, int shift) {
    BigInteger above = shift > 0 ? numerator.shiftLeft(shift) : numerator;
    BigInteger below = shift < 0 ? denominator.shiftLeft(-shift) : denominator;
    BigInteger[] parts = above.divideAndRemainder(below);
    int half = parts[1].shiftLeft(1).compareTo(below);
    return half > 0 || (half == 0 && parts[0].testBit(0)) ? parts[0].add(BigInteger.ONE) : parts[0];
  }
}
