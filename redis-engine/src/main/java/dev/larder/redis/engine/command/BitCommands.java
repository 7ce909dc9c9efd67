package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.Set;

/** Strings as rows of bits; the first is the highest of the first byte. */
final class BitCommands {
  private BitCommands() {}

  static void addTo(CommandTable table) {
    table.add("setbit", 4, Set.of(WRITE, DENY_OOM), KeyPositions.FIRST, BitCommands::set);
    table.add("getbit", 3, Set.of(READ), KeyPositions.FIRST, BitCommands::get);
    table.add("bitcount", -2, Set.of(READ), KeyPositions.FIRST, BitCommands::count);
  }

  private static long offset(Call call) {
    long offset = Numbers.integer(call.arg(2)).orElse(-1);
    if (offset < 0 || offset >> 3 >= StringCommands.MOST) {
      throw new CommandException("ERR bit offset is not an integer or out of range");
    }
    return offset;
  }

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

  private static Reply get(Call call) {
    long offset = offset(call);
    StringValue string = call.string(call.arg(1));
    int mask = 0x80 >> (offset & 7);
    return Reply.of(string != null && (string.at((int) (offset >> 3)) & mask) != 0);
  }

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
}
