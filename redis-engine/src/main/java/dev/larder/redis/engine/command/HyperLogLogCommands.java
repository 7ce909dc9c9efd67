package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How many different elements there were, roughly.
 *
 * <p>PFADD, PFCOUNT and PFMERGE. A HyperLogLog is a string; whatever reads or writes strings may be
 * used on it, and its memory is counted as theirs. The commands are journalled as they were sent:
 * they have the same effect whenever they are run.
 *
 * <p>A string that is none answers {@code WRONGTYPE}, one whose runs are damaged {@code
 * INVALIDOBJ}.
 */
final class HyperLogLogCommands {
  private HyperLogLogCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    table.add("pfadd", -2, growing, KeyPositions.FIRST, HyperLogLogCommands::add);
    table.add("pfcount", -2, Set.of(READ), KeyPositions.ALL, HyperLogLogCommands::count);
    table.add("pfmerge", -2, growing, KeyPositions.ALL, HyperLogLogCommands::merge);
  }

  /**
   * A copy of what is under a key, or null.
   *
   * @throws CommandException if it is another type, or a string of another kind
   */
  private static @Nullable HyperLogLog read(Call call, Bytes key) {
    StringValue string = call.string(key);
    return string == null
        ? null
        : HyperLogLog.of(string.bytes())
            .orElseThrow(() ->
                new CommandException("WRONGTYPE Key is not a valid HyperLogLog string value."));
  }

  /** Stores it as a string, with the expiry that the key has. */
  private static void keep(Call call, Bytes key, HyperLogLog log) {
    Value present = call.value(key);
    call.keys()
        .put(
            key, new StringValue(log.bytes()), present == null ? Value.NEVER : present.expiresAt());
  }

  /**
   * PFADD key [element …].
   *
   * @return 1 if a register was raised or the key is new, 0 otherwise
   */
  private static Reply add(Call call) {
    HyperLogLog present = read(call, call.arg(1));
    HyperLogLog log = present == null ? HyperLogLog.empty() : present;
    boolean changed = present == null;
    for (int i = 2; i < call.size(); i++) {
      changed |= log.add(call.arg(i));
    }
    if (changed) {
      log.outdate();
      keep(call, call.arg(1), log);
    }
    return Reply.of(changed);
  }

  /**
   * PFCOUNT key [key …]. The count of one key is kept in its head, which is a change; that of
   * several is made of their union and kept nowhere.
   */
  private static Reply count(Call call) {
    if (call.size() > 2) {
      byte[] registers = HyperLogLog.registers();
      for (int i = 1; i < call.size(); i++) {
        HyperLogLog log = read(call, call.arg(i));
        if (log != null) {
          log.mergeInto(registers);
        }
      }
      return Reply.of(HyperLogLog.count(registers));
    }
    HyperLogLog log = read(call, call.arg(1));
    if (log == null) {
      return Reply.ZERO;
    }
    if (log.isCounted()) {
      return Reply.of(log.counted());
    }
    long count = log.count();
    keep(call, call.arg(1), log);
    return Reply.of(count);
  }

  /**
   * PFMERGE destination [source …]. The destination is one of the sources. It becomes dense if one
   * of them is.
   */
  private static Reply merge(Call call) {
    byte[] registers = HyperLogLog.registers();
    boolean dense = false;
    for (int i = 1; i < call.size(); i++) {
      HyperLogLog log = read(call, call.arg(i));
      if (log != null) {
        dense |= log.isDense();
        log.mergeInto(registers);
      }
    }
    HyperLogLog present = read(call, call.arg(1));
    HyperLogLog target = present == null ? HyperLogLog.empty() : present;
    if (dense) {
      target.makeDense();
    }
    target.raise(registers);
    target.outdate();
    keep(call, call.arg(1), target);
    return Reply.OK;
  }
}
