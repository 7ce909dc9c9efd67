package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.FAST;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.command.Expiry.Unit;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongUnaryOperator;

/**
 * When keys expire.
 *
 * <p>EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT set a time; PERSIST takes it away; TTL, PTTL,
 * EXPIRETIME and PEXPIRETIME show it. What is journalled is PEXPIREAT with a time in ms of the
 * epoch, PERSIST, or DEL for a time that is past.
 *
 * <p>Questions do not count as use of the key: it is not younger for eviction afterwards.
 */
final class ExpiryCommands {
  private static final Bytes DEL = Bytes.of("DEL");
  private static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");
  private static final Bytes PERSIST = Bytes.of("PERSIST");

  private ExpiryCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> write = Set.of(WRITE);
    Set<Flag> fast = Set.of(READ, FAST);
    var key = KeyPositions.FIRST;
    table.add("expire", -3, write, key, call -> expire(call, Unit.EX));
    table.add("pexpire", -3, write, key, call -> expire(call, Unit.PX));
    table.add("expireat", -3, write, key, call -> expire(call, Unit.EXAT));
    table.add("pexpireat", -3, write, key, call -> expire(call, Unit.PXAT));
    table.add("persist", 2, write, key, ExpiryCommands::persist);
    table.add("ttl", 2, fast, key, call -> left(call, ExpiryCommands::seconds));
    table.add("pttl", 2, fast, key, call -> left(call, ms -> ms));
    table.add("expiretime", 2, fast, key, call -> time(call, ExpiryCommands::seconds));
    table.add("pexpiretime", 2, fast, key, call -> time(call, ms -> ms));
  }

  /** Seconds as TTL rounds them: half a second is one. */
  private static long seconds(long millis) {
    return millis / 1000 + (millis % 1000 < 500 ? 0 : 1);
  }

  /**
   * EXPIRE key time [NX|XX|GT|LT]. A time that is past removes the key at once.
   *
   * @return 1 if the expiry was set or the key removed, 0 if there is no key or the condition does
   *     not hold
   */
  private static Reply expire(Call call, Unit unit) {
    var condition = Condition.read(call, 3);
    long at = Expiry.anyAt(call, 2, unit);
    Bytes key = call.arg(1);
    Value value = call.value(key);
    if (value == null || !condition.holds(value.expiresAt(), at)) {
      return Reply.ZERO;
    }
    if (at <= call.keys().now()) {
      call.keys().remove(key);
      call.log(DEL, key);
    } else {
      expire(call, key, value, at);
    }
    return Reply.ONE;
  }

  /** Sets when a key expires, and logs it. */
  static void expire(Call call, Bytes key, Value value, long at) {
    call.keys().expire(key, value, at);
    if (at == Value.NEVER) {
      call.log(PERSIST, key);
    } else {
      call.log(PEXPIREAT, key, Bytes.of(at));
    }
  }

  /**
   * PERSIST key.
   *
   * @return 1 if the key would have expired, 0 otherwise
   */
  private static Reply persist(Call call) {
    Value value = call.value(call.arg(1));
    if (value == null || value.expiresAt() == Value.NEVER) {
      return Reply.ZERO;
    }
    call.keys().expire(call.arg(1), value, Value.NEVER);
    return Reply.ONE;
  }

  /** How long a key has still; never less than zero. */
  private static Reply left(Call call, LongUnaryOperator unit) {
    long now = call.keys().now();
    return time(call, at -> unit.applyAsLong(Math.max(0, at - now)));
  }

  /**
   * When a key expires: -2 if there is no key, -1 if it does not expire.
   *
   * @param unit makes the unit of the reply of ms
   */
  private static Reply time(Call call, LongUnaryOperator unit) {
    Value value = call.keys().peek(call.arg(1));
    if (value == null) {
      return Reply.of(-2);
    }
    return Reply.of(value.expiresAt() == Value.NEVER ? -1 : unit.applyAsLong(value.expiresAt()));
  }

  /**
   * The options of EXPIRE and its like.
   *
   * @param nx holds if the key does not expire
   * @param xx holds if it does
   * @param gt holds if the new time is later; no expiry is later than all
   * @param lt holds if the new time is earlier
   */
  private record Condition(boolean nx, boolean xx, boolean gt, boolean lt) {
    /**
     * Reads all options from an index on.
     *
     * @throws CommandException if one is unknown, or two exclude each other
     */
    static Condition read(Call call, int from) {
      boolean nx = false;
      boolean xx = false;
      boolean gt = false;
      boolean lt = false;
      for (int i = from; i < call.size(); i++) {
        switch (call.arg(i).toString().toLowerCase(Locale.ROOT)) {
          case "nx" -> nx = true;
          case "xx" -> xx = true;
          case "gt" -> gt = true;
          case "lt" -> lt = true;
          default ->
              throw CommandException.quoting(
                  "ERR Unsupported option " + CommandException.quoted(call.arg(i)));
        }
      }
      if (nx && (xx || gt || lt)) {
        throw new CommandException(
            "ERR NX and XX, GT or LT options at the same time are not compatible");
      }
      if (gt && lt) {
        throw new CommandException("ERR GT and LT options at the same time are not compatible");
      }
      return new Condition(nx, xx, gt, lt);
    }

    /**
     * Whether the expiry may become another one.
     *
     * @param present when the key expires now, in ms of the epoch, or {@link Value#NEVER}
     * @param wanted when it is to expire, in ms of the epoch
     */
    boolean holds(long present, long wanted) {
      boolean expires = present != Value.NEVER;
      return !(nx && expires)
          && !(xx && !expires)
          && !(gt && (!expires || wanted <= present))
          && !(lt && expires && wanted >= present);
    }
  }
}
