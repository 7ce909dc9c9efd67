package dev.larder.redis.engine.lua;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The functions of {@code cmsgpack}: MessagePack.
 *
 * <p>The format is that of msgpack.org; what is written, and how, is as lua-cmsgpack 0.4.0 does it:
 * the shortest form of each integer, floats where they are exact, tables as arrays if their keys
 * are 1 to n. Extensions are not read. Values count as steps, and strings for the budget of memory.
 */
final class MessagePackLibrary {
  /** How deep tables are written; what is deeper is nil. */
  private static final int DEEPEST = 16;

  /** How deep they are read. */
  private static final int DEEPEST_READ = 1000;

  private MessagePackLibrary() {}

  /** Fills the table. */
  static void addTo(LuaState state, LuaTable table) {
    table.rawset("_NAME", LuaValue.valueOf("cmsgpack"));
    table.rawset("_VERSION", LuaValue.valueOf("lua-cmsgpack 0.4.0"));
    table.rawset("_COPYRIGHT", LuaValue.valueOf("Copyright (C) 2012, Salvatore Sanfilippo"));
    table.rawset("_DESCRIPTION", LuaValue.valueOf("MessagePack C implementation for Lua"));
    new Library(state, table)
        .add("pack", MessagePackLibrary::pack)
        .add("unpack", a -> unpack(a, 0, 0))
        .add("unpack_one", a -> unpack(a, 1, a.small(2, 0)))
        .add("unpack_limit", a -> unpack(a, a.small(2), a.small(3, 0)));
  }

  /** {@code pack(value, …)}: all values in one string. */
  private static Varargs pack(LuaArguments a) {
    if (a.count() == 0) {
      throw a.bad(0, "MessagePack pack needs input.");
    }
    var out = new ByteArrayOutputStream();
    for (int i = 1; i <= a.count(); i++) {
      write(a, out, a.value(i), 0);
    }
    return LuaArguments.string(out.toByteArray());
  }

  /**
   * Writes a value. What has no form, such as a function, is nil.
   *
   * @param depth of tables within each other
   */
  private static void write(LuaArguments a, ByteArrayOutputStream out, LuaValue value, int depth) {
    a.state().budget().step();
    switch (value) {
      case LuaString string -> {
        byte[] bytes = LuaArguments.bytes(string);
        a.state().budget().allocate(bytes.length);
        head(out, bytes.length, 0xa0, 31, 0xd9, 0xda);
        out.writeBytes(bytes);
      }
      case LuaNumber number -> number(out, number.todouble());
      case LuaTable table when depth < DEEPEST -> table(a, out, table, depth);
      default -> out.write(value.isboolean() ? value.toboolean() ? 0xc3 : 0xc2 : 0xc0);
    }
  }

  /**
   * The head of a string, an array or a map: short, of one byte if there is such, of two, of four.
   *
   * @param shortest the type of the form that holds the size itself
   * @param most the greatest size of that form
   * @param one the type with a size of one byte; zero if there is none
   * @param two the type with a size of two bytes; that of four is the next
   */
  private static void head(
      ByteArrayOutputStream out, int size, int shortest, int most, int one, int two) {
    if (size <= most) {
      out.write(shortest | size);
    } else if (one != 0 && size <= 0xff) {
      out.write(one);
      out.write(size);
    } else if (size <= 0xffff) {
      out.write(two);
      number(out, size, 2);
    } else {
      out.write(two + 1);
      number(out, size, 4);
    }
  }

  /** The low bytes of a number, the highest first. */
  private static void number(ByteArrayOutputStream out, long value, int bytes) {
    for (int i = bytes - 1; i >= 0; i--) {
      out.write((int) (value >>> (8 * i)));
    }
  }

  /** A number in its shortest form. */
  private static void number(ByteArrayOutputStream out, double value) {
    if (value != (long) value || value == 0x1p63) {
      if (value == (float) value) {
        out.write(0xca);
        number(out, Float.floatToRawIntBits((float) value), 4);
      } else {
        out.write(0xcb);
        number(out, Double.doubleToRawLongBits(value), 8);
      }
      return;
    }
    long whole = (long) value;
    if (whole >= -32 && whole <= 127) {
      out.write((int) whole);
      return;
    }
    boolean positive = whole >= 0;
    int size = 0;
    while (size < 3 && (positive ? whole >>> (8 << size) != 0 : whole < -1L << ((8 << size) - 1))) {
      size++;
    }
    out.write((positive ? 0xcc : 0xd0) + size);
    number(out, whole, 1 << size);
  }

  /** An array or a map. */
  private static void table(LuaArguments a, ByteArrayOutputStream out, LuaTable table, int depth) {
    LuaValue[] keys = table.keys();
    if (isArray(keys)) {
      head(out, keys.length, 0x90, 15, 0, 0xdc);
      for (int i = 1; i <= keys.length; i++) {
        write(a, out, table.rawget(i), depth + 1);
      }
      return;
    }
    head(out, keys.length, 0x80, 15, 0, 0xde);
    for (LuaValue key : keys) {
      write(a, out, key, depth + 1);
      write(a, out, table.rawget(key), depth + 1);
    }
  }

  /** Whether the keys are the integers from 1 to their number. */
  private static boolean isArray(LuaValue[] keys) {
    double most = 0;
    for (LuaValue key : keys) {
      double number = key instanceof LuaNumber ? key.todouble() : 0;
      if (number < 1 || number != Math.floor(number)) {
        return false;
      }
      most = Math.max(most, number);
    }
    return most == keys.length;
  }

  /**
   * Reads values from an offset on.
   *
   * @param limit how many; all for zero, and then without the offset of the next as the first
   *     result
   * @param offset in bytes, from zero
   */
  private static Varargs unpack(LuaArguments a, int limit, int offset) {
    byte[] bytes = a.bytes(1);
    if (offset < 0 || limit < 0) {
      throw a.error(
          "Invalid request to unpack with offset of %d and limit of %d."
              .formatted(offset, bytes.length));
    }
    if (offset > bytes.length) {
      throw a.error(
          "Start offset %d greater than input length %d.".formatted(offset, bytes.length));
    }
    var reader = new Reader(a, ByteBuffer.wrap(bytes).position(offset));
    var values = new ArrayList<LuaValue>();
    boolean stepwise = limit > 0;
    int most = stepwise ? limit : Integer.MAX_VALUE;
    while (reader.in.hasRemaining() && values.size() < most) {
      values.add(reader.value(0));
    }
    if (stepwise) {
      int next = reader.in.hasRemaining() ? reader.in.position() : -1;
      values.addFirst(LuaValue.valueOf((double) next));
    }
    return LuaValue.varargsOf(values.toArray(LuaValue[]::new));
  }

  /**
   * What is left of a string, read value by value.
   *
   * @param a for errors, and for the budget
   * @param in at the next byte
   */
  private record Reader(LuaArguments a, ByteBuffer in) {
    /** Fails if there are not so many bytes. */
    private ByteBuffer bytes(long count) {
      if (in.remaining() < count) {
        throw a.error("Missing bytes in input.");
      }
      return in;
    }

    /** A number of so many bytes, the highest first. */
    private long unsigned(int size) {
      bytes(size);
      long value = 0;
      for (int i = 0; i < size; i++) {
        value = value << 8 | (in.get() & 0xff);
      }
      return value;
    }

    private static LuaValue number(double value) {
      return LuaValue.valueOf(value);
    }

    /** A number of 64 bits without a sign, as a double. */
    private static double ofUnsigned(long value) {
      return value >= 0 ? value : (double) (value >>> 1) * 2 + (value & 1);
    }

    /**
     * The next value. Sizes are believed only as far as there are bytes.
     *
     * @param depth of tables within each other, bounded to 1000
     */
    LuaValue value(int depth) {
      a.state().budget().step();
      if (depth > DEEPEST_READ) {
        throw a.error("Bad data format in input.");
      }
      int type = (int) unsigned(1);
      return switch (type) {
        case 0xc0 -> LuaValue.NIL;
        case 0xc2 -> LuaValue.FALSE;
        case 0xc3 -> LuaValue.TRUE;
        case 0xca -> number(Float.intBitsToFloat((int) unsigned(4)));
        case 0xcb -> number(Double.longBitsToDouble(unsigned(8)));
        case 0xcc, 0xcd, 0xce, 0xcf -> number(ofUnsigned(unsigned(1 << (type - 0xcc))));
        case 0xd0 -> number((byte) unsigned(1));
        case 0xd1 -> number((short) unsigned(2));
        case 0xd2 -> number((int) unsigned(4));
        case 0xd3 -> number((double) unsigned(8));
        case 0xd9, 0xda, 0xdb -> string(unsigned(1 << (type - 0xd9)));
        case 0xc4, 0xc5, 0xc6 -> string(unsigned(1 << (type - 0xc4)));
        case 0xdc, 0xdd -> array(unsigned(2 << (type - 0xdc)), depth);
        case 0xde, 0xdf -> map(unsigned(2 << (type - 0xde)), depth);
        default -> {
          if (type < 0x80 || type >= 0xe0) {
            yield number((byte) type);
          }
          if (type >= 0xa0 && type < 0xc0) {
            yield string(type & 31);
          }
          if (type < 0xa0) {
            yield type < 0x90 ? map(type & 15, depth) : array(type & 15, depth);
          }
          throw a.error("Bad data format in input.");
        }
      };
    }

    /** A string; it must be there as a whole before memory is taken for it. */
    private LuaValue string(long length) {
      bytes(length);
      a.state().budget().allocate(length);
      byte[] text = new byte[(int) length];
      in.get(text);
      return LuaArguments.string(text);
    }

    /** A table with the values from index 1. */
    private LuaValue array(long size, int depth) {
      var table = new LuaTable();
      for (long i = 1; i <= size; i++) {
        table.rawset((int) i, value(depth + 1));
      }
      return table;
    }

    /** A table with keys and values; nil is no key. */
    private LuaValue map(long size, int depth) {
      var table = new LuaTable();
      for (long i = 0; i < size; i++) {
        LuaValue key = value(depth + 1);
        LuaValue value = value(depth + 1);
        if (key.isnil()) {
          throw a.error("Bad data format in input.");
        }
        table.rawset(key, value);
      }
      return table;
    }
  }
}
