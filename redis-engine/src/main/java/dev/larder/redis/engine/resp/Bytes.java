package dev.larder.redis.engine.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A string of bytes that does not change: a key, a member, a value, an argument.
 *
 * <p>The hash is computed once. It is a multiplicative mix of eight bytes at a time, seeded anew in
 * each JVM: strangers choose keys, and must not be able to make them collide. It is no
 * cryptographic hash; nobody may see it.
 */
public final class Bytes implements Comparable<Bytes> {
  /** No bytes. */
  public static final Bytes EMPTY = new Bytes(new byte[0]);

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Keys that collide cannot be made by somebody who does not know it. */
  private static final long SEED = new SecureRandom().nextLong();

  private final byte[] array;
  private int hash;

  private Bytes(byte[] array) {
    this.array = array;
  }

  /**
   * The bytes of an array that nobody changes from now on.
   *
   * @param array which is not copied
   */
  public static Bytes wrap(byte[] array) {
    return array.length == 0 ? EMPTY : new Bytes(array);
  }

  /** The UTF-8 bytes of a text. */
  public static Bytes of(String text) {
    return wrap(text.getBytes(UTF_8));
  }

  /** The decimal digits of a number. */
  public static Bytes of(long number) {
    return Numbers.toBytes(number);
  }

  /** How many bytes these are. */
  public int length() {
    return array.length;
  }

  /** The byte at an index. */
  public byte at(int index) {
    return array[index];
  }

  /**
   * The array itself, which is to be read only.
   *
   * <p>It is the one that these bytes live in: whoever writes to it changes keys of the database.
   */
  public byte[] array() {
    return array;
  }

  /**
   * The bytes from one index up to another, excluded.
   *
   * <p>It is a copy, or these bytes themselves if the slice is all of them.
   *
   * @param from the first index
   * @param to the index after the last
   */
  public Bytes slice(int from, int to) {
    return from == 0 && to == array.length ? this : wrap(Arrays.copyOfRange(array, from, to));
  }

  /**
   * True if these are the bytes of a text of ASCII, whatever the case of its letters.
   *
   * @param lowerCase the text, in lower case
   */
  public boolean is(String lowerCase) {
    if (array.length != lowerCase.length()) {
      return false;
    }
    for (int i = 0; i < array.length; i++) {
      int b = array[i];
      if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Compares byte by byte, unsigned. */
  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(array, other.array);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other || (other instanceof Bytes that && Arrays.equals(array, that.array));
  }

  @Override
  public int hashCode() {
    int known = hash;
    if (known == 0) {
      known = hashOf(array);
      hash = known;
    }
    return known;
  }

  /** These bytes read as UTF-8. */
  @Override
  public String toString() {
    return new String(array, UTF_8);
  }

  /** A hash of 32 bits that is never zero, which stands for one not computed yet. */
  private static int hashOf(byte[] array) {
    long h = SEED ^ array.length * 0x9E3779B97F4A7C15L;
    int i = 0;
    for (; i + 8 <= array.length; i += 8) {
      h = mixed(h ^ (long) LONGS.get(array, i));
    }
    long last = 0;
    for (; i < array.length; i++) {
      last = last << 8 | (array[i] & 0xff);
    }
    h = mixed(h ^ last);
    int folded = (int) (h ^ h >>> 32);
    return folded == 0 ? 1 : folded;
  }

  /** One round: two odd constants of SplitMix64, with the seed between them. */
  private static long mixed(long h) {
    long product = h * 0xBF58476D1CE4E5B9L;
    return (product ^ product >>> 31 ^ SEED) * 0x94D049BB133111EBL;
  }
}
