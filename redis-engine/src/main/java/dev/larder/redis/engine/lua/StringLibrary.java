package dev.larder.redis.engine.lua;

import static org.luaj.vm2.LuaValue.NIL;
import static org.luaj.vm2.LuaValue.NONE;
import static org.luaj.vm2.LuaValue.varargsOf;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.luaj.vm2.LuaFunction;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.VarArgFunction;

/**
 * The functions of {@code string}.
 *
 * <p>Strings are bytes: letters are those of ASCII, and lengths are in bytes. Indexes begin at 1,
 * negative ones count from the end. What makes strings says so to the budget where the result may
 * be much longer than the arguments. {@code dump} is missing.
 */
final class StringLibrary {
  private static final byte[] SPECIALS = {'^', '$', '*', '+', '?', '.', '(', '[', '%', '-'};

  private StringLibrary() {}

  /** Fills the table. */
  static void addTo(LuaState state, LuaTable table) {
    new Library(state, table)
        .add("len", a -> LuaValue.valueOf(a.string(1).rawlen()))
        .add("sub", StringLibrary::sub)
        .add("lower", a -> mapped(a, 'A', 32))
        .add("upper", a -> mapped(a, 'a', -32))
        .add("reverse", StringLibrary::reverse)
        .add("rep", StringLibrary::repeat)
        .add("byte", StringLibrary::bytes)
        .add("char", StringLibrary::fromBytes)
        .add("format", StringFormat::format)
        .add("find", a -> find(a, true))
        .add("match", a -> find(a, false))
        .add("gmatch", StringLibrary::all)
        .add("gfind", StringLibrary::all)
        .add("gsub", StringLibrary::replace);
  }

  /** An index from the beginning, of one from either end; it may be beyond the string. */
  private static int index(long index, int length) {
    long from = index < 0 ? index + length + 1 : index;
    return (int) Math.max(0, Math.min(from, Integer.MAX_VALUE));
  }

  /** {@code sub(text, from [, to])}, both included. */
  private static Varargs sub(LuaArguments a) {
    byte[] text = a.bytes(1);
    int from = Math.max(1, index(a.integer(2), text.length));
    int to = Math.min(text.length, index(a.has(3) ? a.integer(3) : -1, text.length));
    return from > to
        ? LuaValue.valueOf("")
        : LuaArguments.string(Arrays.copyOfRange(text, from - 1, to));
  }

  /**
   * {@code lower} and {@code upper}.
   *
   * @param first the first of the 26 letters that change
   * @param distance to what they become
   */
  private static Varargs mapped(LuaArguments a, int first, int distance) {
    byte[] text = a.bytes(1).clone();
    for (int i = 0; i < text.length; i++) {
      if (text[i] >= first && text[i] < first + 26) {
        text[i] += (byte) distance;
      }
    }
    return LuaArguments.string(text);
  }

  /** {@code reverse(text)}, byte by byte. */
  private static Varargs reverse(LuaArguments a) {
    byte[] text = a.bytes(1);
    var reversed = new byte[text.length];
    for (int i = 0; i < text.length; i++) {
      reversed[i] = text[text.length - 1 - i];
    }
    return LuaArguments.string(reversed);
  }

  /** {@code rep(text, count)}; the result is announced to the budget before it is made. */
  private static Varargs repeat(LuaArguments a) {
    byte[] text = a.bytes(1);
    long length = (long) Math.max(0, a.int32(2)) * text.length;
    a.state().budget().allocate(length);
    var repeated = new byte[(int) length];
    for (int i = 0; i < length; i += text.length) {
      System.arraycopy(text, 0, repeated, i, text.length);
    }
    return LuaArguments.string(repeated);
  }

  /** {@code byte(text [, from [, to]])}; at most 8000 numbers. */
  private static Varargs bytes(LuaArguments a) {
    byte[] text = a.bytes(1);
    int first = index(a.has(2) ? a.integer(2) : 1, text.length);
    int from = Math.max(1, first);
    int to = Math.min(text.length, a.has(3) ? index(a.integer(3), text.length) : first);
    if (from > to) {
      return NONE;
    }
    if (to - from >= 8000) {
      throw a.error("string slice too long");
    }
    var values = new LuaValue[to - from + 1];
    for (int i = 0; i < values.length; i++) {
      values[i] = LuaValue.valueOf(text[from - 1 + i] & 0xff);
    }
    return varargsOf(values);
  }

  /** {@code char(number, …)}. */
  private static Varargs fromBytes(LuaArguments a) {
    var text = new byte[a.count()];
    for (int i = 0; i < text.length; i++) {
      long value = a.integer(i + 1);
      if (value < 0 || value > 255) {
        throw a.bad(i + 1, "invalid value");
      }
      text[i] = (byte) value;
    }
    return LuaArguments.string(text);
  }

  /**
   * {@code find} and {@code match(text, pattern [, from])}. A pattern without special characters is
   * looked for as it is.
   *
   * @param positions whether the indexes of the match come first
   */
  private static Varargs find(LuaArguments a, boolean positions) {
    byte[] text = a.bytes(1);
    byte[] pattern = a.bytes(2);
    int start = index(a.has(3) ? a.integer(3) : 1, text.length);
    int from = Math.min(Math.max(0, start - 1), text.length);
    if (positions && (a.value(4).toboolean() || isPlain(pattern))) {
      int at = indexOf(text, pattern, from, a);
      return at < 0
          ? NIL
          : varargsOf(LuaValue.valueOf(at + 1), LuaValue.valueOf(at + pattern.length));
    }
    boolean anchored = pattern.length > 0 && pattern[0] == '^';
    var matcher = new LuaPattern(text, pattern, a);
    for (int s = from; s <= text.length; s++) {
      int end = matcher.match(s, anchored ? 1 : 0);
      if (end >= 0) {
        var results = new ArrayList<LuaValue>();
        if (positions) {
          results.add(LuaValue.valueOf(s + 1));
          results.add(LuaValue.valueOf(end));
        }
        captures(matcher, results, s, end, !positions);
        return varargsOf(results.toArray(LuaValue[]::new));
      }
      if (anchored) {
        break;
      }
    }
    return NIL;
  }

  /**
   * Adds the captures of a match.
   *
   * @param whole whether the match itself is added if there are none
   */
  private static void captures(
      LuaPattern matcher, List<LuaValue> results, int from, int to, boolean whole) {
    int count = matcher.captures();
    for (int i = 0; i < count; i++) {
      if (whole || matcher.hasCaptures()) {
        results.add(matcher.capture(i, from, to));
      }
    }
  }

  /** Whether nothing in a pattern is special. */
  private static boolean isPlain(byte[] pattern) {
    for (byte b : pattern) {
      for (byte special : SPECIALS) {
        if (b == special) {
          return false;
        }
      }
    }
    return true;
  }

  /** The first place of a piece, or -1; each place counts as a step. */
  private static int indexOf(byte[] text, byte[] piece, int from, LuaArguments a) {
    for (int i = from; i + piece.length <= text.length; i++) {
      a.state().budget().step();
      if (Arrays.equals(text, i, i + piece.length, piece, 0, piece.length)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * {@code gmatch(text, pattern)}: an iterator of the matches. An anchor is no anchor here, as in
   * Lua 5.1.
   */
  private static Varargs all(LuaArguments a) {
    byte[] text = a.bytes(1);
    byte[] pattern = a.bytes(2);
    return new VarArgFunction() {
      private int at;

      @Override
      public Varargs invoke(Varargs ignored) {
        var matcher = new LuaPattern(text, pattern, a);
        for (int s = at; s <= text.length; s++) {
          int end = matcher.match(s, 0);
          if (end >= 0) {
            at = end == s ? end + 1 : end;
            var results = new ArrayList<LuaValue>();
            captures(matcher, results, s, end, true);
            return varargsOf(results.toArray(LuaValue[]::new));
          }
        }
        return NIL;
      }
    };
  }

  /** {@code gsub(text, pattern, by [, most])}: the result, and how many matches there were. */
  private static Varargs replace(LuaArguments a) {
    byte[] text = a.bytes(1);
    byte[] pattern = a.bytes(2);
    LuaValue by = a.value(3);
    if (!(by instanceof LuaString)
        && !(by instanceof LuaNumber)
        && !by.istable()
        && !(by instanceof LuaFunction)) {
      throw a.bad(3, "string/function/table expected");
    }
    long most = a.has(4) ? a.integer(4) : Long.MAX_VALUE;
    boolean anchored = pattern.length > 0 && pattern[0] == '^';
    var matcher = new LuaPattern(text, pattern, a);
    var out = new ByteArrayOutputStream();
    int s = 0;
    int count = 0;
    while (count < most) {
      int end = matcher.match(s, anchored ? 1 : 0);
      if (end >= 0) {
        count++;
        byte[] replacement = replacement(a, matcher, by, s, end, text);
        a.state().budget().allocate(replacement.length);
        out.writeBytes(replacement);
      }
      if (end > s) {
        s = end;
      } else if (s < text.length) {
        out.write(text[s++]);
      } else {
        break;
      }
      if (anchored) {
        break;
      }
    }
    if (s < text.length) {
      out.write(text, s, text.length - s);
    }
    return varargsOf(LuaArguments.string(out.toByteArray()), LuaValue.valueOf(count));
  }

  /**
   * What comes in place of a match: looked up in a table, made by a function, or a template. False
   * and nil leave the match as it is.
   */
  private static byte[] replacement(
      LuaArguments a, LuaPattern matcher, LuaValue by, int from, int to, byte[] text) {
    LuaValue value;
    if (by instanceof LuaTable) {
      value = by.get(matcher.capture(0, from, to));
    } else if (by instanceof LuaFunction) {
      var captures = new ArrayList<LuaValue>();
      captures(matcher, captures, from, to, true);
      value = by.invoke(varargsOf(captures.toArray(LuaValue[]::new))).arg1();
    } else {
      return expanded(LuaArguments.bytes(by.strvalue()), matcher, from, to);
    }
    if (!value.toboolean()) {
      return Arrays.copyOfRange(text, from, to);
    }
    if (!(value instanceof LuaString) && !(value instanceof LuaNumber)) {
      throw a.error("invalid replacement value (a %s)".formatted(value.typename()));
    }
    return LuaArguments.bytes(value.strvalue());
  }

  /** A template, in which a percent sign and a digit stand for a capture. */
  private static byte[] expanded(byte[] template, LuaPattern matcher, int from, int to) {
    var out = new ByteArrayOutputStream();
    int i = 0;
    while (i < template.length) {
      int c = template[i++];
      if (c != '%') {
        out.write(c);
        continue;
      }
      c = i < template.length ? template[i++] : 0;
      if (c < '0' || c > '9') {
        out.write(c);
      } else if (c == '0') {
        out.writeBytes(LuaArguments.bytes(matcher.whole(from, to)));
      } else {
        out.writeBytes(LuaArguments.bytes(matcher.capture(c - '1', from, to).strvalue()));
      }
    }
    return out.toByteArray();
  }
}
