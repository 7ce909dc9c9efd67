package dev.larder.redis.engine.command;

/**
 * What LMPOP and ZMPOP are asked for.
 *
 * @param end the index after the last key
 * @param first whether the first of two words was said
 * @param count how many to take
 */
record PopOptions(int end, boolean first, long count) {
  /**
   * Reads the number of keys at index 1, the keys, a word, and COUNT with its number.
   *
   * @param one the word that stands for the first end
   * @param other the word that stands for the other end
   * @throws CommandException if a number is less than 1, or there is something else
   */
  static PopOptions read(Call call, String one, String other) {
    long keys = call.positive(1, "ERR numkeys should be greater than 0");
    if (keys > call.size() - 3L) {
      throw CommandException.syntax();
    }
    int end = 2 + (int) keys;
    if (!call.is(end, one) && !call.is(end, other)) {
      throw CommandException.syntax();
    }
    long count = 1;
    if (call.size() > end + 1) {
      if (!call.is(end + 1, "count") || call.size() == end + 2) {
        throw CommandException.syntax();
      }
      count = call.positive(end + 2, "ERR count should be greater than 0");
      if (call.size() > end + 3) {
        throw CommandException.syntax();
      }
    }
    return new PopOptions(end, call.is(end, one), count);
  }
}
