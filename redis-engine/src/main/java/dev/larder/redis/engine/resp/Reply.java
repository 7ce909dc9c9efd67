package dev.larder.redis.engine.resp;

import java.util.List;

/**
 * What a command answers: one of the types of the protocol's second version.
 *
 * <p>Replies do not change once they are answered, and may go to another thread. The third
 * version's types are not here: whoever speaks it on the wire makes them of these.
 */
public sealed interface Reply {
  /** What most commands answer that only do something. */
  Reply OK = new SimpleString(Bytes.of("OK"));

  /** No value. */
  Reply NIL = new Nil();

  /** No array. */
  Reply NIL_ARRAY = new NilArray();

  /** An array of nothing. */
  Reply EMPTY_ARRAY = new Array(List.of());

  /** Zero; also: no. */
  Reply ZERO = new Int(0);

  /** One; also: yes. */
  Reply ONE = new Int(1);

  /**
   * A status.
   *
   * @param text one line
   */
  record SimpleString(Bytes text) implements Reply {}

  /**
   * An error.
   *
   * @param text its code in capital letters, a blank, and a sentence
   */
  record SimpleError(Bytes text) implements Reply {
    /** An error of a text. */
    public SimpleError(String text) {
      this(Bytes.of(text));
    }
  }

  /**
   * An integer.
   *
   * @param value of 64 bits
   */
  record Int(long value) implements Reply {}

  /**
   * A string.
   *
   * @param value any bytes
   */
  record BulkString(Bytes value) implements Reply {}

  /** No string. */
  record Nil() implements Reply {}

  /** No array. */
  record NilArray() implements Reply {}

  /**
   * An array.
   *
   * @param items which may be arrays, or errors
   */
  record Array(List<Reply> items) implements Reply {}

  /** An integer. */
  static Reply of(long value) {
    return value == 0 ? ZERO : value == 1 ? ONE : new Int(value);
  }

  /** One or zero. */
  static Reply of(boolean value) {
    return value ? ONE : ZERO;
  }

  /** A string. */
  static Reply of(Bytes value) {
    return new BulkString(value);
  }

  /** A number as a string, as scores are. */
  static Reply of(double value) {
    return new BulkString(Numbers.toBytes(value));
  }

  /** A status of a text. */
  static Reply simple(String text) {
    return new SimpleString(Bytes.of(text));
  }

  /** An array. */
  static Reply of(List<Reply> items) {
    return items.isEmpty() ? EMPTY_ARRAY : new Array(items);
  }

  /** An array of strings. */
  static Reply ofStrings(List<Bytes> values) {
    return of(values.stream().<Reply>map(BulkString::new).toList());
  }
}
