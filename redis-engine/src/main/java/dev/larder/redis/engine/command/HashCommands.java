package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.FAST;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.HashValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hashes: fields with values under one key.
 *
 * <p>HSET, HMSET, HSETNX, HGET, HMGET, HDEL, HLEN, HSTRLEN, HEXISTS, HKEYS, HVALS, HGETALL,
 * HINCRBY, HINCRBYFLOAT, HRANDFIELD and HSCAN. Fields are shown in the order in which they were set
 * first. A field that is set does not expire any more; one that is counted with expires as before.
 * A hash without fields is removed with its key.
 *
 * <p>The numbers are journalled as HSET with the result, and HPEXPIREAT if the field expires;
 * everything else as it was sent. {@link HashValue} counts 96 bytes for each field beside its
 * bytes.
 */
final class HashCommands {
  private static final Bytes HSET = Bytes.of("HSET");

  private HashCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    Set<Flag> read = Set.of(READ);
    Set<Flag> fast = Set.of(READ, FAST);
    var key = KeyPositions.FIRST;
    table.add("hset", -4, growing, key, HashCommands::set);
    table.add("hmset", -4, growing, key, HashCommands::setAll);
    table.add("hsetnx", 4, growing, key, HashCommands::setNx);
    table.add("hget", 3, fast, key, HashCommands::get);
    table.add("hmget", -3, fast, key, HashCommands::getAllOf);
    table.add("hdel", -3, Set.of(WRITE), key, HashCommands::del);
    table.add("hlen", 2, fast, key, HashCommands::len);
    table.add("hstrlen", 3, fast, key, HashCommands::strlen);
    table.add("hexists", 3, fast, key, HashCommands::exists);
    table.add("hkeys", 2, read, key, call -> all(call, true, false));
    table.add("hvals", 2, read, key, call -> all(call, false, true));
    table.add("hgetall", 2, read, key, call -> all(call, true, true));
    table.add("hincrby", 4, growing, key, HashCommands::incrBy);
    table.add("hincrbyfloat", 4, growing, key, HashCommands::incrByFloat);
    table.add("hrandfield", -2, read, key, HashCommands::randField);
    table.add("hscan", -3, read, key, HashCommands::scan);
  }

  /**
   * HSET key field value [field value …].
   *
   * @return how many fields are new
   */
  private static Reply set(Call call) {
    return Reply.of(setFields(call));
  }

  /** HMSET, the older form of HSET, which answers OK. */
  private static Reply setAll(Call call) {
    setFields(call);
    return Reply.OK;
  }

  /**
   * Sets the pairs from index 2 on.
   *
   * @throws CommandException if a value is missing, before any field is set
   */
  private static int setFields(Call call) {
    if (call.size() % 2 != 0) {
      throw CommandException.arity(call.name());
    }
    HashValue hash = orNew(call);
    int added = 0;
    for (int i = 2; i < call.size(); i += 2) {
      added += hash.put(call.arg(i), call.arg(i + 1)) ? 1 : 0;
    }
    call.keys().changed(call.arg(1), hash);
    return added;
  }

  /** The hash of the key at index 1; an empty one is put there if there is none. */
  private static HashValue orNew(Call call) {
    HashValue hash = call.hash(call.arg(1));
    if (hash == null) {
      hash = new HashValue();
      call.keys().put(call.arg(1), hash);
    }
    return hash;
  }

  /**
   * HSETNX key field value.
   *
   * @return 1 if the field was not there, 0 if it stays as it is
   */
  private static Reply setNx(Call call) {
    HashValue present = call.hash(call.arg(1));
    if (present != null && present.get(call.arg(2)) != null) {
      return Reply.ZERO;
    }
    HashValue hash = orNew(call);
    hash.put(call.arg(2), call.arg(3));
    call.keys().changed(call.arg(1), hash);
    return Reply.ONE;
  }

  /** The value of the field that the part at an index names, or null. */
  private static @Nullable Bytes value(Call call, int index) {
    HashValue hash = call.hash(call.arg(1));
    return hash == null ? null : hash.get(call.arg(index));
  }

  private static Reply orNil(@Nullable Bytes value) {
    return value == null ? Reply.NIL : Reply.of(value);
  }

  private static Reply get(Call call) {
    return orNil(value(call, 2));
  }

  /** HMGET key field [field …]: nil for each that is not there. */
  private static Reply getAllOf(Call call) {
    HashValue hash = call.hash(call.arg(1));
    var values = new ArrayList<Reply>(call.size() - 2);
    for (int i = 2; i < call.size(); i++) {
      values.add(hash == null ? Reply.NIL : orNil(hash.get(call.arg(i))));
    }
    return Reply.of(values);
  }

  /**
   * HDEL key field [field …].
   *
   * @return how many fields were there
   */
  private static Reply del(Call call) {
    HashValue hash = call.hash(call.arg(1));
    if (hash == null) {
      return Reply.ZERO;
    }
    int removed = 0;
    for (int i = 2; i < call.size(); i++) {
      removed += hash.remove(call.arg(i)) ? 1 : 0;
    }
    if (removed > 0) {
      call.keys().changed(call.arg(1), hash);
    }
    return Reply.of(removed);
  }

  private static Reply len(Call call) {
    HashValue hash = call.hash(call.arg(1));
    return Reply.of(hash == null ? 0 : hash.fields().size());
  }

  private static Reply strlen(Call call) {
    Bytes value = value(call, 2);
    return Reply.of(value == null ? 0 : value.length());
  }

  private static Reply exists(Call call) {
    return Reply.of(value(call, 2) != null);
  }

  /** HKEYS, HVALS and HGETALL: the fields, the values, or both in turn. */
  private static Reply all(Call call, boolean fields, boolean values) {
    HashValue hash = call.hash(call.arg(1));
    if (hash == null) {
      return Reply.EMPTY_ARRAY;
    }
    var all = new ArrayList<Reply>(hash.fields().size() * 2);
    hash.fields()
        .forEach((field, value) -> {
          if (fields) {
            all.add(Reply.of(field));
          }
          if (values) {
            all.add(Reply.of(value));
          }
        });
    return Reply.of(all);
  }

  /**
   * HINCRBY key field number; no field counts as zero.
   *
   * @throws CommandException if the value is no integer, or the sum does not fit into 64 bits
   */
  private static Reply incrBy(Call call) {
    long by = call.integer(3);
    Bytes present = value(call, 2);
    long value =
        present == null
            ? 0
            : Numbers.integer(present)
                .orElseThrow(() -> new CommandException("ERR hash value is not an integer"));
    long sum = CounterCommands.sum(value, by);
    replace(call, Bytes.of(sum));
    return Reply.of(sum);
  }

  /**
   * HINCRBYFLOAT key field number, in the arithmetic of {@link ExtendedDouble}.
   *
   * @throws CommandException if either is no number, or the sum is not finite
   */
  private static Reply incrByFloat(Call call) {
    ExtendedDouble by = ExtendedDouble.read(call.arg(3));
    if (by.isInfinite()) {
      throw new CommandException("ERR value is NaN or Infinity");
    }
    Bytes present = value(call, 2);
    ExtendedDouble value =
        present == null
            ? ExtendedDouble.ZERO
            : ExtendedDouble.parse(present)
                .orElseThrow(() -> new CommandException("ERR hash value is not a float"));
    Bytes sum =
        value
            .plus(by)
            .orElseThrow(() -> new CommandException("ERR increment would produce NaN or Infinity"));
    replace(call, sum);
    return Reply.of(sum);
  }

  /** Sets the field at index 2 without touching its expiry, and logs both. */
  private static void replace(Call call, Bytes value) {
    HashValue hash = orNew(call);
    hash.replace(call.arg(2), value);
    call.keys().changed(call.arg(1), hash);
    call.log(HSET, call.arg(1), call.arg(2), value);
    HashExpiryCommands.logExpiry(call, hash, call.arg(2));
  }

  /** HRANDFIELD key [count [WITHVALUES]]. A negative count lets fields repeat. */
  private static Reply randField(Call call) {
    var options = Sampling.read(call, "withvalues");
    HashValue hash = call.hash(call.arg(1));
    if (hash == null) {
      return options.ofNothing();
    }
    return options.of(
        hash.fields(), (shown, field) -> shown.add(orNil(hash.get(field))), call.random());
  }

  /**
   * HSCAN key cursor [MATCH pattern] [COUNT count]. A hash of up to 128 fields is shown in one
   * step.
   */
  private static Reply scan(Call call) {
    return ScanCommands.scanInside(
        call,
        Call::hash,
        HashValue::fields,
        (List<Reply> found, Bytes v) -> found.add(Reply.of(v)),
        128);
  }
}
