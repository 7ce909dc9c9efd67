package dev.larder.redis.engine.command;

import dev.larder.redis.engine.resp.Bytes;

/**
 * A pattern for keys and channels: {@code *}, {@code ?}, {@code [a-z]}, {@code [^a]}, {@code \}.
 *
 * <p>It matches bytes, and knows no UTF-8. A class may hold ranges in either order, and a class
 * without its end goes to the end of the pattern. A backslash at the end stands for itself.
 */
public final class Glob {
  private final byte[] pattern;

  /**
   * A pattern.
   *
   * <p>Every string of bytes is a pattern: there are no errors.
   */
  public Glob(Bytes pattern) {
    this.pattern = pattern.array();
  }

  /** True if all of the text is as the pattern says; in time that grows with their product. */
  public boolean matches(Bytes text) {
    byte[] t = text.array();
    int p = 0;
    int at = 0;
    int star = -1;
    int starAt = 0;
    while (true) {
      if (at == t.length) {
        while (p < pattern.length && pattern[p] == '*') {
          p++;
        }
        if (p == pattern.length) {
          return true;
        }
      } else if (p < pattern.length && pattern[p] == '*') {
        star = p++;
        starAt = at;
        continue;
      } else if (p < pattern.length) {
        int next = one(p, t[at]);
        if (next > 0) {
          p = next;
          at++;
          continue;
        }
      }
      // Only the last star needs to try again: what was matched before it matches whatever it
      // takes.
      if (star < 0 || (at >= t.length && starAt >= t.length) || starAt >= t.length) {
        return false;
      }
      p = star + 1;
      at = ++starAt;
    }
  }

  /** Where the pattern goes on if what is at {@code p} stands for a byte, or 0. */
  private int one(int p, byte b) {
    return switch (pattern[p]) {
      case '?' -> p + 1;
      case '[' -> ofClass(p + 1, b & 0xff);
      case '\\' -> {
        int escaped = p + 1 < pattern.length ? p + 1 : p;
        yield pattern[escaped] == b ? escaped + 1 : 0;
      }
      default -> pattern[p] == b ? p + 1 : 0;
    };
  }

  /**
   * Where the pattern goes on after a class, or 0 if the byte is not of it.
   *
   * @param from after the bracket that opens it
   * @param b the byte without its sign
   */
  private int ofClass(int from, int b) {
    int p = from;
    boolean not = p < pattern.length && pattern[p] == '^';
    if (not) {
      p++;
    }
    boolean found = false;
    for (; p < pattern.length && pattern[p] != ']'; p++) {
      if (pattern[p] == '\\' && p + 1 < pattern.length) {
        p++;
        found |= (pattern[p] & 0xff) == b;
      } else if (p + 2 < pattern.length && pattern[p + 1] == '-') {
        int first = pattern[p] & 0xff;
        int last = pattern[p + 2] & 0xff;
        p += 2;
        found |= b >= Math.min(first, last) && b <= Math.max(first, last);
      } else {
        found |= (pattern[p] & 0xff) == b;
      }
    }
    return found == not ? 0 : Math.min(p + 1, pattern.length);
  }
}
