package dev.larder.redis.engine.lua;

import java.util.Arrays;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;

/**
 * Matches a pattern of Lua 5.1. Every attempt counts as a step, so that a pattern that tries for
 * ever is ended as any other script is.
 *
 * <p>It is backtracking as in Lua's own matcher: exponential in the worst case, which is why the
 * budget counts. Recursion has a bound of its own. All indexes are of bytes, from zero. An object
 * of it keeps the captures of its last match.
 *
 * <p>Patterns have classes ({@code %a}), sets, repetitions ({@code *}, {@code +}, {@code -}, {@code
 * ?}) of one character, captures and positions, {@code %b()}, {@code %f[set]}, and references to
 * captures.
 */
final class LuaPattern {
  private static final int MOST_CAPTURES = 32;
  private static final int DEEPEST = 200;

  /** The length of a capture that was opened and not closed. */
  private static final int UNFINISHED = -1;

  /** The length of a capture of a place. */
  private static final int POSITION = -2;

  private final byte[] text;
  private final byte[] pattern;
  private final LuaArguments arguments;
  private final int[] starts = new int[MOST_CAPTURES];
  private final int[] lengths = new int[MOST_CAPTURES];
  private int level;
  private int depth;

  /**
   * A matcher of one text and one pattern.
   *
   * @param arguments for errors, and for the budget
   */
  LuaPattern(byte[] text, byte[] pattern, LuaArguments arguments) {
    this.text = text;
    this.pattern = pattern;
    this.arguments = arguments;
  }

  /**
   * Where a match that begins at an index ends, or -1.
   *
   * @param from where in the text it begins
   * @param patternFrom where in the pattern: after an anchor
   */
  int match(int from, int patternFrom) {
    level = 0;
    depth = 0;
    return attempt(from, patternFrom);
  }

  /** How many captures the last match has, the whole match if there are none. */
  int captures() {
    return level == 0 ? 1 : level;
  }

  /** Whether the pattern has captures of its own. */
  boolean hasCaptures() {
    return level > 0;
  }

  /** All of a match. */
  LuaString whole(int from, int to) {
    return LuaArguments.string(Arrays.copyOfRange(text, from, to));
  }

  /**
   * A capture of the last match.
   *
   * @param from where the match begins, for a pattern without captures
   * @param to where it ends
   */
  LuaValue capture(int index, int from, int to) {
    if (index >= level) {
      if (index != 0) {
        throw arguments.error("invalid capture index");
      }
      return whole(from, to);
    }
    if (lengths[index] == UNFINISHED) {
      throw arguments.error("unfinished capture");
    }
    if (lengths[index] == POSITION) {
      return LuaValue.valueOf(starts[index] + 1);
    }
    return LuaArguments.string(
        Arrays.copyOfRange(text, starts[index], starts[index] + lengths[index]));
  }

  /** A match that may be taken back, one level deeper. */
  private int attempt(int from, int patternFrom) {
    if (++depth > DEEPEST * 100) {
      throw arguments.error("pattern too complex");
    }
    try {
      return walk(from, patternFrom);
    } finally {
      depth--;
    }
  }

  /** Matches as far as there is one way only; returns where the match ends, or -1. */
  private int walk(int from, int patternFrom) {
    int s = from;
    int p = patternFrom;
    while (p < pattern.length) {
      arguments.state().budget().step();
      int special = pattern[p];
      if (special == '(') {
        boolean position = p + 1 < pattern.length && pattern[p + 1] == ')';
        return open(s, position ? p + 2 : p + 1, position ? POSITION : UNFINISHED);
      }
      if (special == ')') {
        return close(s, p + 1);
      }
      if (special == '$' && p + 1 == pattern.length) {
        return s == text.length ? s : -1;
      }
      if (special == '%' && p + 1 < pattern.length) {
        int next = pattern[p + 1];
        if (next == 'b') {
          s = balance(s, p + 2);
          if (s < 0) {
            return -1;
          }
          p += 4;
          continue;
        }
        if (next == 'f') {
          p += 2;
          if (p >= pattern.length || pattern[p] != '[') {
            throw arguments.error("missing '[' after '%f' in pattern");
          }
          int end = endOfClass(p);
          int before = s == 0 ? 0 : text[s - 1] & 0xff;
          int here = s < text.length ? text[s] & 0xff : 0;
          if (inSet(before, p, end - 1) || !inSet(here, p, end - 1)) {
            return -1;
          }
          p = end;
          continue;
        }
        if (next >= '0' && next <= '9') {
          s = reference(s, next);
          if (s < 0) {
            return -1;
          }
          p += 2;
          continue;
        }
      }
      int end = endOfClass(p);
      int suffix = end < pattern.length ? pattern[end] : 0;
      if (suffix == '?') {
        if (s < text.length && single(text[s] & 0xff, p, end)) {
          int matched = attempt(s + 1, end + 1);
          if (matched >= 0) {
            return matched;
          }
        }
        p = end + 1;
      } else if (suffix == '*') {
        return greedy(s, p, end, 0);
      } else if (suffix == '+') {
        return greedy(s, p, end, 1);
      } else if (suffix == '-') {
        return reluctant(s, p, end);
      } else if (s < text.length && single(text[s] & 0xff, p, end)) {
        s++;
        p = end;
      } else {
        return -1;
      }
    }
    return s;
  }

  /**
   * As many as there are, then one less after the other.
   *
   * @param least 0 for a star, 1 for a plus
   */
  private int greedy(int s, int p, int end, int least) {
    int count = 0;
    while (s + count < text.length && single(text[s + count] & 0xff, p, end)) {
      arguments.state().budget().step();
      count++;
    }
    for (; count >= least; count--) {
      int matched = attempt(s + count, end + 1);
      if (matched >= 0) {
        return matched;
      }
    }
    return -1;
  }

  /** None, then one more after the other. */
  private int reluctant(int from, int p, int end) {
    int s = from;
    while (true) {
      int matched = attempt(s, end + 1);
      if (matched >= 0) {
        return matched;
      }
      if (s < text.length && single(text[s] & 0xff, p, end)) {
        s++;
      } else {
        return -1;
      }
    }
  }

  /** Opens a capture, and closes it again if the rest does not match. */
  private int open(int s, int p, int kind) {
    if (level >= MOST_CAPTURES) {
      throw arguments.error("too many captures");
    }
    starts[level] = s;
    lengths[level] = kind;
    level++;
    int matched = attempt(s, p);
    if (matched < 0) {
      level--;
    }
    return matched;
  }

  /** Closes the innermost capture that is open, and opens it again if the rest does not match. */
  private int close(int s, int p) {
    int capture = level - 1;
    while (capture >= 0 && lengths[capture] != UNFINISHED) {
      capture--;
    }
    if (capture < 0) {
      throw arguments.error("invalid pattern capture");
    }
    lengths[capture] = s - starts[capture];
    int matched = attempt(s, p);
    if (matched < 0) {
      lengths[capture] = UNFINISHED;
    }
    return matched;
  }

  /** Where the text that a pair of characters balances ends, or -1. */
  private int balance(int s, int p) {
    if (p + 1 >= pattern.length) {
      throw arguments.error("unbalanced pattern");
    }
    if (s >= text.length || text[s] != pattern[p]) {
      return -1;
    }
    int open = 1;
    for (int i = s + 1; i < text.length; i++) {
      if (text[i] == pattern[p + 1]) {
        if (--open == 0) {
          return i + 1;
        }
      } else if (text[i] == pattern[p]) {
        open++;
      }
    }
    return -1;
  }

  /** Where the same bytes as a capture end, or -1. */
  private int reference(int s, int digit) {
    int capture = digit - '1';
    if (capture < 0 || capture >= level || lengths[capture] == UNFINISHED) {
      throw arguments.error("invalid capture index");
    }
    int length = Math.max(0, lengths[capture]);
    boolean same =
        text.length - s >= length
            && Arrays.equals(text, starts[capture], starts[capture] + length, text, s, s + length);
    return same ? s + length : -1;
  }

  /** Where the pattern goes on after one class, set or character. */
  private int endOfClass(int from) {
    int p = from;
    int c = pattern[p++];
    if (c == '%') {
      if (p >= pattern.length) {
        throw arguments.error("malformed pattern (ends with '%')");
      }
      return p + 1;
    }
    if (c == '[') {
      if (p < pattern.length && pattern[p] == '^') {
        p++;
      }
      do {
        if (p >= pattern.length) {
          throw arguments.error("malformed pattern (missing ']')");
        }
        if (pattern[p++] == '%' && p < pattern.length) {
          p++;
        }
      } while (p >= pattern.length || pattern[p] != ']');
      return p + 1;
    }
    return p;
  }

  /** Whether a byte is what the pattern has between two indexes. */
  private boolean single(int c, int p, int end) {
    return switch (pattern[p]) {
      case '.' -> true;
      case '%' -> ofClass(c, pattern[p + 1] & 0xff);
      case '[' -> inSet(c, p, end - 1);
      default -> (pattern[p] & 0xff) == c;
    };
  }

  /** Whether a byte is in a set; {@code end} is its closing bracket. */
  private boolean inSet(int c, int from, int end) {
    int p = from + 1;
    boolean wanted = true;
    if (pattern[p] == '^') {
      wanted = false;
      p++;
    }
    for (; p < end; p++) {
      if (pattern[p] == '%') {
        p++;
        if (ofClass(c, pattern[p] & 0xff)) {
          return wanted;
        }
      } else if (p + 2 < end && pattern[p + 1] == '-') {
        if ((pattern[p] & 0xff) <= c && c <= (pattern[p + 2] & 0xff)) {
          return wanted;
        }
        p += 2;
      } else if ((pattern[p] & 0xff) == c) {
        return wanted;
      }
    }
    return !wanted;
  }

  /**
   * Whether a byte is of the class of a letter; a capital letter means the contrary, other
   * characters mean themselves.
   */
  private static boolean ofClass(int c, int name) {
    boolean is =
        switch (name | 32) {
          case 'a' -> isLetter(c);
          case 'd' -> isDigit(c);
          case 'l' -> c >= 'a' && c <= 'z';
          case 'u' -> c >= 'A' && c <= 'Z';
          case 's' -> c == ' ' || (c >= 9 && c <= 13);
          case 'w' -> isLetter(c) || isDigit(c);
          case 'x' -> isDigit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
          case 'p' -> c > 32 && c < 127 && !isLetter(c) && !isDigit(c);
          case 'c' -> c < 32 || c == 127;
          case 'z' -> c == 0;
          default -> false;
        };
    boolean letter = isLetter(name) && "adluswxpcz".indexOf(name | 32) >= 0;
    return (letter && name < 'a') ? !is : letter ? is : name == c;
  }

  private static boolean isLetter(int c) {
    return (c | 32) >= 'a' && (c | 32) <= 'z';
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}
