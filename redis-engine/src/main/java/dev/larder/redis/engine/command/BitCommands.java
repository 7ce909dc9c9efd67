package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.FAST;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Strings as rows of bits; the first is the highest of the first byte.
 *
 * <p>Bit 0 is the highest bit of byte 0, as in Redis. A string that is too short reads as zeros.
 * Writes change the array of the string in place; an expiry stays, but for BITOP, whose result has
 * none.
 *
 * <p>What is journalled is the command as it was sent: its effect depends on nothing but the
 * string. A key of another type answers {@code WRONGTYPE}.
 */
final class BitCommands {
  private BitCommands() {}

  static void addTo(CommandTable table) {
    table.add("setbit", 4, Set.of(WRITE, DENY_OOM), KeyPositions.FIRST, BitCommands::set);
    table.add("getbit", 3, Set.of(READ, FAST), KeyPositions.FIRST, BitCommands::get);
    table.add("bitcount", -2, Set.of(READ), KeyPositions.FIRST, BitCommands::count);
    table.add("bitpos", -3, Set.of(READ), KeyPositions.FIRST, BitCommands::position);
    table.add(
        "bitop", -4, Set.of(WRITE, DENY_OOM), KeyPositions.range(2, -1, 1), BitCommands::combine);
  }

  /**
   * Reads the offset at index 2, in bits.
   *
   * @throws CommandException if it is negative, or beyond the 512 MB that a string may have
   */
  private static long offset(Call call) {
    long offset = Numbers.integer(call.arg(2)).orElse(-1);
    if (offset < 0 || offset >> 3 >= StringCommands.MOST) {
      throw new CommandException("ERR bit offset is not an integer or out of range");
    }
    return offset;
  }

  /**
   * SETBIT key offset 0|1. The string grows with zeros up to the byte of the offset.
   *
   * @return the bit that was there before
   */
  private static Reply set(Call call) {
    long offset = offset(call);
    long bit = Numbers.integer(call.arg(3)).orElse(-1);
    if (bit != 0 && bit != 1) {
      throw new CommandException("ERR bit is not an integer or out of range");
    }
    Bytes key = call.arg(1);
    StringValue string = call.string(key);
    if (string == null) {
      string = new StringValue(Bytes.EMPTY);
      call.keys().put(key, string);
    }
    int index = (int) (offset >> 3);
    int mask = 0x80 >> (offset & 7);
    int before = string.at(index);
    string.set(index, bit == 1 ? before | mask : before & ~mask);
    call.keys().changed(key, string);
    return Reply.of((before & mask) != 0);
  }

  /** GETBIT key offset. Beyond the end of the string, and without a string, every bit is 0. */
  private static Reply get(Call call) {
    long offset = offset(call);
    StringValue string = call.string(call.arg(1));
    int mask = 0x80 >> (offset & 7);
    return Reply.of(string != null && (string.at((int) (offset >> 3)) & mask) != 0);
  }

  /**
   * BITCOUNT key [start end [BYTE|BIT]]. Both ends are included, and count from the end if they are
   * negative. Whole bytes are counted at once, so the time grows with the bytes.
   */
  private static Reply count(Call call) {
    StringValue string = call.string(call.arg(1));
    if (string == null) {
      return Reply.ZERO;
    }
    if (call.size() == 3 || call.size() > 5) {
      throw CommandException.syntax();
    }
    long bits = string.length() * 8L;
    if (call.size() == 2) {
      return Reply.of(ones(string, 0, bits));
    }
    var span = Span.read(call, 2);
    if (span.from() < 0 && span.to() < 0 && span.from() > span.to()) {
      return Reply.ZERO;
    }
    boolean byBit = call.is(4, "bit");
    if (call.size() == 5 && !byBit && !call.is(4, "byte")) {
      throw CommandException.syntax();
    }
    long length = byBit ? bits : string.length();
    long from = Math.max(0, span.from() < 0 ? length + span.from() : span.from());
    long to = Math.max(0, span.to() < 0 ? length + span.to() : span.to());
    to = Math.min(to, length - 1);
    if (from > to) {
      return Reply.ZERO;
    }
    return Reply.of(byBit ? ones(string, from, to + 1) : ones(string, from * 8, (to + 1) * 8));
  }

  /** How many bits are set from one up to another, excluded. */
  private static long ones(StringValue string, long from, long to) {
    long ones = 0;
    long at = from;
    while (at < to) {
      int value = string.at((int) (at >> 3));
      if ((at & 7) == 0 && to - at >= 8) {
        ones += Integer.bitCount(value);
        at += 8;
      } else {
        ones += value >> (7 - (at & 7)) & 1;
        at++;
      }
    }
    return ones;
  }

  /**
   * BITPOS key bit [start [end [BYTE|BIT]]]. The first zero of a string of ones is the bit after
   * its end, unless an end was given: then the answer is -1.
   */
  private static Reply position(Call call) {
    long bit = call.integer(2);
    if (bit != 0 && bit != 1) {
      throw new CommandException("ERR The bit argument must be 1 or 0.");
    }
    StringValue string = call.string(call.arg(1));
    if (string == null) {
      return Reply.of(bit == 0 ? 0 : -1);
    }
    if (call.size() > 6) {
      throw CommandException.syntax();
    }
    long from = call.size() > 3 ? call.integer(3) : 0;
    boolean byBit = call.is(5, "bit");
    if (call.size() == 6 && !byBit && !call.is(5, "byte")) {
      throw CommandException.syntax();
    }
    boolean ends = call.size() > 4;
    long to = ends ? call.integer(4) : -1;
    long length = byBit ? string.length() * 8L : string.length();
    from = Math.max(0, from < 0 ? length + from : from);
    to = Math.min(length - 1, Math.max(0, to < 0 ? length + to : to));
    if (from > to) {
      return Reply.of(-1);
    }
    long found =
        byBit ? first(string, bit, from, to + 1) : first(string, bit, from * 8, to * 8 + 8);
    // Beyond the end of a string are zeros, but not beyond the end that was asked for.
    return Reply.of(found >= 0 || bit == 1 || ends ? found : string.length() * 8L);
  }

  /** The first bit of this value from one up to another, excluded; -1 if there is none. */
  private static long first(StringValue string, long bit, long from, long to) {
    int other = bit == 1 ? 0 : 0xff;
    long at = from;
    while (at < to) {
      int value = string.at((int) (at >> 3));
      if ((at & 7) == 0 && to - at >= 8 && value == other) {
        at += 8;
      } else if ((value >> (7 - (at & 7)) & 1) == bit) {
        return at;
      } else {
        at++;
      }
    }
    return -1;
  }

  /**
   * How BITOP makes one row of bits of several.
   *
   * <p>AND, OR, XOR and NOT are those of Redis 7.0. The others came with Redis 8.2: DIFF is the
   * first without the rest, DIFF1 is the rest without the first, ANDOR is what the first and any
   * other have, ONE is what exactly one has.
   */
  private enum Operation {
    AND(1, Integer.MAX_VALUE),
    OR(1, Integer.MAX_VALUE),
    XOR(1, Integer.MAX_VALUE),
    NOT(1, 1),
    DIFF(2, Integer.MAX_VALUE),
    DIFF1(2, Integer.MAX_VALUE),
    ANDOR(2, Integer.MAX_VALUE),
    ONE(1, Integer.MAX_VALUE);

    private final int least;
    private final int most;

    /**
     * With bounds for the number of sources.
     *
     * @param least how many sources there must be
     * @param most how many there may be
     */
    Operation(int least, int most) {
      this.least = least;
      this.most = most;
    }

    /**
     * The operation that the part at index 1 names, for the sources from index 3 on.
     *
     * @throws CommandException if there is no such operation, or it takes another number of sources
     */
    static Operation read(Call call) {
      for (Operation operation : values()) {
        if (call.is(1, operation.name().toLowerCase(Locale.ROOT))) {
          operation.check(call.size() - 3);
          return operation;
        }
      }
      throw CommandException.syntax();
    }

    private void check(int sources) {
      if (sources > most) {
        throw new CommandException("ERR BITOP NOT must be called with a single source key.");
      }
      if (sources < least) {
        throw new CommandException(
            "ERR BITOP %s must be called with at least two source keys.".formatted(name()));
      }
    }

    /** The byte at one place of the result. */
    int of(List<StringValue> sources, int at) {
      int first = sources.getFirst().at(at);
      int all = first;
      int any = 0;
      int odd = first;
      int once = first;
      int twice = 0;
      for (int i = 1; i < sources.size(); i++) {
        int next = sources.get(i).at(at);
        all &= next;
        any |= next;
        odd ^= next;
        twice |= once & next;
        once |= next;
      }
      return switch (this) {
        case AND -> all;
        case OR -> first | any;
        case XOR -> odd;
        case NOT -> ~first;
        case DIFF -> first & ~any;
        case DIFF1 -> ~first & any;
        case ANDOR -> first & any;
        case ONE -> once & ~twice;
      };
    }
  }

  /**
   * BITOP operation destination source [source …]. Shorter sources are filled up with zeros. If all
   * are empty, the destination is removed.
   *
   * @return the length of the result in bytes, which is that of the longest source
   */
  private static Reply combine(Call call) {
    var operation = Operation.read(call);
    var sources = new ArrayList<StringValue>();
    int length = 0;
    for (int i = 3; i < call.size(); i++) {
      StringValue source = call.string(call.arg(i));
      sources.add(source == null ? new StringValue(Bytes.EMPTY) : source);
      length = Math.max(length, sources.getLast().length());
    }
    if (length == 0) {
      call.keys().remove(call.arg(2));
      return Reply.ZERO;
    }
    byte[] result = new byte[length];
    for (int i = 0; i < length; i++) {
      result[i] = (byte) operation.of(sources, i);
    }
    call.keys().put(call.arg(2), new StringValue(Bytes.wrap(result)), Value.NEVER);
    return Reply.of(length);
  }
}
