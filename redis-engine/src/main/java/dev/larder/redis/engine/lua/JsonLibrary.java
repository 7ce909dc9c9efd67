package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaUserdata;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The functions of {@code cjson}.
 *
 * <p>They behave as lua-cjson 2.1 with the settings Redis gives it: 14 digits, 1000 levels, and an
 * error for arrays with many gaps. An empty table is an object. Slashes are escaped.
 */
final class JsonLibrary {
  /** What stands for null. */
  static final LuaValue NULL = new LuaUserdata(new Object());

  private static final int DEEPEST = 1000;

  private JsonLibrary() {}

  static void addTo(LuaState state, LuaTable table) {
    table.rawset("null", NULL);
    table.rawset("_NAME", LuaValue.valueOf("cjson"));
    table.rawset("_VERSION", LuaValue.valueOf("2.1.0"));
    new Library(state, table).add("encode", JsonLibrary::encode).add("decode", JsonLibrary::decode);
  }

  /** Fails unless there is exactly one argument. */
  private static void checkOne(LuaArguments a) {
    if (a.count() != 1) {
      throw a.bad(1, "expected 1 argument");
    }
  }

  /** {@code cjson.decode(text)}. */
  private static Varargs decode(LuaArguments a) {
    checkOne(a);
    return new JsonReader(a, a.bytes(1)).read();
  }

  /** {@code cjson.encode(value)}. */
  private static Varargs encode(LuaArguments a) {
    checkOne(a);
    var out = new ByteArrayOutputStream();
    write(a, out, a.value(1), 1);
    return LuaArguments.string(out.toByteArray());
  }

  /**
   * Writes a value; each counts as a step.
   *
   * @param depth of tables within each other, from 1
   */
  private static void write(LuaArguments a, ByteArrayOutputStream out, LuaValue value, int depth) {
    a.state().budget().step();
    switch (value) {
      case LuaString string -> string(a, out, LuaArguments.bytes(string));
      case LuaNumber number -> text(out, number(a, number.todouble()));
      case LuaTable table -> table(a, out, table, depth);
      default -> {
        if (value.isboolean() || value.isnil()) {
          text(out, value.isnil() ? "null" : value.tojstring());
        } else if (value.raweq(NULL)) {
          text(out, "null");
        } else {
          throw a.error("Cannot serialise %s: type not supported".formatted(value.typename()));
        }
      }
    }
  }

  /** A number of JSON; infinite ones are none. */
  private static String number(LuaArguments a, double number) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw a.error("Cannot serialise number: must not be NaN or Inf");
    }
    return LuaArguments.text(number);
  }

  /**
   * An array if all keys are positive integers, an object otherwise, in the order of LuaJ's table.
   */
  private static void table(LuaArguments a, ByteArrayOutputStream out, LuaTable table, int depth) {
    if (depth > DEEPEST) {
      throw a.error("Cannot serialise, excessive depth (%d)".formatted(depth));
    }
    LuaValue[] keys = table.keys();
    int length = arrayLength(a, keys);
    if (length > 0) {
      out.write('[');
      for (int i = 1; i <= length; i++) {
        if (i > 1) {
          out.write(',');
        }
        write(a, out, table.rawget(i), depth + 1);
      }
      out.write(']');
      return;
    }
    out.write('{');
    for (int i = 0; i < keys.length; i++) {
      if (i > 0) {
        out.write(',');
      }
      if (keys[i] instanceof LuaNumber number) {
        text(out, '"' + number(a, number.todouble()) + '"');
      } else if (keys[i] instanceof LuaString name) {
        string(a, out, LuaArguments.bytes(name));
      } else {
        throw a.error(
            "Cannot serialise %s: table key must be a number or string"
                .formatted(keys[i].typename()));
      }
      out.write(':');
      write(a, out, table.rawget(keys[i]), depth + 1);
    }
    out.write('}');
  }

  /**
   * How long an array a table is, or zero if it is none.
   *
   * <p>An array whose length is more than twice the number of its items, and more than 10, is
   * refused.
   */
  private static int arrayLength(LuaArguments a, LuaValue[] keys) {
    double most = 0;
    for (LuaValue key : keys) {
      double number = key instanceof LuaNumber ? key.todouble() : 0;
      if (number < 1 || number != Math.floor(number)) {
        return 0;
      }
      most = Math.max(most, number);
    }
    if (most > 10 && most > keys.length * 2.0) {
      throw a.error("Cannot serialise table: excessively sparse array");
    }
    return (int) most;
  }

  /**
   * Writes a string of bytes, which are not checked to be UTF-8; its length counts for the budget.
   */
  private static void string(LuaArguments a, ByteArrayOutputStream out, byte[] bytes) {
    a.state().budget().allocate(bytes.length);
    out.write('"');
    for (byte b : bytes) {
      switch (b) {
        case '"' -> text(out, "\\\"");
        case '\\' -> text(out, "\\\\");
        case '/' -> text(out, "\\/");
        case '\b' -> text(out, "\\b");
        case '\f' -> text(out, "\\f");
        case '\n' -> text(out, "\\n");
        case '\r' -> text(out, "\\r");
        case '\t' -> text(out, "\\t");
        default -> {
          if ((b >= 0 && b < 32) || b == 127) {
            text(out, "\\u%04x".formatted(b));
          } else {
            out.write(b);
          }
        }
      }
    }
    out.write('"');
  }

  private static void text(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(ISO_8859_1));
  }
}
