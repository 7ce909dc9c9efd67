package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.resp.Numbers;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Locale;
import org.luaj.vm2.Varargs;

/**
 * {@code string.format}, which writes as C's {@code printf} does.
 *
 * <p>An object of it is one conversion with its flags, width and precision. Widths and precisions
 * have two digits at most, as in Lua, so that one conversion has a bound; the results count for the
 * budget. There is no locale.
 */
final class StringFormat {
  private static final String FLAGS = "-+ #0";

  private final String flags;
  private final int width;
  private final int precision;
  private final char conversion;

  /**
   * One conversion.
   *
   * @param width in bytes; zero if it was not said
   * @param precision -1 if it was not said
   */
  private StringFormat(String flags, int width, int precision, char conversion) {
    this.flags = flags;
    this.width = width;
    this.precision = precision;
    this.conversion = conversion;
  }

  /** {@code string.format(template, …)}. */
  static Varargs format(LuaArguments a) {
    byte[] template = a.bytes(1);
    var out = new ByteArrayOutputStream();
    int argument = 1;
    for (int i = 0; i < template.length; i++) {
      if (template[i] != '%') {
        out.write(template[i]);
      } else if (i + 1 < template.length && template[i + 1] == '%') {
        out.write(template[++i]);
      } else {
        int[] end = {i + 1};
        StringFormat format = parse(template, end, a);
        i = end[0];
        byte[] piece = format.write(a, ++argument);
        a.state().budget().allocate(piece.length);
        out.writeBytes(piece);
      }
    }
    return LuaArguments.string(out.toByteArray());
  }

  /**
   * Reads a conversion, after its percent sign.
   *
   * @param at the index, moved to the letter of the conversion
   */
  private static StringFormat parse(byte[] template, int[] at, LuaArguments a) {
    int i = at[0];
    int from = i;
    while (i < template.length && FLAGS.indexOf(template[i]) >= 0) {
      i++;
    }
    if (i - from > FLAGS.length()) {
      throw a.error("invalid format (repeated flags)");
    }
    String flags = new String(template, from, i - from, ISO_8859_1);
    int[] number = {i};
    int width = Math.max(0, digits(template, number));
    int precision = -1;
    if (number[0] < template.length && template[number[0]] == '.') {
      number[0]++;
      precision = Math.max(0, digits(template, number));
    }
    i = number[0];
    if (i < template.length && template[i] >= '0' && template[i] <= '9') {
      throw a.error("invalid format (width or precision too long)");
    }
    at[0] = i;
    return new StringFormat(flags, width, precision, i < template.length ? (char) template[i] : 0);
  }

  /** Two digits at most, or -1 if there are none. */
  private static int digits(byte[] template, int[] at) {
    int value = -1;
    for (int n = 0; n < 2; n++) {
      int i = at[0];
      if (i >= template.length || template[i] < '0' || template[i] > '9') {
        break;
      }
      value = Math.max(0, value) * 10 + template[i] - '0';
      at[0]++;
    }
    return value;
  }

  /** The argument at an index as the conversion shows it. */
  private byte[] write(LuaArguments a, int index) {
    if (index > a.count()) {
      throw a.bad(index, "no value");
    }
    return switch (conversion) {
      case 'd', 'i', 'o', 'u', 'x', 'X', 'c', 'e', 'E', 'f', 'g', 'G' -> number(a.number(index));
      case 'q' -> quoted(a.bytes(index));
      case 's' -> {
        byte[] text = a.bytes(index);
        yield padded(precision < 0 ? text : Arrays.copyOf(text, Math.min(precision, text.length)));
      }
      default ->
          throw a.error(
              "invalid option '%" + (conversion == 0 ? "" : conversion) + "' to 'format'");
    };
  }

  /** A number: integers are cut to 64 bits as C's cast does. */
  private byte[] number(double number) {
    return switch (conversion) {
      case 'c' -> character((byte) LuaReplies.truncated(number));
      case 'd', 'i' -> signed(LuaReplies.truncated(number));
      case 'u' -> integer(Long.toUnsignedString(LuaReplies.truncated(number)), "");
      case 'o' -> integer(Long.toOctalString(LuaReplies.truncated(number)), "");
      case 'x' -> integer(Long.toHexString(LuaReplies.truncated(number)), "0x");
      case 'X' ->
          integer(Long.toHexString(LuaReplies.truncated(number)).toUpperCase(Locale.ROOT), "0X");
      default -> floating(number);
    };
  }

  /**
   * A character. Lua takes what {@code sprintf} wrote up to the first zero, so that of a zero
   * nothing is left, nor of what fills the width after it.
   */
  private byte[] character(byte code) {
    byte[] text = padded(new byte[] {code});
    for (int end = 0; end < text.length; end++) {
      if (text[end] == 0) {
        return Arrays.copyOf(text, end);
      }
    }
    return text;
  }

  /** An integer with its sign. */
  private byte[] signed(long number) {
    String digits = number < 0 ? Long.toString(number).substring(1) : Long.toString(number);
    return filled(sign(number < 0), atLeast(digits), precision < 0);
  }

  /** An integer without a sign, with a prefix if the flag asks for it. */
  private byte[] integer(String digits, String prefix) {
    String before = flags.contains("#") && !digits.equals("0") ? prefix : "";
    return filled(before, atLeast(digits), precision < 0);
  }

  /** Zeros before the digits, up to the precision. */
  private String atLeast(String digits) {
    return precision == 0 && digits.equals("0")
        ? ""
        : "0".repeat(Math.max(0, precision - digits.length())) + digits;
  }

  /** A double; it is rounded from its exact decimal, halves to even, as glibc does. */
  private byte[] floating(double number) {
    boolean negative = number < 0 || (number == 0 && 1 / number < 0);
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      String name = Double.isNaN(number) ? "nan" : "inf";
      return filled(sign(negative || Double.isNaN(number)), cased(name), false);
    }
    int digits = precision < 0 ? 6 : precision;
    double absolute = Math.abs(number);
    String text =
        switch (conversion) {
          case 'f' ->
              new BigDecimal(absolute).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
          case 'e', 'E' -> scientific(absolute, digits);
          default -> Numbers.general(absolute, digits);
        };
    return filled(sign(negative), cased(text), true);
  }

  /**
   * One digit, the point, and as many digits as are wanted, with an exponent of two digits at
   * least.
   */
  private static String scientific(double absolute, int digits) {
    if (absolute == 0) {
      return (digits == 0 ? "0" : "0." + "0".repeat(digits)) + "e+00";
    }
    var rounded =
        new BigDecimal(absolute).round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    String all = rounded.unscaledValue().toString();
    all = (all + "0".repeat(digits + 1)).substring(0, digits + 1);
    return all.charAt(0)
        + (digits == 0 ? "" : "." + all.substring(1))
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  /** In capital letters if the conversion is one. */
  private String cased(String text) {
    return Character.isUpperCase(conversion) ? text.toUpperCase(Locale.ROOT) : text;
  }

  /** What is shown before a number. */
  private String sign(boolean negative) {
    return negative ? "-" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
  }

  /** Filled up to the width: with zeros after the sign if asked for, or with blanks. */
  private byte[] filled(String sign, String digits, boolean zeros) {
    if (zeros && flags.contains("0") && !flags.contains("-")) {
      String fill = "0".repeat(Math.max(0, width - sign.length() - digits.length()));
      return (sign + fill + digits).getBytes(ISO_8859_1);
    }
    return padded((sign + digits).getBytes(ISO_8859_1));
  }

  /** Filled with blanks up to the width. */
  private byte[] padded(byte[] text) {
    if (text.length >= width) {
      return text;
    }
    var padded = new byte[width];
    Arrays.fill(padded, (byte) ' ');
    System.arraycopy(text, 0, padded, flags.contains("-") ? 0 : width - text.length, text.length);
    return padded;
  }

  /** A string that Lua can read again. */
  private static byte[] quoted(byte[] text) {
    var out = new ByteArrayOutputStream();
    out.write('"');
    for (byte b : text) {
      switch (b) {
        case '"', '\\', '\n' -> {
          out.write('\\');
          out.write(b);
        }
        case '\r' -> out.writeBytes("\\r".getBytes(ISO_8859_1));
        case 0 -> out.writeBytes("\\000".getBytes(ISO_8859_1));
        default -> out.write(b);
      }
    }
    out.write('"');
    return out.toByteArray();
  }
}
