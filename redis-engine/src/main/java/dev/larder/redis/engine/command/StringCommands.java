package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.FAST;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.command.Expiry.Unit;
import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Strings: GET, SET and their relatives.
 *
 * <p>GET, SET, SETNX, SETEX, PSETEX, GETSET, GETDEL, GETEX, MGET, MSET, MSETNX, APPEND, STRLEN,
 * SETRANGE, GETRANGE and SUBSTR. A string counts 64 bytes and the array it is in.
 *
 * <p>What sets a whole string is journalled as SET, with PXAT and ms of the epoch if it expires, or
 * as DEL if that is past. MSET, MSETNX, APPEND and SETRANGE are journalled as they were sent.
 */
final class StringCommands {
  /** Bytes that one string may have. */
  static final int MOST = 512 << 20;

  private static final Bytes SET = Bytes.of("SET");
  private static final Bytes PXAT = Bytes.of("PXAT");
  private static final Bytes DEL = Bytes.of("DEL");

  private StringCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    table.add("get", 2, Set.of(READ, FAST), KeyPositions.FIRST, StringCommands::get);
    table.add("set", -3, growing, KeyPositions.FIRST, StringCommands::set);
    table.add("setnx", 3, growing, KeyPositions.FIRST, StringCommands::setNx);
    table.add("setex", 4, growing, KeyPositions.FIRST, c -> setFor(c, Unit.EX));
    table.add("psetex", 4, growing, KeyPositions.FIRST, c -> setFor(c, Unit.PX));
    table.add("getset", 3, growing, KeyPositions.FIRST, StringCommands::getSet);
    table.add("getdel", 2, Set.of(WRITE), KeyPositions.FIRST, StringCommands::getDel);
    table.add("getex", -2, Set.of(WRITE), KeyPositions.FIRST, StringCommands::getEx);
    table.add("mget", -2, Set.of(READ, FAST), KeyPositions.ALL, StringCommands::mget);
    var pairs = KeyPositions.range(1, -1, 2);
    table.add("mset", -3, growing, pairs, StringCommands::mset);
    table.add("msetnx", -3, growing, pairs, StringCommands::msetNx);
    table.add("append", 3, growing, KeyPositions.FIRST, StringCommands::append);
    table.add("strlen", 2, Set.of(READ, FAST), KeyPositions.FIRST, StringCommands::strlen);
    table.add("setrange", 4, growing, KeyPositions.FIRST, StringCommands::setRange);
    table.add("getrange", 4, Set.of(READ), KeyPositions.FIRST, StringCommands::getRange);
    table.add("substr", 4, Set.of(READ), KeyPositions.FIRST, StringCommands::getRange);
  }

  private static Reply get(Call call) {
    return replyOf(call.string(call.arg(1)));
  }

  /** The bytes of a string, or nil. */
  private static Reply replyOf(@Nullable StringValue string) {
    return string == null ? Reply.NIL : Reply.of(string.bytes());
  }

  /**
   * SET key value [NX|XX] [GET] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL].
   *
   * @return OK, or nil if the condition does not hold; with GET the value before in either case
   */
  private static Reply set(Call call) {
    var options = SetOptions.read(call, 3, true);
    long at = options.expiresAt(call);
    Bytes key = call.arg(1);
    Reply old = options.get() ? replyOf(call.string(key)) : Reply.NIL;
    Value present = call.value(key);
    if ((options.nx() && present != null) || (options.xx() && present == null)) {
      return old;
    }
    if (options.keepTtl() && present != null) {
      at = present.expiresAt();
    }
    store(call, key, call.arg(2), at);
    return options.get() ? old : Reply.OK;
  }

  /**
   * Sets a string, and logs it with its absolute expiry.
   *
   * @param at in ms of the epoch, or {@link Value#NEVER}; a time that is past removes the key
   */
  static void store(Call call, Bytes key, Bytes value, long at) {
    if (Expiry.isPast(call, at)) {
      call.keys().remove(key);
      call.log(DEL, key);
      return;
    }
    call.keys().put(key, new StringValue(value), at);
    if (at == Value.NEVER) {
      call.log(SET, key, value);
    } else {
      call.log(SET, key, value, PXAT, Bytes.of(at));
    }
  }

  /**
   * SETNX key value.
   *
   * @return 1 if it was set, 0 if the key was there, whatever its type
   */
  private static Reply setNx(Call call) {
    if (call.value(call.arg(1)) != null) {
      return Reply.ZERO;
    }
    store(call, call.arg(1), call.arg(2), Value.NEVER);
    return Reply.ONE;
  }

  /** SETEX key s value, and PSETEX key ms value. */
  private static Reply setFor(Call call, Unit unit) {
    store(call, call.arg(1), call.arg(3), Expiry.at(call, 2, unit));
    return Reply.OK;
  }

  /** GETSET key value; the expiry before is not kept. */
  private static Reply getSet(Call call) {
    Reply old = get(call);
    store(call, call.arg(1), call.arg(2), Value.NEVER);
    return old;
  }

  /** GETDEL key: the value, and the key is gone. */
  private static Reply getDel(Call call) {
    Reply old = get(call);
    if (call.keys().remove(call.arg(1))) {
      call.log(DEL, call.arg(1));
    }
    return old;
  }

  /**
   * GETEX key [EX s|PX ms|EXAT s|PXAT ms|PERSIST]. It is journalled as PEXPIREAT, PERSIST or DEL.
   */
  private static Reply getEx(Call call) {
    var options = SetOptions.read(call, 2, false);
    Bytes key = call.arg(1);
    StringValue string = call.string(key);
    if (string == null) {
      return Reply.NIL;
    }
    long at = options.expiresAt(call);
    Reply reply = Reply.of(string.bytes());
    if (at != Value.NEVER && Expiry.isPast(call, at)) {
      call.keys().remove(key);
      call.log(DEL, key);
    } else if (at != Value.NEVER || (options.persist() && string.expiresAt() != Value.NEVER)) {
      ExpiryCommands.expire(call, key, string, at);
    }
    return reply;
  }

  /** MGET key [key …]: nil for what is not there or is no string. */
  private static Reply mget(Call call) {
    var values = new ArrayList<Reply>(call.size() - 1);
    for (int i = 1; i < call.size(); i++) {
      values.add(call.value(call.arg(i)) instanceof StringValue s ? replyOf(s) : Reply.NIL);
    }
    return Reply.of(values);
  }

  /**
   * MSET key value [key value …]; no key expires then.
   *
   * @throws CommandException if a value is missing
   */
  private static Reply mset(Call call) {
    if (call.size() % 2 == 0) {
      throw CommandException.arity(call.name());
    }
    for (int i = 1; i < call.size(); i += 2) {
      call.keys().put(call.arg(i), new StringValue(call.arg(i + 1)), Value.NEVER);
    }
    return Reply.OK;
  }

  /**
   * MSETNX key value [key value …]: all keys, or none.
   *
   * @return 1 if they were set, 0 if one of them was there
   */
  private static Reply msetNx(Call call) {
    if (call.size() % 2 == 0) {
      throw CommandException.arity(call.name());
    }
    for (int i = 1; i < call.size(); i += 2) {
      if (call.value(call.arg(i)) != null) {
        return Reply.ZERO;
      }
    }
    mset(call);
    return Reply.ONE;
  }

  /**
   * APPEND key piece, in time that grows with the piece on average; with the string if it was read
   * since the last change.
   *
   * @return the length after it, in bytes
   */
  private static Reply append(Call call) {
    Bytes key = call.arg(1);
    StringValue string = call.string(key);
    if (string == null) {
      string = new StringValue(call.arg(2));
      call.keys().put(key, string);
    } else {
      checkLength((long) string.length() + call.arg(2).length());
      string.write(string.length(), call.arg(2));
      call.keys().changed(key, string);
    }
    return Reply.of(string.length());
  }

  private static Reply strlen(Call call) {
    StringValue string = call.string(call.arg(1));
    return Reply.of(string == null ? 0 : string.length());
  }

  /**
   * SETRANGE key offset piece. What is between the end and the offset becomes zeros; no bytes
   * change nothing, not even a key that is not there.
   *
   * @return the length after it, in bytes
   */
  private static Reply setRange(Call call) {
    long offset = call.integer(2);
    if (offset < 0) {
      throw new CommandException("ERR offset is out of range");
    }
    Bytes key = call.arg(1);
    Bytes piece = call.arg(3);
    StringValue string = call.string(key);
    if (piece.length() == 0) {
      return Reply.of(string == null ? 0 : string.length());
    }
    checkLength(offset > MOST ? Long.MAX_VALUE : offset + piece.length());
    if (string == null) {
      string = new StringValue(Bytes.EMPTY);
      call.keys().put(key, string);
    }
    string.write((int) offset, piece);
    call.keys().changed(key, string);
    return Reply.of(string.length());
  }

  /** GETRANGE and SUBSTR key start end, both included. Negative ones count from the end. */
  private static Reply getRange(Call call) {
    long start = call.integer(2);
    long end = call.integer(3);
    StringValue string = call.string(call.arg(1));
    if (string == null || (start < 0 && end < 0 && start > end)) {
      return Reply.of(Bytes.EMPTY);
    }
    int length = string.length();
    long from = Math.max(0, start < 0 ? length + start : start);
    long to = Math.min(Math.max(0, end < 0 ? length + end : end), length - 1L);
    return Reply.of(
        from > to || length == 0
            ? Bytes.EMPTY
            : from == 0 && to == length - 1
                ? string.bytes()
                : string.slice((int) from, (int) to + 1));
  }

  /** Fails if a string would have more than 512 MB. */
  static void checkLength(long length) {
    if (length > MOST) {
      throw new CommandException("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    }
  }
}
