package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Strings that are numbers, and counted with.
 *
 * <p>INCR, DECR, INCRBY and DECRBY count in 64 bits with a sign; INCRBYFLOAT counts as C's {@code
 * long double} does. No key counts as zero. An expiry stays.
 *
 * <p>What is journalled is SET with the result, and PXAT if the key expires: so the sum of a
 * recovery does not depend on how numbers are rounded.
 */
final class CounterCommands {
  private CounterCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> flags = Set.of(WRITE, DENY_OOM);
    table.add("incr", 2, flags, KeyPositions.FIRST, call -> add(call, 1));
    table.add("decr", 2, flags, KeyPositions.FIRST, call -> add(call, -1));
    table.add("incrby", 3, flags, KeyPositions.FIRST, call -> add(call, call.integer(2)));
    table.add("decrby", 3, flags, KeyPositions.FIRST, CounterCommands::decrBy);
    table.add("incrbyfloat", 3, flags, KeyPositions.FIRST, CounterCommands::incrByFloat);
  }

  /** DECRBY key number. The least of all integers has no contrary, and is refused. */
  private static Reply decrBy(Call call) {
    long by = call.integer(2);
    if (by == Long.MIN_VALUE) {
      throw new CommandException("ERR decrement would overflow");
    }
    return add(call, -by);
  }

  /**
   * Adds to the integer of the key at index 1.
   *
   * @throws CommandException if the value is no integer, or the sum does not fit into 64 bits
   */
  private static Reply add(Call call, long by) {
    Bytes key = call.arg(1);
    StringValue string = call.string(key);
    long value = string == null ? 0 : string.integer().orElseThrow(CommandException::notAnInteger);
    long sum = sum(value, by);
    replace(call, key, string, Bytes.of(sum));
    return Reply.of(sum);
  }

  /**
   * The sum of two integers; HINCRBY counts with it, too.
   *
   * @throws CommandException if it does not fit into 64 bits; it does not wrap around
   */
  static long sum(long value, long by) {
    long sum = value + by;
    if (((value ^ sum) & (by ^ sum)) < 0) {
      throw new CommandException("ERR increment or decrement would overflow");
    }
    return sum;
  }

  /** INCRBYFLOAT key number. The answer is the text that is stored, without an exponent. */
  private static Reply incrByFloat(Call call) {
    Bytes key = call.arg(1);
    StringValue string = call.string(key);
    ExtendedDouble value =
        string == null ? ExtendedDouble.ZERO : ExtendedDouble.read(string.bytes());
    Bytes sum =
        value
            .plus(ExtendedDouble.read(call.arg(2)))
            .orElseThrow(() -> new CommandException("ERR increment would produce NaN or Infinity"));
    replace(call, key, string, sum);
    return Reply.of(sum);
  }

  /** Stores a result with the expiry that the key had. */
  private static void replace(Call call, Bytes key, @Nullable StringValue old, Bytes text) {
    StringCommands.store(call, key, text, old == null ? Value.NEVER : old.expiresAt());
  }
}
