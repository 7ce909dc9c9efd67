package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * Reads JSON into tables.
 *
 * <p>It takes what lua-cjson takes, which is more than JSON: hexadecimal numbers, and infinity.
 * Errors name what was expected, the token that was found, and the character, in its words. Each
 * value counts as a step, and levels are bounded to 1000; so the stack has a bound.
 */
final class JsonReader {
  private static final int DEEPEST = 1000;

  private final LuaArguments arguments;
  private final byte[] text;
  private int at;
  private int depth;

  /**
   * A reader of one text.
   *
   * @param arguments for errors, which are raised where {@code decode} was called
   */
  JsonReader(LuaArguments arguments, byte[] text) {
    this.arguments = arguments;
    this.text = text;
  }

  /** The value, if it is the whole text. */
  LuaValue read() {
    if (text.length >= 2 && (text[0] == 0 || text[1] == 0)) {
      throw arguments.error("JSON parser does not support UTF-16 or UTF-32");
    }
    LuaValue value = value();
    blanks();
    if (at < text.length) {
      throw unexpected("the end");
    }
    return value;
  }

  /** Any value; what begins like none is read as a number, and refused there. */
  private LuaValue value() {
    arguments.state().budget().step();
    blanks();
    int c = peek();
    return switch (c) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> LuaArguments.string(string());
      case 't' -> word("true", LuaValue.TRUE);
      case 'f' -> word("false", LuaValue.FALSE);
      case 'n' ->
          text.length >= at + 4 && text[at + 1] == 'u' ? word("null", JsonLibrary.NULL) : number();
      default -> number();
    };
  }

  /** A table with the members as fields; of the same name the last one counts. */
  private LuaValue object() {
    enter();
    at++;
    var table = new LuaTable();
    blanks();
    if (peek() == '}') {
      return leave(table);
    }
    while (true) {
      blanks();
      if (peek() != '"') {
        throw unexpected("object key string");
      }
      LuaValue key = LuaArguments.string(string());
      blanks();
      if (peek() != ':') {
        throw unexpected("colon");
      }
      at++;
      table.rawset(key, value());
      blanks();
      if (peek() == '}') {
        return leave(table);
      }
      if (peek() != ',') {
        throw unexpected("comma or object end");
      }
      at++;
    }
  }

  /**
   * A table with the items from index 1; null is {@link JsonLibrary#NULL}, so there are no gaps.
   */
  private LuaValue array() {
    enter();
    at++;
    var table = new LuaTable();
    blanks();
    if (peek() == ']') {
      return leave(table);
    }
    for (int i = 1; ; i++) {
      table.rawset(i, value());
      blanks();
      if (peek() == ']') {
        return leave(table);
      }
      if (peek() != ',') {
        throw unexpected("comma or array end");
      }
      at++;
    }
  }

  /** Goes one level down. */
  private void enter() {
    if (++depth > DEEPEST) {
      throw arguments.error(
          "Found too many nested data structures (%d) at character %d".formatted(depth, at + 2));
    }
  }

  /** Goes one level up, after the closing bracket. */
  private LuaValue leave(LuaTable table) {
    at++;
    depth--;
    return table;
  }

  /** True, false or null. */
  private LuaValue word(String word, LuaValue value) {
    byte[] wanted = word.getBytes(ISO_8859_1);
    int end = Math.min(text.length, at + wanted.length);
    if (!Arrays.equals(text, at, end, wanted, 0, wanted.length)) {
      throw unexpected("value");
    }
    at = end;
    return value;
  }

  /** Reads as much as C's {@code strtod} would, and asks it whether it is a number. */
  private LuaValue number() {
    int end = at;
    while (end < text.length && "+-.0123456789abcdefinptxyABCDEFINPTXY".indexOf(text[end]) >= 0) {
      end++;
    }
    var number = Numbers.bound(Bytes.wrap(Arrays.copyOfRange(text, at, end)));
    int first = peek();
    boolean begins =
        first == '-'
            || (first >= '0' && first <= '9')
            || first == 'i'
            || first == 'n'
            || first == 'I'
            || first == 'N';
    if (end == at || !begins || number.isEmpty()) {
      throw unexpected("value");
    }
    at = end;
    return LuaValue.valueOf(number.getAsDouble());
  }

  /** The bytes of a string; control characters are taken as they are. */
  private byte[] string() {
    int start = at++;
    var out = new ByteArrayOutputStream();
    while (true) {
      if (at >= text.length) {
        at = start;
        throw arguments.error(
            "Expected value but found unexpected end of string at character %d"
                .formatted(text.length + 1));
      }
      int c = text[at++];
      if (c == '"') {
        return out.toByteArray();
      }
      if (c != '\\') {
        out.write(c);
      } else {
        escape(out);
      }
    }
  }

  /** Writes what an escape means. */
  private void escape(ByteArrayOutputStream out) {
    int c = at < text.length ? text[at++] : 0;
    switch (c) {
      case 'b' -> out.write('\b');
      case 'f' -> out.write('\f');
      case 'n' -> out.write('\n');
      case 'r' -> out.write('\r');
      case 't' -> out.write('\t');
      case '"', '\\', '/' -> out.write(c);
      case 'u' -> unicode(out);
      default ->
          throw arguments.error(
              "Expected value but found invalid escape code at character %d".formatted(at - 1));
    }
  }

  /** Writes a character as UTF-8; two escapes are one character if they are surrogates. */
  private void unicode(ByteArrayOutputStream out) {
    int begin = at - 1;
    int code = hex(begin);
    if (Character.isLowSurrogate((char) code)) {
      throw invalidEscape(begin);
    }
    if (Character.isHighSurrogate((char) code)) {
      if (at + 1 >= text.length || text[at] != '\\' || text[at + 1] != 'u') {
        throw invalidEscape(begin);
      }
      at += 2;
      int low = hex(begin);
      if (!Character.isLowSurrogate((char) low)) {
        throw invalidEscape(begin);
      }
      code = Character.toCodePoint((char) code, (char) low);
    }
    out.writeBytes(Character.toString(code).getBytes(UTF_8));
  }

  /**
   * Four hexadecimal digits.
   *
   * @param begin where the escape begins, for the error
   */
  private int hex(int begin) {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      int digit = at < text.length ? Character.digit(text[at++], 16) : -1;
      if (digit < 0) {
        throw invalidEscape(begin);
      }
      code = code * 16 + digit;
    }
    return code;
  }

  private ScriptError invalidEscape(int begin) {
    return arguments.error(
        "Expected value but found invalid unicode escape code at character %d".formatted(begin));
  }

  /** The next byte, or zero at the end. */
  private int peek() {
    return at < text.length ? text[at] : 0;
  }

  private void blanks() {
    while (at < text.length && " \t\n\r".indexOf(text[at]) >= 0) {
      at++;
    }
  }

  /** Something else was expected here. */
  private ScriptError unexpected(String wanted) {
    return arguments.error(
        "Expected %s but found %s at character %d".formatted(wanted, token(), at + 1));
  }

  /** The name of what is here, in lua-cjson's words. */
  private String token() {
    if (at >= text.length) {
      return "T_END";
    }
    return switch (text[at]) {
      case '{' -> "T_OBJ_BEGIN";
      case '}' -> "T_OBJ_END";
      case '[' -> "T_ARR_BEGIN";
      case ']' -> "T_ARR_END";
      case ',' -> "T_COMMA";
      case ':' -> "T_COLON";
      case '"' -> "T_STRING";
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> "T_NUMBER";
      default ->
          startsWith("true") || startsWith("false")
              ? "T_BOOLEAN"
              : startsWith("null") ? "T_NULL" : "invalid token";
    };
  }

  private boolean startsWith(String word) {
    return new String(text, at, Math.min(word.length(), text.length - at), ISO_8859_1).equals(word);
  }
}
