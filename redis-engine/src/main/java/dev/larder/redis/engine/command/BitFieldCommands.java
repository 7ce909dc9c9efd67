package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * BITFIELD: integers of any width within a string.
 *
 * <p>The form is BITFIELD key [GET type offset | SET type offset value | INCRBY type offset by |
 * OVERFLOW WRAP|SAT|FAIL] …, from left to right. All parts are read before one of them is run, so a
 * syntax error changes nothing. BITFIELD_RO takes GET only.
 *
 * <p>A type is {@code i1} to {@code i64} or {@code u1} to {@code u63}. An offset counts bits, or
 * whole fields with {@code #}. What is journalled is the command as it was sent.
 */
final class BitFieldCommands {
  private BitFieldCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    table.add("bitfield", -2, growing, KeyPositions.FIRST, call -> run(call, false));
    table.add("bitfield_ro", -2, Set.of(READ), KeyPositions.FIRST, call -> run(call, true));
  }

  /**
   * What is done with an integer that is too large or too small for its width.
   *
   * <p>WRAP keeps the low bits, SAT takes the nearest value the type has, FAIL answers nil and
   * writes nothing. The option holds for the operations after it.
   */
  private enum Overflow {
    WRAP,
    SAT,
    FAIL
  }

  /** What is done with one integer. SET answers the value before, INCRBY the value after. */
  private enum Operation {
    GET,
    SET,
    INCRBY
  }

  /**
   * One integer.
   *
   * @param signed whether the highest bit is the sign, in two's complement
   * @param bits its width, from 1 to 64
   * @param offset of its first bit
   * @param operand what is written or added
   * @param overflow what is done if the operand, or the sum, does not fit
   */
  private record Field(
      Operation operation, boolean signed, int bits, long offset, long operand, Overflow overflow) {
    /** The integer that the string holds there; bits beyond its end are zeros. */
    long read(StringValue string) {
      long value = 0;
      for (long at = offset; at < offset + bits; at++) {
        value = value << 1 | (string.at((int) (at >> 3)) >> (7 - (at & 7)) & 1);
      }
      return signed ? extended(value) : value;
    }

    /** The low bits of a number, with the highest of them as the sign of all 64. */
    private long extended(long value) {
      return value << (64 - bits) >> (64 - bits);
    }

    /** The greatest value of the type. */
    private long most() {
      return (1L << (signed ? bits - 1 : bits)) - 1;
    }

    /** The least value of the type; zero without a sign. */
    private long least() {
      return signed ? -most() - 1 : 0;
    }

    /** Writes the integer and answers what is to be answered. */
    Reply write(StringValue string) {
      long present = read(string);
      boolean adds = operation == Operation.INCRBY;
      long wanted = adds ? present + operand : operand;
      long base = adds ? present : operand;
      long by = adds ? operand : 0;
      // Where the room for an integer of less than 64 bits overflows, Redis takes it for too large.
      long above = most() - base;
      long below = least() - base;
      boolean narrow = bits < 64;
      boolean tooLarge;
      boolean tooSmall;
      if (signed) {
        tooLarge = base > most() || (narrow ? by > above : base >= 0 && by > 0 && by > above);
        tooSmall = base < least() || (narrow ? by < below : base < 0 && by < 0 && by < below);
      } else {
        // An unsigned integer below zero is one that is too large.
        tooLarge = Long.compareUnsigned(base, most()) > 0 || (by > 0 && by > above);
        tooSmall = by < 0 && by < -base;
      }
      if (tooLarge || tooSmall) {
        switch (overflow) {
          case WRAP -> wanted = signed ? extended(wanted) : wanted & most();
          case SAT -> wanted = tooLarge ? most() : least();
          case FAIL -> {
            return Reply.NIL;
          }
        }
      }
      for (int i = 0; i < bits; i++) {
        long at = offset + i;
        int index = (int) (at >> 3);
        int mask = 0x80 >> (at & 7);
        boolean one = (wanted >>> (bits - 1 - i) & 1) == 1;
        string.set(index, one ? string.at(index) | mask : string.at(index) & ~mask);
      }
      return Reply.of(adds ? wanted : present);
    }
  }

  /** The operations of the command, with the overflow that holds for each. */
  private static List<Field> fields(Call call) {
    var fields = new ArrayList<Field>();
    var overflow = Overflow.WRAP;
    for (int i = 2; i < call.size(); ) {
      int more = call.size() - 1 - i;
      if (call.is(i, "overflow") && more >= 1) {
        overflow = overflow(call, i + 1);
        i += 2;
        continue;
      }
      Operation operation;
      if (call.is(i, "get") && more >= 2) {
        operation = Operation.GET;
      } else if (call.is(i, "set") && more >= 3) {
        operation = Operation.SET;
      } else if (call.is(i, "incrby") && more >= 3) {
        operation = Operation.INCRBY;
      } else {
        throw CommandException.syntax();
      }
      Bytes type = call.arg(i + 1);
      int bits = bits(type);
      long offset = offset(call.arg(i + 2), bits);
      boolean reads = operation == Operation.GET;
      long operand = reads ? 0 : call.integer(i + 3);
      fields.add(new Field(operation, type.at(0) == 'i', bits, offset, operand, overflow));
      i += reads ? 3 : 4;
    }
    return fields;
  }

  private static Overflow overflow(Call call, int index) {
    if (call.is(index, "wrap")) {
      return Overflow.WRAP;
    }
    if (call.is(index, "sat")) {
      return Overflow.SAT;
    }
    if (call.is(index, "fail")) {
      return Overflow.FAIL;
    }
    throw new CommandException("ERR Invalid OVERFLOW type specified");
  }

  /**
   * The width that a type names.
   *
   * @throws CommandException if it is no type; 64 bits are only for those with a sign
   */
  private static int bits(Bytes type) {
    boolean signed = type.length() > 0 && type.at(0) == 'i';
    boolean known = signed || (type.length() > 0 && type.at(0) == 'u');
    long bits = known ? Numbers.integer(type.slice(1, type.length())).orElse(0) : 0;
    if (bits < 1 || bits > (signed ? 64 : 63)) {
      throw new CommandException(
          "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but"
              + " i64 is.");
    }
    return (int) bits;
  }

  /** The offset in bits: as it is said, or times the width after {@code #}. */
  private static long offset(Bytes text, int bits) {
    boolean counted = text.length() > 0 && text.at(0) == '#';
    long offset =
        Numbers.integer(counted ? text.slice(1, text.length()) : text).orElse(-1)
            * (counted ? bits : 1);
    if (offset < 0 || offset >> 3 >= StringCommands.MOST) {
      throw new CommandException("ERR bit offset is not an integer or out of range");
    }
    return offset;
  }

  /**
   * Runs the operations in their order on one string. It grows once, before the first write, to the
   * end of the last field that is written; this is so in Redis too, where OVERFLOW FAIL leaves
   * zeros.
   *
   * @return an array with one reply for each operation
   */
  private static Reply run(Call call, boolean onlyReads) {
    List<Field> fields = fields(call);
    boolean writes = fields.stream().anyMatch(field -> field.operation != Operation.GET);
    Bytes key = call.arg(1);
    if (writes && onlyReads) {
      throw new CommandException("ERR BITFIELD_RO only supports the GET subcommand");
    }
    StringValue string = call.string(key);
    boolean absent = string == null;
    if (string == null) {
      string = new StringValue(Bytes.EMPTY);
    }
    if (writes) {
      long end = 0;
      for (Field field : fields) {
        end = field.operation == Operation.GET ? end : Math.max(end, field.offset + field.bits);
      }
      string.reserve((int) ((end + 7) >> 3));
    }
    var replies = new ArrayList<Reply>(fields.size());
    for (Field field : fields) {
      replies.add(
          field.operation == Operation.GET ? Reply.of(field.read(string)) : field.write(string));
    }
    if (writes && absent) {
      call.keys().put(key, string);
    } else if (writes) {
      call.keys().changed(key, string);
    }
    return Reply.of(replies);
  }
}
