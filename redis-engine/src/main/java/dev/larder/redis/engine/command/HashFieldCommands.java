package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.command.Expiry.Unit;
import dev.larder.redis.engine.data.HashValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fields that are read or written and removed or given an expiry at once, as Redis 8 has it.
 *
 * <p>HGETDEL, HGETEX and HSETEX. HGETDEL is journalled as it was sent; the others as HSET,
 * HPEXPIREAT, HPERSIST and HDEL, with absolute times. All parts are read before a field is changed.
 */
final class HashFieldCommands {
  private static final Bytes HSET = Bytes.of("HSET");

  private HashFieldCommands() {}

  static void addTo(CommandTable table) {
    var key = KeyPositions.FIRST;
    table.add("hgetdel", -5, Set.of(WRITE), key, HashFieldCommands::getDel);
    table.add("hgetex", -5, Set.of(WRITE), key, HashFieldCommands::getEx);
    table.add("hsetex", -6, Set.of(WRITE, DENY_OOM), key, HashFieldCommands::setEx);
  }

  /**
   * The options before FIELDS.
   *
   * @param at when fields expire, in ms of the epoch, or {@link Value#NEVER} if that was not said
   * @param keep whether they do not expire any more (HGETEX), or as before (HSETEX)
   * @param absent whether none of the fields may be there
   * @param present whether all of them must be
   * @param fields the index of FIELDS
   */
  private record Options(long at, boolean keep, boolean absent, boolean present, int fields) {
    /**
     * Reads the options from index 2 on.
     *
     * @param keeping the word for no new expiry: {@code persist} of HGETEX or {@code keepttl} of
     *     HSETEX
     * @throws CommandException if one is unknown, or excludes one before it
     */
    static Options read(Call call, String keeping) {
      long at = Value.NEVER;
      boolean keep = false;
      boolean absent = false;
      boolean present = false;
      int i = 2;
      while (i < call.size() && !call.is(i, "fields")) {
        Unit unit = unit(call, i);
        if (unit != null && i + 1 < call.size() && at == Value.NEVER && !keep) {
          at = Expiry.at(call, ++i, unit);
        } else if (call.is(i, keeping) && at == Value.NEVER && !keep) {
          keep = true;
        } else if (keeping.equals("keepttl") && call.is(i, "fnx") && !present) {
          absent = true;
        } else if (keeping.equals("keepttl") && call.is(i, "fxx") && !absent) {
          present = true;
        } else {
          throw CommandException.quoting(
              "ERR unknown argument: " + CommandException.quoted(call.arg(i)));
        }
        i++;
      }
      return new Options(at, keep, absent, present, i);
    }

    /** The unit that the part at an index names, or null. */
    private static @Nullable Unit unit(Call call, int index) {
      for (Unit unit : Unit.values()) {
        if (call.is(index, unit.name().toLowerCase(Locale.ROOT))) {
          return unit;
        }
      }
      return null;
    }
  }

  /** The value of a field, or nil. */
  private static Reply value(@Nullable HashValue hash, Bytes field) {
    Bytes value = hash == null ? null : hash.get(field);
    return value == null ? Reply.NIL : Reply.of(value);
  }

  /**
   * HGETDEL key FIELDS count field [field …].
   *
   * @return the values that the fields had, nil for those that were not there
   */
  private static Reply getDel(Call call) {
    List<Bytes> fields = HashExpiryCommands.fields(call, 2);
    HashValue hash = call.hash(call.arg(1));
    var values = new ArrayList<Reply>();
    boolean changed = false;
    for (Bytes field : fields) {
      values.add(value(hash, field));
      changed |= hash != null && hash.remove(field);
    }
    if (hash != null && changed) {
      call.keys().changed(call.arg(1), hash);
    }
    return Reply.of(values);
  }

  /**
   * HGETEX key [EX s|PX ms|EXAT s|PXAT ms|PERSIST] FIELDS count field [field …]. Without an option
   * it only reads.
   */
  private static Reply getEx(Call call) {
    var options = Options.read(call, "persist");
    List<Bytes> fields = HashExpiryCommands.fields(call, options.fields);
    HashValue hash = call.hash(call.arg(1));
    var values = new ArrayList<Reply>();
    boolean changed = false;
    for (Bytes field : fields) {
      values.add(value(hash, field));
      if (hash != null && hash.get(field) != null) {
        if (options.keep) {
          changed |= HashExpiryCommands.persist(call, hash, field);
        } else if (options.at != Value.NEVER) {
          HashExpiryCommands.expire(call, hash, field, options.at);
          changed = true;
        }
      }
    }
    if (hash != null && changed) {
      call.keys().expiriesChanged(call.arg(1), hash);
    }
    return Reply.of(values);
  }

  /**
   * HSETEX key [FNX|FXX] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL] FIELDS count field value [field value
   * …]. Either all fields are set, or none.
   *
   * @return 1 if they were set, 0 if FNX or FXX does not hold
   */
  private static Reply setEx(Call call) {
    var options = Options.read(call, "keepttl");
    int first = options.fields + 2;
    if (options.fields + 1 >= call.size()) {
      throw new CommandException(
          "ERR Mandatory argument FIELDS is missing or not at the right position");
    }
    long count =
        call.positive(options.fields + 1, "ERR Parameter `numFields` should be greater than 0");
    if (count > call.size() || count * 2 != call.size() - first) {
      throw new CommandException(
          "ERR The `numfields` parameter must match the number of arguments");
    }
    HashValue present = call.hash(call.arg(1));
    for (int i = first; i < call.size(); i += 2) {
      boolean there = present != null && present.get(call.arg(i)) != null;
      if ((options.absent && there) || (options.present && !there)) {
        return Reply.ZERO;
      }
    }
    HashValue hash = present == null ? new HashValue() : present;
    for (int i = first; i < call.size(); i += 2) {
      Bytes field = call.arg(i);
      long before = hash.expiresAt(field);
      hash.put(field, call.arg(i + 1));
      call.log(HSET, call.arg(1), field, call.arg(i + 1));
      long at = options.keep ? before : options.at;
      if (at != Value.NEVER) {
        HashExpiryCommands.expire(call, hash, field, at);
      }
    }
    if (present == null && !hash.isEmpty()) {
      call.keys().put(call.arg(1), hash);
    } else if (present != null) {
      call.keys().expiriesChanged(call.arg(1), hash);
    }
    return Reply.ONE;
  }
}
