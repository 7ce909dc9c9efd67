package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.Json;
import dev.larder.redis.engine.resp.Bytes;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads and writes JSON.
 *
 * <p>It reads RFC 8259 strictly: no comments, no leading zeros, no control characters in strings.
 * Of members of the same name the last one counts. Numbers without a fraction or an exponent stay
 * integers of 64 bits if they fit.
 *
 * <p>An object of it reads one text, is used by one thread and thrown away. 128 levels are read at
 * most; so the stack has a bound.
 */
public final class JsonText {
  /** How many arrays and objects may be within each other. */
  static final int DEEPEST = 128;

  private final String text;
  private int at;
  private int depth;

  private JsonText(String text) {
    this.text = text;
  }

  /**
   * Reads a value.
   *
   * @param bytes in UTF-8
   * @throws CommandException if it is none, saying where
   */
  static Json read(Bytes bytes) {
    var reader = new JsonText(bytes.toString());
    Json value = reader.value();
    reader.blanks();
    if (reader.at < reader.text.length()) {
      throw reader.expected("nothing more");
    }
    return value;
  }

  /** What is here is not what must be; the character is counted from 1. */
  private CommandException expected(String what) {
    return new CommandException(
        "ERR invalid JSON: expected %s at character %d".formatted(what, at + 1));
  }

  /** Any value, with blanks before it. */
  private Json value() {
    blanks();
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> new Json.Text(string());
      case 't' -> word("true", new Json.Bool(true));
      case 'f' -> word("false", new Json.Bool(false));
      case 'n' -> word("null", new Json.Null());
      default -> number();
    };
  }

  /** The next character, or -1 at the end. */
  private int peek() {
    return at < text.length() ? text.charAt(at) : -1;
  }

  private void blanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  /**
   * Goes one level down, after the opening bracket.
   *
   * @throws CommandException if there are too many levels
   */
  private void enter() {
    at++;
    if (++depth > DEEPEST) {
      throw new CommandException("ERR recursion limit exceeded: JSON of more than 128 levels");
    }
  }

  private Json object() {
    enter();
    var members = new LinkedHashMap<String, Json>();
    blanks();
    while (peek() != '}') {
      if (!members.isEmpty()) {
        expect(',', "',' or '}'");
        blanks();
      }
      if (peek() != '"') {
        throw expected("a name in quotes");
      }
      String name = string();
      blanks();
      expect(':', "':'");
      members.put(name, value());
      blanks();
    }
    at++;
    depth--;
    return new Json.Object(members);
  }

  private Json array() {
    enter();
    var items = new ArrayList<Json>();
    blanks();
    while (peek() != ']') {
      if (!items.isEmpty()) {
        expect(',', "',' or ']'");
      }
      items.add(value());
      blanks();
    }
    at++;
    depth--;
    return new Json.Array(items);
  }

  private void expect(char c, String what) {
    if (peek() != c) {
      throw expected(what);
    }
    at++;
  }

  /** True, false, or null. */
  private Json word(String word, Json value) {
    if (!text.startsWith(word, at)) {
      throw expected("a value");
    }
    at += word.length();
    return value;
  }

  /**
   * A number; what is no value at all ends here, too.
   *
   * @throws CommandException if it is none, or rounds to infinity
   */
  private Json number() {
    int from = at;
    if (peek() == '-') {
      at++;
    }
    int digits = at;
    digits();
    boolean valid = at > digits && (at == digits + 1 || text.charAt(digits) != '0');
    boolean whole = true;
    if (peek() == '.') {
      at++;
      whole = false;
      valid &= digits();
    }
    if (valid && (peek() | 32) == 'e' && peek() > 0) {
      at++;
      whole = false;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      valid &= digits();
    }
    if (!valid) {
      at = from;
      throw expected("a value");
    }
    String number = text.substring(from, at);
    if (whole) {
      try {
        return new Json.Int(Long.parseLong(number));
      } catch (NumberFormatException e) {
        // It is larger than 64 bits.
      }
    }
    double value = Double.parseDouble(number);
    if (Double.isInfinite(value)) {
      throw new CommandException("ERR invalid JSON: the number is out of range");
    }
    return new Json.Real(value);
  }

  /** Goes on after digits; false if there are none. */
  private boolean digits() {
    int from = at;
    while (peek() >= '0' && peek() <= '9') {
      at++;
    }
    return at > from;
  }

  /** A string in quotes. An escaped surrogate without its other half is taken as it is. */
  private String string() {
    at++;
    var out = new StringBuilder();
    while (true) {
      int c = peek();
      if (c < ' ') {
        throw expected(c < 0 ? "the end of a string" : "an escape for a control character");
      }
      at++;
      if (c == '"') {
        return out.toString();
      }
      out.append(c == '\\' ? escaped() : (char) c);
    }
  }

  /** The character that an escape means. */
  private char escaped() {
    int c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> (char) c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw expected("an escape");
    };
  }

  /** The unit of four hexadecimal digits. */
  private char unicode() {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      int digit = peek() < 0 ? -1 : Character.digit(peek(), 16);
      if (digit < 0) {
        throw expected("four hexadecimal digits");
      }
      code = code * 16 + digit;
      at++;
    }
    return (char) code;
  }

  /**
   * How JSON is laid out; everything empty for as few bytes as there are.
   *
   * @param indent before each line, once for each level
   * @param newline after each line
   * @param space after the colon
   */
  record Layout(String indent, String newline, String space) {
    static final Layout DENSE = new Layout("", "", "");
  }

  /**
   * A value in as few bytes as there are.
   *
   * <p>It is in UTF-8. A snapshot of a database holds its documents as this text.
   */
  public static Bytes write(Json json) {
    return write(json, Layout.DENSE);
  }

  /** A value, laid out. */
  static Bytes write(Json json, Layout layout) {
    var out = new StringBuilder();
    write(out, json, layout, 0);
    return Bytes.of(out.toString());
  }

  private static void write(StringBuilder out, Json json, Layout layout, int depth) {
    switch (json) {
      case Json.Null() -> out.append("null");
      case Json.Bool(var value) -> out.append(value);
      case Json.Int(var value) -> out.append(value);
      case Json.Real(var value) -> out.append(number(value));
      case Json.Text(var value) -> quote(out, value);
      case Json.Array(var items) -> {
        out.append('[');
        String before = "";
        for (Json item : items) {
          line(out.append(before), layout, depth + 1);
          write(out, item, layout, depth + 1);
          before = ",";
        }
        if (!items.isEmpty()) {
          line(out, layout, depth);
        }
        out.append(']');
      }
      case Json.Object(var members) -> {
        out.append('{');
        String before = "";
        for (Map.Entry<String, Json> member : members.entrySet()) {
          line(out.append(before), layout, depth + 1);
          quote(out, member.getKey());
          out.append(':').append(layout.space);
          write(out, member.getValue(), layout, depth + 1);
          before = ",";
        }
        if (!members.isEmpty()) {
          line(out, layout, depth);
        }
        out.append('}');
      }
    }
  }

  /** Ends a line and indents the next; nothing is written if the layout is dense. */
  private static void line(StringBuilder out, Layout layout, int depth) {
    out.append(layout.newline);
    for (int i = 0; i < depth && !layout.indent.isEmpty(); i++) {
      out.append(layout.indent);
    }
  }

  /**
   * A number in as few digits as read the same one again.
   *
   * <p>From 0.00001 up to 10 to the power of 16 it is written without an exponent.
   */
  static String number(double value) {
    String text = Double.toString(value);
    int exponent = text.indexOf('E');
    if (exponent < 0) {
      return text;
    }
    if (Math.abs(value) < 1e16 && Math.abs(value) >= 1e-5) {
      String plain = new BigDecimal(text).toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String mantissa = text.substring(0, exponent);
    return (mantissa.endsWith(".0") ? mantissa.substring(0, mantissa.length() - 2) : mantissa)
        + "e"
        + text.substring(exponent + 1);
  }

  /** Writes a string in quotes; only quotes, backslashes and control characters are escaped. */
  private static void quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ') {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
