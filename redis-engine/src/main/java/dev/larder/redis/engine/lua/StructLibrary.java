package dev.larder.redis.engine.lua;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The functions of {@code struct}: values as C keeps them in memory.
 *
 * <p>It is Roberto Ierusalimschy's struct, as Redis has it: formats are letters with sizes, {@code
 * <} and {@code >} choose the order of bytes, {@code !} the alignment. Native sizes are those of a
 * machine of 64 bits, whose lowest byte comes first, whatever this JVM runs on.
 */
final class StructLibrary {
  /** The most bytes an integer may have. */
  private static final int LARGEST = 32;

  private StructLibrary() {}

  /** Fills the table. */
  static void addTo(LuaState state, LuaTable table) {
    new Library(state, table)
        .add("pack", StructLibrary::pack)
        .add("unpack", StructLibrary::unpack)
        .add("size", StructLibrary::size);
  }

  /**
   * A format, read option by option.
   *
   * <p>It holds the settings that options change on the way, and the option that was read last.
   */
  private static final class Format {
    private final LuaArguments a;
    private final byte[] text;
    private int at;
    private boolean little = true;
    private int most = 1;
    private char option;
    private int size;

    /** Reads the first argument. */
    Format(LuaArguments a) {
      this.a = a;
      this.text = a.bytes(1);
    }

    /** The next option that takes or gives a value; false at the end. */
    boolean next() {
      while (at < text.length) {
        option = (char) (text[at++] & 0xff);
        size = sizeOf(option);
        switch (option) {
          case ' ' -> {
            // It separates.
          }
          case '>' -> little = false;
          case '<' -> little = true;
          case '!' -> align(number(8));
          default -> {
            if (size < 0) {
              throw a.bad(1, "invalid format option '%c'".formatted(option));
            }
            return true;
          }
        }
      }
      return false;
    }

    /** Sets the greatest alignment, which must be a power of two. */
    private void align(int wanted) {
      if (wanted == 0 || (wanted & (wanted - 1)) != 0) {
        throw a.error("alignment %d is not a power of 2".formatted(wanted));
      }
      most = wanted;
    }

    /** How many bytes an option takes; -1 if there is no such option. */
    private int sizeOf(char c) {
      return switch (c) {
        case 'b', 'B', 'x' -> 1;
        case 'h', 'H' -> 2;
        case 'f' -> 4;
        case 'l', 'L', 'T', 'd' -> 8;
        case 's' -> 0;
        case 'c' -> number(1);
        case 'i', 'I' -> {
          int bytes = number(4);
          if (bytes > LARGEST) {
            throw a.error("integral size %d is larger than limit of %d".formatted(bytes, LARGEST));
          }
          yield bytes;
        }
        default -> -1;
      };
    }

    /** The number after an option, or another one if there is none. */
    private int number(int otherwise) {
      if (at == text.length || !isDigit(text[at])) {
        return otherwise;
      }
      long number = 0;
      while (at < text.length && isDigit(text[at])) {
        number = number * 10 + text[at++] - '0';
        if (number > Integer.MAX_VALUE) {
          throw a.error("integral size overflow");
        }
      }
      return (int) number;
    }

    private static boolean isDigit(byte b) {
      return b >= '0' && b <= '9';
    }

    /** How many bytes come before a value that begins at an offset, so that it is aligned. */
    int padding(long offset) {
      int align = option == 'c' || size == 0 ? 0 : Math.min(size, most);
      return align > 1 ? (int) ((align - (offset & (align - 1))) & (align - 1)) : 0;
    }

    /** How far a byte is shifted within its integer, in bits. */
    int shift(int index, int bytes) {
      return 8 * (little ? index : bytes - 1 - index);
    }
  }

  /** {@code pack(format, value, …)}. */
  private static Varargs pack(LuaArguments a) {
    var format = new Format(a);
    var out = new ByteArrayOutputStream();
    int argument = 2;
    while (format.next()) {
      out.writeBytes(new byte[format.padding(out.size())]);
      switch (format.option) {
        case 'x' -> out.write(0);
        case 'f' -> integer(out, format, Float.floatToRawIntBits((float) a.number(argument++)));
        case 'd' -> integer(out, format, Double.doubleToRawLongBits(a.number(argument++)));
        case 's', 'c' -> {
          byte[] bytes = a.bytes(argument);
          int size = format.size == 0 ? bytes.length : format.size;
          if (bytes.length < size) {
            throw a.bad(argument + 1, "string too short");
          }
          argument++;
          a.state().budget().allocate(size);
          out.write(bytes, 0, size);
          if (format.option == 's') {
            out.write(0);
          }
        }
        default -> integer(out, format, whole(a.number(argument++)));
      }
    }
    return LuaArguments.string(out.toByteArray());
  }

  /** A number without its fraction, in 64 bits with or without a sign. */
  private static long whole(double number) {
    return number >= 0x1p63 ? (long) (number - 0x1p63) ^ Long.MIN_VALUE : (long) number;
  }

  /** Writes the bytes of an integer in their order. */
  private static void integer(ByteArrayOutputStream out, Format format, long value) {
    for (int i = 0; i < format.size; i++) {
      int shift = format.shift(i, format.size);
      out.write(shift < 64 ? (int) (value >>> shift) : 0);
    }
  }

  /** {@code unpack(format, data [, from])}: the values, and the index after them. */
  private static Varargs unpack(LuaArguments a) {
    var format = new Format(a);
    byte[] data = a.bytes(2);
    long at = a.has(3) ? a.integer(3) - 1 : 0;
    if (at < 0) {
      throw a.bad(3, "offset must be 1 or greater");
    }
    var values = new ArrayList<LuaValue>();
    while (format.next()) {
      at += format.padding(at);
      if (format.size > data.length - at) {
        throw a.bad(2, "data string too short");
      }
      int from = (int) at;
      int size = format.size;
      switch (format.option) {
        case 'x' -> {
          // Nothing is there.
        }
        case 'f' ->
            values.add(
                LuaValue.valueOf(
                    (double) Float.intBitsToFloat((int) integer(data, from, format, false))));
        case 'd' ->
            values.add(
                LuaValue.valueOf(Double.longBitsToDouble(integer(data, from, format, false))));
        case 'c' -> {
          if (size == 0) {
            size = length(a, values, data.length - from);
          }
          values.add(string(a, data, from, size));
        }
        case 's' -> {
          int end = from;
          while (end < data.length && data[end] != 0) {
            end++;
          }
          if (end >= data.length) {
            throw a.error("unfinished string in data");
          }
          values.add(string(a, data, from, end - from));
          size = end - from + 1;
        }
        default -> {
          boolean signed = Character.isLowerCase(format.option);
          long value = integer(data, from, format, signed);
          values.add(
              LuaValue.valueOf(
                  signed || value >= 0
                      ? (double) value
                      : (double) (value >>> 1) * 2 + (value & 1)));
        }
      }
      at += size;
    }
    values.add(LuaValue.valueOf((double) (at + 1)));
    return LuaValue.varargsOf(values.toArray(LuaValue[]::new));
  }

  /** The length of a string, which is the value before it. */
  private static int length(LuaArguments a, List<LuaValue> values, int most) {
    if (values.isEmpty() || !values.getLast().isnumber()) {
      throw a.error("format 'c0' needs a previous size");
    }
    double length = values.removeLast().todouble();
    if (length < 0 || length > most) {
      throw a.bad(2, "data string too short");
    }
    return (int) length;
  }

  /** A part of the data; its length counts for the budget. */
  private static LuaValue string(LuaArguments a, byte[] data, int from, int size) {
    a.state().budget().allocate(size);
    return LuaArguments.string(Arrays.copyOfRange(data, from, from + size));
  }

  /** Reads the bytes of an integer in their order. */
  private static long integer(byte[] data, int from, Format format, boolean signed) {
    long value = 0;
    for (int i = 0; i < format.size; i++) {
      int shift = format.shift(i, format.size);
      value |= shift < 64 ? (data[from + i] & 0xffL) << shift : 0;
    }
    int unused = 64 - 8 * format.size;
    return signed && unused > 0 ? value << unused >> unused : value;
  }

  /** {@code size(format)}, for formats whose size does not depend on values. */
  private static Varargs size(LuaArguments a) {
    var format = new Format(a);
    long size = 0;
    while (format.next()) {
      if (format.option == 's' || (format.option == 'c' && format.size == 0)) {
        String option = format.option == 's' ? "s" : "c0";
        throw a.bad(1, "option '%s' has no fixed size".formatted(option));
      }
      size += format.padding(size) + format.size;
    }
    return LuaValue.valueOf((double) size);
  }
}
