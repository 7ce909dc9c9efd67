package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * A string. Its array grows ahead of it when it is changed in place, and is given away as it is
 * when it is read: then the next change takes a copy.
 *
 * <p>So APPEND again and again takes constant time for each byte on average, and a value that is
 * only read is never copied. Bytes that were given away never change.
 */
public final class StringValue extends Value {
  private byte[] array;
  private int length;

  /** Whether somebody else has the array, so that a change needs a copy. */
  private boolean shared;

  /**
   * A string of these bytes.
   *
   * @param bytes whose array is used as it is
   */
  public StringValue(Bytes bytes) {
    array = bytes.array();
    length = array.length;
    shared = true;
  }

  /**
   * What it holds now.
   *
   * <p>An array that grew ahead is cut to its length first.
   */
  public Bytes bytes() {
    if (length != array.length) {
      array = Arrays.copyOf(array, length);
    }
    shared = true;
    return Bytes.wrap(array);
  }

  /** How many bytes it has. */
  public int length() {
    return length;
  }

  /** The byte at an index, without its sign; zero beyond the end. */
  public int at(int index) {
    return index < length ? array[index] & 0xff : 0;
  }

  /**
   * The integer it is, if it is one.
   *
   * <p>It is read anew each time.
   */
  public OptionalLong integer() {
    return Numbers.integer(array, length);
  }

  /**
   * The bytes from one index up to another, excluded.
   *
   * <p>It is a copy.
   */
  public Bytes slice(int from, int to) {
    return Bytes.wrap(Arrays.copyOfRange(array, from, to));
  }

  /** Overwrites bytes from an offset on, with zeros before it if it is beyond the end. */
  public void write(int offset, Bytes bytes) {
    reserve(offset + bytes.length());
    System.arraycopy(bytes.array(), 0, array, offset, bytes.length());
  }

  /** Sets one byte, with zeros before it if it is beyond the end. */
  public void set(int index, int value) {
    reserve(index + 1);
    array[index] = (byte) value;
  }

  /**
   * Makes it as long as this at least, with zeros.
   *
   * @param wanted in bytes, 512 MB at most
   */
  public void reserve(int wanted) {
    if (wanted > array.length) {
      array = Arrays.copyOf(array, length == 0 ? wanted : (int) Math.min(wanted * 2L, 1 << 30));
    } else if (shared) {
      array = array.clone();
    }
    shared = false;
    length = Math.max(length, wanted);
  }

  @Override
  public String type() {
    return "string";
  }

  @Override
  public long weight() {
    return 64L + array.length;
  }

  @Override
  public boolean isEmpty() {
    return false;
  }

  @Override
  public StringValue copy() {
    return new StringValue(bytes());
  }
}
