package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.command.Expiry.Unit;
import dev.larder.redis.engine.data.HashValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongUnaryOperator;

/**
 * When fields of hashes expire, as Redis 7.4 has it.
 *
 * <p>HEXPIRE, HPEXPIRE, HEXPIREAT and HPEXPIREAT set a time for fields, HPERSIST takes it away,
 * HTTL, HPTTL, HEXPIRETIME and HPEXPIRETIME show it. Each ends in {@code FIELDS count field …} and
 * answers one number for each field.
 *
 * <p>What is journalled is HPEXPIREAT with a time in ms of the epoch, HPERSIST, or HDEL for a time
 * that is past: one command for each field. An expiry counts as 72 bytes.
 */
final class HashExpiryCommands {
  private static final Bytes HPEXPIREAT = Bytes.of("HPEXPIREAT");
  private static final Bytes HPERSIST = Bytes.of("HPERSIST");
  private static final Bytes HDEL = Bytes.of("HDEL");
  private static final Bytes FIELDS = Bytes.of("FIELDS");

  /** There is no such field, or no such hash. */
  private static final Reply ABSENT = Reply.of(-2);

  /** The field does not expire. */
  private static final Reply LASTING = Reply.of(-1);

  private HashExpiryCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> write = Set.of(WRITE, Flag.DENY_OOM);
    Set<Flag> read = Set.of(READ);
    var key = KeyPositions.FIRST;
    table.add("hexpire", -6, write, key, call -> expire(call, Unit.EX));
    table.add("hpexpire", -6, write, key, call -> expire(call, Unit.PX));
    table.add("hexpireat", -6, write, key, call -> expire(call, Unit.EXAT));
    table.add("hpexpireat", -6, write, key, call -> expire(call, Unit.PXAT));
    table.add("hpersist", -5, Set.of(WRITE), key, HashExpiryCommands::persist);
    table.add("httl", -5, read, key, call -> left(call, HashExpiryCommands::seconds));
    table.add("hpttl", -5, read, key, call -> left(call, ms -> ms));
    table.add("hexpiretime", -5, read, key, call -> time(call, HashExpiryCommands::seconds));
    table.add("hpexpiretime", -5, read, key, call -> time(call, ms -> ms));
  }

  /** Seconds rounded up, as HTTL does; TTL rounds to the nearest. */
  private static long seconds(long millis) {
    return (millis + 999) / 1000;
  }

  /**
   * The fields of {@code FIELDS count field …}.
   *
   * @param index where FIELDS is expected
   * @throws CommandException if FIELDS is not there, or the count is not that of the fields
   */
  static List<Bytes> fields(Call call, int index) {
    if (!call.is(index, "fields") || index + 2 >= call.size()) {
      throw new CommandException(
          "ERR Mandatory argument FIELDS is missing or not at the right position");
    }
    long count = call.positive(index + 1, "ERR Parameter `numFields` should be greater than 0");
    if (count != call.size() - index - 2) {
      throw new CommandException(
          "ERR The `numfields` parameter must match the number of arguments");
    }
    return List.of(call.parts()).subList(index + 2, call.size());
  }

  /** Logs when a field expires, if it does. */
  static void logExpiry(Call call, HashValue hash, Bytes field) {
    if (hash.expiresAt(field) != Value.NEVER) {
      call.log(
          HPEXPIREAT, call.arg(1), Bytes.of(hash.expiresAt(field)), FIELDS, Bytes.of(1), field);
    }
  }

  /**
   * Sets when a field expires, or removes it if that is now, and logs it.
   *
   * <p>Whoever calls it tells the keyspace afterwards.
   *
   * @param at in ms of the epoch
   */
  static void expire(Call call, HashValue hash, Bytes field, long at) {
    if (Expiry.isPast(call, at)) {
      hash.remove(field);
      call.log(HDEL, call.arg(1), field);
    } else {
      hash.expire(field, at);
      logExpiry(call, hash, field);
    }
  }

  /** Says that a field does not expire, and logs it; true if it would have. */
  static boolean persist(Call call, HashValue hash, Bytes field) {
    boolean expired = hash.persist(field);
    if (expired) {
      call.log(HPERSIST, call.arg(1), FIELDS, Bytes.of(1), field);
    }
    return expired;
  }

  /**
   * HEXPIRE key time [NX|XX|GT|LT] FIELDS count field [field …].
   *
   * @return for each field: -2 if it is not there, 0 if the condition does not hold, 1 if its
   *     expiry was set, 2 if it was removed because the time is past
   */
  private static Reply expire(Call call, Unit unit) {
    if (call.integer(2) < 0) {
      throw new CommandException("ERR invalid expire time, must be >= 0");
    }
    long at = Expiry.anyAt(call, 2, unit);
    boolean conditional =
        call.is(3, "nx") || call.is(3, "xx") || call.is(3, "gt") || call.is(3, "lt");
    List<Bytes> fields = fields(call, conditional ? 4 : 3);
    HashValue hash = call.hash(call.arg(1));
    var replies = new ArrayList<Reply>();
    boolean changed = false;
    for (Bytes field : fields) {
      if (hash == null || hash.get(field) == null) {
        replies.add(ABSENT);
      } else if (conditional && !holds(call, hash.expiresAt(field), at)) {
        replies.add(Reply.ZERO);
      } else {
        expire(call, hash, field, at);
        changed = true;
        replies.add(hash.get(field) == null ? Reply.of(2) : Reply.ONE);
      }
    }
    if (hash != null && changed) {
      call.keys().expiriesChanged(call.arg(1), hash);
    }
    return Reply.of(replies);
  }

  /**
   * Whether the condition at index 3 holds. No expiry is later than every time for LT; GT does not
   * hold for it.
   */
  private static boolean holds(Call call, long present, long wanted) {
    boolean expires = present != Value.NEVER;
    return call.is(3, "nx")
        ? !expires
        : call.is(3, "xx")
            ? expires
            : call.is(3, "gt") ? expires && wanted > present : !expires || wanted < present;
  }

  /**
   * HPERSIST key FIELDS count field [field …].
   *
   * @return for each field: -2 if it is not there, -1 if it does not expire, 1 if it did
   */
  private static Reply persist(Call call) {
    List<Bytes> fields = fields(call, 2);
    HashValue hash = call.hash(call.arg(1));
    var replies = new ArrayList<Reply>();
    boolean changed = false;
    for (Bytes field : fields) {
      if (hash == null || hash.get(field) == null) {
        replies.add(ABSENT);
      } else {
        boolean expired = persist(call, hash, field);
        changed |= expired;
        replies.add(expired ? Reply.ONE : LASTING);
      }
    }
    if (hash != null && changed) {
      call.keys().expiriesChanged(call.arg(1), hash);
    }
    return Reply.of(replies);
  }

  /** HTTL and HPTTL: how long fields have still, never less than zero. */
  private static Reply left(Call call, LongUnaryOperator unit) {
    long now = call.keys().now();
    return time(call, at -> unit.applyAsLong(Math.max(0, at - now)));
  }

  /**
   * When fields expire.
   *
   * @param unit makes the unit of the reply of ms
   */
  private static Reply time(Call call, LongUnaryOperator unit) {
    List<Bytes> fields = fields(call, 2);
    HashValue hash = call.hash(call.arg(1));
    var replies = new ArrayList<Reply>();
    for (Bytes field : fields) {
      if (hash == null || hash.get(field) == null) {
        replies.add(ABSENT);
      } else {
        long at = hash.expiresAt(field);
        replies.add(at == Value.NEVER ? LASTING : Reply.of(unit.applyAsLong(at)));
      }
    }
    return Reply.of(replies);
  }
}
