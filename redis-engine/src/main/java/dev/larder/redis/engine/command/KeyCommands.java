package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.SEARCH;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.Set;

/** Keys, whatever they hold. */
final class KeyCommands {
  private KeyCommands() {}

  static void addTo(CommandTable table) {
    table.add("del", -2, Set.of(WRITE), KeyPositions.ALL, KeyCommands::del);
    table.add("unlink", -2, Set.of(WRITE), KeyPositions.ALL, KeyCommands::del);
    table.add("exists", -2, Set.of(READ), KeyPositions.ALL, KeyCommands::exists);
    table.add("touch", -2, Set.of(READ), KeyPositions.ALL, KeyCommands::exists);
    table.add("type", 2, Set.of(READ), KeyPositions.FIRST, KeyCommands::type);
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

  private static Reply del(Call call) {
    int removed = 0;
    for (int i = 1; i < call.size(); i++) {
      removed += call.keys().remove(call.arg(i)) ? 1 : 0;
    }
    return Reply.of(removed);
  }

  private static Reply exists(Call call) {
    int there = 0;
    for (int i = 1; i < call.size(); i++) {
      there += call.value(call.arg(i)) == null ? 0 : 1;
    }
    return Reply.of(there);
  }

  private static Reply type(Call call) {
    Value value = call.keys().peek(call.arg(1));
    return Reply.simple(value == null ? "none" : value.type());
  }

  private static Reply rename(Call call) {
    Value value = existing(call);
    if (!call.arg(1).equals(call.arg(2))) {
      move(call, value);
    }
    return Reply.OK;
  }

  private static Reply renameNx(Call call) {
    Value value = existing(call);
    if (call.value(call.arg(2)) != null) {
      return Reply.ZERO;
    }
    move(call, value);
    return Reply.ONE;
  }

  private static Value existing(Call call) {
    Value value = call.value(call.arg(1));
    if (value == null) {
      throw new CommandException("ERR no such key");
    }
    return value;
  }

  private static void move(Call call, Value value) {
    call.keys().remove(call.arg(1));
    call.keys().put(call.arg(2), value);
  }

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

  private static Reply dbSize(Call call) {
    return Reply.of(call.keys().size());
  }

  private static Reply flush(Call call) {
    if (call.size() > 2 || (call.size() == 2 && !call.is(1, "async") && !call.is(1, "sync"))) {
      throw CommandException.syntax();
    }
    call.keys().clear();
    return Reply.OK;
  }
}
