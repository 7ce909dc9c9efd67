package dev.larder.redis.engine.command;

/**
 * Indexes from one up to another.
 *
 * @param from the first; as read, from the end if negative
 * @param to the last, included, as read; the one after it within a length
 */
record Span(long from, long to) {
  /**
   * Reads two parts, the second after the first.
   *
   * @throws CommandException if one is no integer
   */
  static Span read(Call call, int index) {
    return new Span(call.integer(index), call.integer(index + 1));
  }

  /**
   * The indexes of that which there are, the second excluded; both are zero if there are none.
   *
   * @param length how many there are
   */
  Span within(int length) {
    long first = Math.max(0, from < 0 ? length + from : from);
    long last = Math.min(length - 1L, to < 0 ? length + to : to);
    return first > last ? new Span(0, 0) : new Span(first, last + 1);
  }
}
