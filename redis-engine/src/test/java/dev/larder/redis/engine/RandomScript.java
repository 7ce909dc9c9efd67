package dev.larder.redis.engine;

import java.util.random.RandomGenerator;

/**
 * Scripts by chance: expressions over few variables, of all operators and many functions.
 *
 * <p>Zero has no sign in the engine, which Lua shows as {@code -0}, and the texts of what is no
 * number or infinite are no numbers. So what is computed is brought among the other numbers.
 */
final class RandomScript {
  private static final String[] ATOMS = {
    "0", "1", "2", "-3", "1.5", "10", "100", "'a'", "'10'", "'3.5'", "'x y'", "''", "nil", "true",
    "false", "a", "b", "t", "t.x", "t.y", "t[1]", "KEYS[1]", "ARGV[1]", "ARGV[2]", "#t", "#ARGV"
  };
  private static final String[] OPERATORS = {
    "+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or"
  };
  private static final String[] ONE = {
    "tostring", "tonumber", "type", "math.floor", "math.abs", "math.ceil", "string.len",
    "string.upper", "string.reverse", "string.byte", "#", "-", "not ", "cjson.encode"
  };
  private static final String[] TWO = {
    "math.max",
    "math.min",
    "string.rep",
    "string.sub",
    "math.fmod",
    "string.find",
    "string.match",
    "bit.band",
    "bit.bxor",
    "select",
    "rawequal"
  };
  private static final String[] FORMATS = {
    "%d", "%5.1f", "%s", "%q", "%x", "%-6s|", "%06d", "%g", "%e", "%c", "%10.3s", "%+d", "%i", "%%"
  };

  private final RandomGenerator random;

  RandomScript(RandomGenerator random) {
    this.random = random;
  }

  String next() {
    var script = new StringBuilder();
    script.append("local function n(v) return (v ~= v or v - v ~= 0) and 1 or v + 0 end\n");
    script.append("local a, b, t = ").append(atom()).append(", ").append(atom());
    script.append(", {x = ").append(atomOf(16)).append(", ").append(atomOf(12)).append("}\n");
    for (int i = random.nextInt(3); i > 0; i--) {
      script.append(statement()).append('\n');
    }
    return script.append("return ").append(result()).toString();
  }

  private String result() {
    return switch (random.nextInt(4)) {
      case 0 -> "{" + expression(2) + ", " + expression(2) + "}";
      case 1 -> "tostring(" + expression(3) + ")";
      default -> expression(3);
    };
  }

  private String statement() {
    return switch (random.nextInt(9)) {
      case 0 -> "a = " + expression(2);
      case 1 -> "t.y = " + expression(2);
      case 2 -> "if " + expression(2) + " then a = " + atom() + " else b = " + atom() + " end";
      case 3 -> "for i = 1, math.min(9, " + expression(1) + ") do a = i end";
      case 4 -> "local ok, e = pcall(function() return " + expression(2) + " end) b = e";
      case 5 -> "table.insert(t, " + atom() + ")";
      case 6 -> "local function f(a, b) return " + expression(2) + " end a = f(" + atom() + ")";
      case 7 -> "b = redis.call('SET', KEYS[1], " + atomOf(12) + ") and redis.call('GET', KEYS[1])";
      default -> "a, b = b, a";
    };
  }

  private String expression(int depth) {
    if (depth == 0) {
      return atom();
    }
    return switch (random.nextInt(7)) {
      case 0, 1, 2 -> {
        String operator = pick(OPERATORS);
        String whole = expression(depth - 1) + " " + operator + " " + expression(depth - 1);
        yield (("+-*/%^".contains(operator) ? "n(" : "(") + whole + ")");
      }
      case 3 -> computed(pick(ONE), expression(depth - 1));
      case 4 -> computed(pick(TWO), expression(depth - 1) + ", " + atom());
      case 5 -> "string.format('" + pick(FORMATS) + "', " + expression(depth - 1) + ")";
      default -> atom();
    };
  }

  private static String computed(String function, String arguments) {
    String call = function + "(" + arguments + ")";
    return function.equals("-") || function.startsWith("math.") ? "n(" + call + ")" : call;
  }

  private String atom() {
    return pick(ATOMS);
  }

  private String atomOf(int first) {
    return ATOMS[random.nextInt(first)];
  }

  private String pick(String[] from) {
    return from[random.nextInt(from.length)];
  }
}
