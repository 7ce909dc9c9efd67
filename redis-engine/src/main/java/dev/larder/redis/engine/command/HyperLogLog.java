package dev.larder.redis.engine.command;

import dev.larder.redis.engine.resp.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/* 16 bytes of head: HYLL, the encoding, and the cardinality that was last counted, unless its highest bit says that it
 * is outdated. Then 16384 registers: dense, of 6 bits each; or sparse, as runs: 00xxxxxx is 1 to 64 zeros, 01xxxxxx and
 * another byte 1 to 16384 zeros, 1vvvvvxx a value from 1 to 32, 1 to 4 times.
 */
/**
 * An estimate of how many different elements were added, in the bytes that Redis keeps it in. It
 * errs by 0.81 %.
 *
 * <p>The algorithm is that of Flajolet, Fusy, Gandouet and Meunier (2007), with the estimator of
 * Ertl (2017), which needs no correction for small or large numbers. Elements are hashed with
 * MurmurHash64A of Austin Appleby, with Redis' seed, so that registers and counts are those of
 * Redis.
 *
 * <p>The low 14 bits of the hash choose a register; the register keeps the longest run of zeros
 * after them, plus one. Adding to the dense form takes constant time; to the sparse form, time that
 * grows with its at most 3000 bytes. Counting looks at 16384 registers, so the head remembers the
 * result.
 *
 * <p>What others stored under a key may be damaged in any way: no run is followed beyond the
 * registers or beyond the end.
 */
final class HyperLogLog {
  /** A power of two: the register of a hash is its low 14 bits. */
  private static final int REGISTERS = 1 << 14;

  /** Bytes before the registers. */
  private static final int HEAD = 16;

  /** Bytes of the dense form: 12304. */
  private static final int DENSE = HEAD + REGISTERS * 6 / 8;

  /** The most bytes of the sparse form. */
  private static final int MOST_SPARSE = 3000;

  /** The greatest value that a run of the sparse form has room for in its 5 bits. */
  private static final int MOST_SPARSE_VALUE = 32;

  private static final byte[] MAGIC = {'H', 'Y', 'L', 'L'};

  /** The constant of the estimator for infinitely many registers: 1 / (2 ln 2). */
  private static final double ALPHA = 0.7213475204444817;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes;
  private int length;

  private HyperLogLog(byte[] bytes) {
    this.bytes = bytes;
    this.length = bytes.length;
  }

  /**
   * One to which nothing was added.
   *
   * <p>It is sparse: one run of 16384 zeros in two bytes.
   */
  static HyperLogLog empty() {
    byte[] bytes = new byte[HEAD + 2];
    System.arraycopy(MAGIC, 0, bytes, 0, 4);
    bytes[4] = 1;
    bytes[HEAD] = 0x7f;
    bytes[HEAD + 1] = (byte) 0xff;
    return new HyperLogLog(bytes);
  }

  /**
   * A copy of what is kept in these bytes, if it is one.
   *
   * <p>Only the head and the length are looked at; the runs are when they are used.
   */
  static Optional<HyperLogLog> of(Bytes kept) {
    byte[] bytes = kept.array();
    boolean valid =
        bytes.length >= HEAD
            && Arrays.equals(bytes, 0, 4, MAGIC, 0, 4)
            && (bytes[4] == 1 || (bytes[4] == 0 && bytes.length == DENSE));
    return valid ? Optional.of(new HyperLogLog(bytes.clone())) : Optional.empty();
  }

  /** What it is kept in. */
  Bytes bytes() {
    return Bytes.wrap(Arrays.copyOf(bytes, length));
  }

  /** True if each register has 6 bits of its own; false if registers are runs. */
  boolean isDense() {
    return bytes[4] == 0;
  }

  /** True if what was last counted is right still. */
  boolean isCounted() {
    return bytes[15] >= 0;
  }

  /** What was last counted. */
  long counted() {
    return (long) LONGS.get(bytes, 8);
  }

  /** Says that what was counted is outdated. */
  void outdate() {
    bytes[15] |= (byte) 0x80;
  }

  /**
   * Counts, and keeps the result.
   *
   * @throws CommandException if the runs are damaged
   */
  long count() {
    byte[] registers = new byte[REGISTERS];
    mergeInto(registers);
    long count = count(registers);
    LONGS.set(bytes, 8, count);
    return count;
  }

  /** An array of registers for {@link #mergeInto}. */
  static byte[] registers() {
    return new byte[REGISTERS];
  }

  /**
   * How many different elements these registers have seen.
   *
   * <p>It makes a histogram of the registers and sums it up from the greatest value down; registers
   * at zero and at the greatest value are what sigma and tau estimate.
   */
  static long count(byte[] registers) {
    int[] histogram = new int[64];
    for (byte register : registers) {
      histogram[register]++;
    }
    double m = REGISTERS;
    double z = m * tau((m - histogram[51]) / m);
    for (int i = 50; i >= 1; i--) {
      z = (z + histogram[i]) * 0.5;
    }
    z += m * sigma(histogram[0] / m);
    return Math.round(ALPHA * m * m / z);
  }

  /**
   * The estimator's function for registers that are zero still; the sum of a series that is summed
   * until it does not change.
   *
   * @param of the share of such registers
   */
  private static double sigma(double of) {
    if (of == 1) {
      return Double.POSITIVE_INFINITY;
    }
    double x = of;
    double y = 1;
    double z = x;
    double before;
    do {
      x *= x;
      before = z;
      z += x * y;
      y += y;
    } while (before != z);
    return z;
  }

  /**
   * The estimator's function for registers at their greatest value; summed like sigma.
   *
   * @param of the share of registers that are below it
   */
  private static double tau(double of) {
    if (of == 0 || of == 1) {
      return 0;
    }
    double x = of;
    double y = 1;
    double z = 1 - x;
    double before;
    do {
      x = Math.sqrt(x);
      before = z;
      y *= 0.5;
      z -= (1 - x) * (1 - x) * y;
    } while (before != z);
    return z / 3;
  }

  /**
   * Raises registers to what this one has.
   *
   * @throws CommandException if its bytes are damaged
   */
  void mergeInto(byte[] registers) {
    if (isDense()) {
      for (int i = 0; i < REGISTERS; i++) {
        registers[i] = (byte) Math.max(registers[i], dense(i));
      }
      return;
    }
    int register = 0;
    for (int at = HEAD; at < length; at += operation(at)) {
      int run = run(at);
      if (register + run > REGISTERS) {
        throw damaged();
      }
      if (isValue(at)) {
        for (int i = register; i < register + run; i++) {
          registers[i] = (byte) Math.max(registers[i], value(at));
        }
      }
      register += run;
    }
    if (register != REGISTERS) {
      throw damaged();
    }
  }

  /** Adds an element; true if that changed anything. */
  boolean add(Bytes element) {
    long hash = murmur(element.array(), 0xadc83b19L);
    int register = (int) (hash & (REGISTERS - 1));
    return raise(register, Long.numberOfTrailingZeros(hash >>> 14 | 1L << 50) + 1);
  }

  /** Raises registers to these. */
  void raise(byte[] registers) {
    for (int i = 0; i < REGISTERS; i++) {
      if (registers[i] > 0) {
        raise(i, registers[i]);
      }
    }
  }

  /** Raises one register; false if it is as high already. */
  private boolean raise(int register, int value) {
    return isDense() ? raiseDense(register, value) : raiseSparse(register, value);
  }

  /** The 6 bits of a register, which begin in one byte and may end in the next. */
  private int dense(int register) {
    int bit = register * 6;
    int at = HEAD + bit / 8;
    int next = at + 1 < length ? bytes[at + 1] & 0xff : 0;
    return (((bytes[at] & 0xff) | (next << 8)) >> (bit & 7)) & 63;
  }

  /** Writes the 6 bits of a register, if they are less. */
  private boolean raiseDense(int register, int value) {
    if (dense(register) >= value) {
      return false;
    }
    int bit = register * 6;
    int at = HEAD + bit / 8;
    int shift = bit & 7;
    bytes[at] = (byte) ((bytes[at] & ~(63 << shift)) | (value << shift));
    if (shift > 2) {
      bytes[at + 1] = (byte) ((bytes[at + 1] & ~(63 >> (8 - shift))) | (value >> (8 - shift)));
    }
    return true;
  }

  /** Becomes dense, if it is not. */
  void makeDense() {
    if (isDense()) {
      return;
    }
    byte[] registers = new byte[REGISTERS];
    mergeInto(registers);
    bytes = Arrays.copyOf(Arrays.copyOf(bytes, HEAD), DENSE);
    bytes[4] = 0;
    length = DENSE;
    for (int i = 0; i < REGISTERS; i++) {
      raiseDense(i, registers[i]);
    }
  }

  /** True if the run at an offset has a value. */
  private boolean isValue(int at) {
    return bytes[at] < 0;
  }

  /** True if the run at an offset has zeros, and two bytes. */
  private boolean isLongRun(int at) {
    return (bytes[at] & 0xc0) == 0x40;
  }

  /** How many bytes the operation takes. */
  private int operation(int at) {
    return at < length && isLongRun(at) ? 2 : 1;
  }

  /** How many registers the operation is about. */
  private int run(int at) {
    if (isValue(at)) {
      return (bytes[at] & 3) + 1;
    }
    if (isLongRun(at)) {
      return ((bytes[at] & 0x3f) << 8 | (at + 1 < length ? bytes[at + 1] & 0xff : 0)) + 1;
    }
    return (bytes[at] & 0x3f) + 1;
  }

  /** The value of the registers of a run, from 1 to 32. */
  private int value(int at) {
    return (bytes[at] >> 2 & 0x1f) + 1;
  }

  /**
   * A run with a value, as one byte.
   *
   * @param run how many registers, from 1 to 4
   */
  private static byte value(int value, int run) {
    return (byte) (0x80 | ((value - 1) << 2) | (run - 1));
  }

  /**
   * Raises one register among the runs. The run that covers it becomes up to three; if the bytes
   * get too many, or the value is above 32, the dense form takes its place.
   *
   * @throws CommandException if the runs end before the register
   */
  private boolean raiseSparse(int register, int value) {
    if (value > MOST_SPARSE_VALUE) {
      makeDense();
      return raiseDense(register, value);
    }
    int first = 0;
    int before = HEAD;
    int at = HEAD;
    while (at < length && register >= first + run(at)) {
      before = at;
      first += run(at);
      at += operation(at);
    }
    if (at + operation(at) > length) {
      throw damaged();
    }
    if (isValue(at) && value(at) >= value) {
      return false;
    }
    if (run(at) == 1 && !isLongRun(at)) {
      bytes[at] = value(value, 1);
    } else {
      byte[] split = split(at, first, register, value);
      int more = split.length - operation(at);
      if (more > 0 && length + more > MOST_SPARSE) {
        makeDense();
        return raiseDense(register, value);
      }
      replace(at, operation(at), split);
    }
    unite(before);
    outdate();
    return true;
  }

  /** The operations in place of one that covers a register and others. */
  private byte[] split(int at, int first, int register, int value) {
    byte[] split = new byte[5];
    int size = part(split, 0, at, register - first);
    split[size++] = value(value, 1);
    size = part(split, size, at, first + run(at) - 1 - register);
    return Arrays.copyOf(split, size);
  }

  /**
   * Writes what is left of a run on one side of the register.
   *
   * @param size how many bytes are written already
   * @param run how many registers are left; nothing is written for none
   * @return how many bytes are written then
   */
  private int part(byte[] split, int size, int at, int run) {
    int end = size;
    if (run > 0 && isValue(at)) {
      split[end++] = value(value(at), run);
    } else if (run > 64) {
      split[end++] = (byte) (0x40 | ((run - 1) >> 8));
      split[end++] = (byte) (run - 1);
    } else if (run > 0) {
      split[end++] = (byte) (run - 1);
    }
    return end;
  }

  /** Puts bytes in the place of others; the array grows by 16 bytes more than it must. */
  private void replace(int at, int old, byte[] by) {
    int end = length + by.length - old;
    byte[] target = end > bytes.length ? Arrays.copyOf(bytes, end + 16) : bytes;
    System.arraycopy(bytes, at + old, target, at + by.length, length - at - old);
    System.arraycopy(by, 0, target, at, by.length);
    bytes = target;
    length = end;
  }

  /** Makes one of neighbours with the same value, as far as five operations reach. */
  private void unite(int from) {
    int at = from;
    for (int left = 5; at < length && left > 0; left--) {
      if (isValue(at)
          && at + 1 < length
          && isValue(at + 1)
          && value(at) == value(at + 1)
          && run(at) + run(at + 1) <= 4) {
        replace(at, 2, new byte[] {value(value(at), run(at) + run(at + 1))});
      } else {
        at += operation(at);
      }
    }
  }

  /** The runs do not make 16384 registers; its code is {@code INVALIDOBJ}. */
  static CommandException damaged() {
    return new CommandException("INVALIDOBJ Corrupted HLL object detected");
  }

  /** MurmurHash64A, which reads eight bytes at a time, the lowest first. */
  private static long murmur(byte[] key, long seed) {
    long m = 0xc6a4a7935bd1e995L;
    long h = seed ^ key.length * m;
    int at = 0;
    for (; at + 8 <= key.length; at += 8) {
      long k = (long) LONGS.get(key, at) * m;
      k = (k ^ k >>> 47) * m;
      h = (h ^ k) * m;
    }
    if (at < key.length) {
      for (int i = key.length - 1; i >= at; i--) {
        h ^= (key[i] & 0xffL) << (8 * (i - at));
      }
      h *= m;
    }
    h = (h ^ h >>> 47) * m;
    return h ^ h >>> 47;
  }
}
