package dev.larder.redis.engine.command;

import dev.larder.redis.engine.command.JsonCondition.Operand;
import dev.larder.redis.engine.command.JsonPath.Selector;
import dev.larder.redis.engine.command.JsonPath.Step;
import dev.larder.redis.engine.data.Json;
import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads paths.
 *
 * <p>It is a parser by recursive descent, with one method for each rule. Parentheses and negations
 * in conditions are bounded, so that the stack is. A path that cannot be read answers {@code ERR
 * invalid JSONPath} with the character.
 */
final class JsonPathReader {
  /** How many parentheses may be within each other. */
  private static final int DEEPEST = 32;

  private final String text;
  private int at;
  private int depth;

  /**
   * A reader of a text.
   *
   * @param from where the first step begins: 1 after the dollar, or 0
   */
  JsonPathReader(String text, int from) {
    this.text = text;
    this.at = from;
  }

  /**
   * All steps of the path.
   *
   * @throws CommandException if something is left that is no step
   */
  List<Step> steps() {
    List<Step> steps = some();
    if (at < text.length()) {
      throw wrong();
    }
    return steps;
  }

  /** The path cannot be read on from here. */
  private CommandException wrong() {
    return CommandException.quoting(
        "ERR invalid JSONPath '%s', unexpected at character %d"
            .formatted(CommandException.quoted(Bytes.of(text)), at + 1));
  }

  /** The next character, or -1 at the end. */
  private int peek() {
    return at < text.length() ? text.charAt(at) : -1;
  }

  /** Goes on after a token if it comes next; says whether it did. */
  private boolean takes(String token) {
    if (text.startsWith(token, at)) {
      at += token.length();
      return true;
    }
    return false;
  }

  private void blanks() {
    while (peek() == ' ') {
      at++;
    }
  }

  /**
   * Goes on after a token.
   *
   * @throws CommandException if another one comes next
   */
  private void expect(String token) {
    blanks();
    if (!takes(token)) {
      throw wrong();
    }
  }

  /** The steps up to something that is none; they may be empty. */
  private List<Step> some() {
    var steps = new ArrayList<Step>();
    while (peek() == '.' || peek() == '[') {
      boolean deep = takes("..");
      if (!deep && peek() == '.') {
        at++;
      }
      steps.add(new Step(deep, peek() == '[' ? inBrackets() : name()));
    }
    return steps;
  }

  /** A name without quotes, or the star. */
  private Selector name() {
    if (takes("*")) {
      return new Selector.All();
    }
    int from = at;
    while (at < text.length() && ".[]()'\"=<>!&|, ".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    if (at == from) {
      throw wrong();
    }
    return new Selector.Names(List.of(text.substring(from, at)));
  }

  /** A star, a filter, names in quotes, or numbers, up to the closing bracket. */
  private Selector inBrackets() {
    at++;
    blanks();
    Selector selector;
    if (takes("*")) {
      selector = new Selector.All();
    } else if (takes("?")) {
      expect("(");
      selector = new Selector.Filter(any());
      expect(")");
    } else if (peek() == '\'' || peek() == '"') {
      var names = new ArrayList<String>();
      do {
        blanks();
        names.add(quoted());
        blanks();
      } while (takes(","));
      selector = new Selector.Names(names);
    } else {
      selector = numbers();
    }
    expect("]");
    return selector;
  }

  /** Indexes with commas, or a slice with one or two colons. */
  private Selector numbers() {
    Integer from = peek() == ':' ? null : number();
    blanks();
    if (takes(":")) {
      blanks();
      Integer to = peek() == ']' || peek() == ':' ? null : number();
      int by = takes(":") ? number() : 1;
      if (by < 1) {
        throw wrong();
      }
      return new Selector.Slice(from, to, by);
    }
    if (from == null) {
      throw wrong();
    }
    var indexes = new ArrayList<Integer>(List.of(from));
    while (takes(",")) {
      blanks();
      indexes.add(number());
      blanks();
    }
    return new Selector.Indexes(indexes);
  }

  /** An integer of 32 bits. */
  private int number() {
    int from = at;
    if (peek() == '-') {
      at++;
    }
    while (peek() >= '0' && peek() <= '9') {
      at++;
    }
    try {
      return Integer.parseInt(text.substring(from, at));
    } catch (NumberFormatException e) {
      throw wrong();
    }
  }

  /**
   * A name or a string in either kind of quotes; a backslash stands before what is meant literally.
   */
  private String quoted() {
    char quote = (char) peek();
    if (quote != '\'' && quote != '"') {
      throw wrong();
    }
    at++;
    var out = new StringBuilder();
    while (peek() != quote) {
      if (peek() == '\\') {
        at++;
      }
      if (peek() < 0) {
        throw wrong();
      }
      out.append((char) peek());
      at++;
    }
    at++;
    return out.toString();
  }

  /** Conditions of which one must hold; they bind less than those of which all must. */
  private JsonCondition any() {
    if (++depth > DEEPEST) {
      throw wrong();
    }
    JsonCondition left = all();
    blanks();
    while (takes("||")) {
      left = new JsonCondition.Both(left, all(), false);
      blanks();
    }
    depth--;
    return left;
  }

  /** Conditions of which all must hold. */
  private JsonCondition all() {
    JsonCondition left = one();
    blanks();
    while (takes("&&")) {
      left = new JsonCondition.Both(left, one(), true);
      blanks();
    }
    return left;
  }

  /** A negation, a condition in parentheses, a comparison, or a value that must be there. */
  private JsonCondition one() {
    blanks();
    if (takes("!")) {
      if (++depth > DEEPEST) {
        throw wrong();
      }
      JsonCondition not = new JsonCondition.Not(one());
      depth--;
      return not;
    }
    if (takes("(")) {
      JsonCondition inner = any();
      expect(")");
      return inner;
    }
    Operand left = operand();
    blanks();
    for (String operator : List.of("==", "!=", "<=", ">=", "<", ">")) {
      if (takes(operator)) {
        blanks();
        return new JsonCondition.Compared(left, operator, operand());
      }
    }
    return new JsonCondition.Exists(left);
  }

  /** Steps from the current value or from the document, or a value of JSON. */
  private Operand operand() {
    if (takes("@")) {
      return new Operand(null, false, some());
    }
    if (takes("$")) {
      return new Operand(null, true, some());
    }
    if (peek() == '\'' || peek() == '"') {
      return new Operand(new Json.Text(quoted()), false, List.of());
    }
    int from = at;
    while (at < text.length() && " )&|=<>!".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return new Operand(JsonText.read(Bytes.of(text.substring(from, at))), false, List.of());
  }
}
