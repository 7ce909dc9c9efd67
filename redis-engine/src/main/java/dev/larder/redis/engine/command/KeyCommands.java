package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.FAST;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.SEARCH;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.Set;

/**
 * Keys, whatever they hold.
 *
 * <p>DEL, UNLINK, EXISTS, TOUCH, TYPE, RENAME, RENAMENX, COPY, RANDOMKEY, DBSIZE, FLUSHDB and
 * FLUSHALL. There is one database, so FLUSHALL does what FLUSHDB does. What is removed leaves at
 * once in UNLINK, too: the collector of the JVM frees its memory later.
 *
 * <p>They are journalled as they were sent.
 */
final class KeyCommands {
  private KeyCommands() {}

  static void addTo(CommandTable table) {
    table.add("del", -2, Set.of(WRITE), KeyPositions.ALL, KeyCommands::del);
    table.add("unlink", -2, Set.of(WRITE), KeyPositions.ALL, KeyCommands::del);
    table.add("exists", -2, Set.of(READ, FAST), KeyPositions.ALL, KeyCommands::exists);
    table.add("touch", -2, Set.of(READ), KeyPositions.ALL, KeyCommands::exists);
    table.add("type", 2, Set.of(READ, FAST), KeyPositions.FIRST, KeyCommands::type);
    var two = KeyPositions.range(1, 2, 1);
    table.add("rename", 3, Set.of(WRITE), two, KeyCommands::rename);
    table.add("renamenx", 3, Set.of(WRITE), two, KeyCommands::renameNx);
    table.add("copy", -3, Set.of(WRITE, DENY_OOM), two, KeyCommands::copy);
    Set<Flag> search = Set.of(READ, SEARCH);
    table.add("randomkey", 1, search, KeyPositions.NONE, KeyCommands::randomKey);
    table.add("dbsize", 1, Set.of(READ), KeyPositions.NONE, KeyCommands::dbSize);
    table.add("flushdb", -1, Set.of(WRITE), KeyPositions.NONE, KeyCommands::flush);
    table.add("flushall", -1, Set.of(WRITE), KeyPositions.NONE, KeyCommands::flush);
  }

  /**
   * DEL key [key …].
   *
   * @return how many keys were there
   */
  private static Reply del(Call call) {
    int removed = 0;
    for (int i = 1; i < call.size(); i++) {
      removed += call.keys().remove(call.arg(i)) ? 1 : 0;
    }
    return Reply.of(removed);
  }

  /** EXISTS and TOUCH key [key …]. A key that is named twice counts twice; each counts as used. */
  private static Reply exists(Call call) {
    int there = 0;
    for (int i = 1; i < call.size(); i++) {
      there += call.value(call.arg(i)) == null ? 0 : 1;
    }
    return Reply.of(there);
  }

  /** TYPE key: the type's name, or {@code none}. */
  private static Reply type(Call call) {
    Value value = call.keys().peek(call.arg(1));
    return Reply.simple(value == null ? "none" : value.type());
  }

  /**
   * RENAME key key. The value keeps its expiry; what was under the new key is replaced.
   *
   * @throws CommandException if there is no such key
   */
  private static Reply rename(Call call) {
    Value value = existing(call);
    if (!call.arg(1).equals(call.arg(2))) {
      move(call, value);
    }
    return Reply.OK;
  }

  /**
   * RENAMENX key key.
   *
   * @return 1 if it was renamed, 0 if the new key is there already
   */
  private static Reply renameNx(Call call) {
    Value value = existing(call);
    if (call.value(call.arg(2)) != null) {
      return Reply.ZERO;
    }
    move(call, value);
    return Reply.ONE;
  }

  /**
   * The value of the key at index 1.
   *
   * @throws CommandException if there is none
   */
  private static Value existing(Call call) {
    Value value = call.value(call.arg(1));
    if (value == null) {
      throw new CommandException("ERR no such key");
    }
    return value;
  }

  /** Takes a value from the key at index 1 to that at index 2. */
  private static void move(Call call, Value value) {
    call.keys().remove(call.arg(1));
    call.keys().put(call.arg(2), value);
  }

  /**
   * COPY key key [DB 0] [REPLACE]. The copy expires when the original does, and shares nothing that
   * changes.
   *
   * @return 1 if it was copied, 0 if there is no such key, or the new one is there without REPLACE
   */
  private static Reply copy(Call call) {
    boolean replace = false;
    for (int i = 3; i < call.size(); i++) {
      if (call.is(i, "replace")) {
        replace = true;
      } else if (call.is(i, "db") && i + 1 < call.size()) {
        // There is one database, and its number is that of every other one.
        if (call.integer(++i) != 0) {
          throw new CommandException("ERR DB index is out of range");
        }
      } else {
        throw CommandException.syntax();
      }
    }
    if (call.arg(1).equals(call.arg(2))) {
      throw new CommandException("ERR source and destination objects are the same");
    }
    Value value = call.value(call.arg(1));
    if (value == null || (call.value(call.arg(2)) != null && !replace)) {
      return Reply.ZERO;
    }
    call.keys().put(call.arg(2), value.copy(), value.expiresAt());
    return Reply.ONE;
  }

  /** RANDOMKEY: each key with the same probability; nil if there is none. */
  private static Reply randomKey(Call call) {
    // Keys whose time has come are removed by being looked at.
    while (!call.keys().values().isEmpty()) {
      Bytes key = call.keys().values().sample(call.random());
      if (call.keys().peek(key) != null) {
        return Reply.of(key);
      }
    }
    return Reply.NIL;
  }

  /** DBSIZE: keys that expired and were not looked at since are counted, as in Redis. */
  private static Reply dbSize(Call call) {
    return Reply.of(call.keys().size());
  }

  /** FLUSHDB and FLUSHALL [ASYNC|SYNC]; both words mean the same here. */
  private static Reply flush(Call call) {
    if (call.size() > 2 || (call.size() == 2 && !call.is(1, "async") && !call.is(1, "sync"))) {
      throw CommandException.syntax();
    }
    call.keys().clear();
    return Reply.OK;
  }
}
