package dev.larder.redis.engine.command;

import dev.larder.redis.engine.command.JsonCondition.Operand;
import dev.larder.redis.engine.command.JsonPath.Selector;
import dev.larder.redis.engine.command.JsonPath.Step;
import dev.larder.redis.engine.data.Json;
import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.List;

/** Reads paths. */
final class JsonPathReader {
  /** How many parentheses may be within each other. */
  private static final int DEEPEST = 32;

  private final String text;
  private int at;
  private int depth;

  JsonPathReader(String text, int from) {
    this.text = text;
    this.at = from;
  }

  /** All steps of the path. */
  List<Step> steps() {
    List<Step> steps = some();
    if (at < text.length()) {
      throw wrong();
    }
    return steps;
  }

  private CommandException wrong() {
    return CommandException.quoting(
        "ERR invalid JSONPath '%s', unexpected at character %d"
            .formatted(CommandException.quoted(Bytes.of(text)), at + 1));
  }

  private int peek() {
    return at < text.length() ? text.charAt(at) : -1;
  }

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

  private void expect(String token) {
    blanks();
    if (!takes(token)) {
      throw wrong();
    }
  }

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

  private JsonCondition all() {
    JsonCondition left = one();
    blanks();
    while (takes("&&")) {
      left = new JsonCondition.Both(left, one(), true);
      blanks();
    }
    return left;
  }

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
