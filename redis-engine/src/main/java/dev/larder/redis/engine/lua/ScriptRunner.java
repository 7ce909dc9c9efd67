package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.command.Call;
import dev.larder.redis.engine.command.CommandException;
import dev.larder.redis.engine.command.CommandSpec;
import dev.larder.redis.engine.command.Executor;
import dev.larder.redis.engine.command.Flag;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;

/**
 * Compiles and runs what is written in Lua: scripts, and functions of libraries.
 *
 * <p>It stands between scripts and the engine: it gives commands to the executor of the call that
 * runs a script, refuses those that scripts may not call, and turns what scripts raise into errors
 * for clients. A command of a script that lacks memory is refused by itself; the script may go on.
 */
final class ScriptRunner {
  /** What Redis knows, this engine does not, and no script may call. */
  private static final Set<String> NOT_ALLOWED =
      Set.of(
          "multi",
          "exec",
          "discard",
          "watch",
          "unwatch",
          "subscribe",
          "psubscribe",
          "ssubscribe",
          "unsubscribe",
          "punsubscribe",
          "sunsubscribe",
          "auth",
          "hello",
          "monitor",
          "config",
          "client",
          "debug",
          "shutdown",
          "save",
          "bgsave",
          "bgrewriteaof",
          "sync",
          "psync",
          "replicaof",
          "slaveof",
          "migrate",
          "module",
          "acl",
          "latency",
          "slowlog",
          "reset",
          "quit");

  private final LuaState state;
  private final Predicate<CommandSpec> hasRoom;
  private @Nullable Executor executor;
  private boolean readOnly;

  /**
   * A runner for one engine.
   *
   * @param hasRoom whether a command may take memory now
   */
  ScriptRunner(Budget budget, Predicate<CommandSpec> hasRoom) {
    this.hasRoom = hasRoom;
    this.state = new LuaState(budget, this::command);
  }

  /** What scripts run in. */
  LuaState state() {
    return state;
  }

  /**
   * Compiles a source.
   *
   * @param what it is, for the error
   * @throws CommandException if it cannot be compiled
   */
  Prototype compile(byte[] source, String what) {
    try {
      return state.compile(source);
    } catch (LuaError e) {
      throw new CommandException(
          "ERR Error compiling %s: %s"
              .formatted(
                  what, Errors.ofCompiler(String.valueOf(e.getMessage())).replace('\n', ' ')));
    } catch (NumberFormatException e) {
      throw new CommandException(
          "ERR Error compiling %s: user_script: malformed number".formatted(what));
    } catch (StackOverflowError e) {
      throw new CommandException(
          "ERR Error compiling %s: chunk has too many syntax levels".formatted(what));
    }
  }

  /**
   * Runs something, whose commands are those of a call.
   *
   * @param call the command that runs it, which is not journalled itself
   * @param name of it, for errors
   * @param onlyRead whether it may not write
   * @param body runs it, and returns its value
   * @return its value as a reply, or an error
   */
  Reply run(Call call, String name, boolean onlyRead, Supplier<LuaValue> body) {
    executor = call.executor();
    readOnly = onlyRead;
    // What the commands of the script changed was logged by them.
    call.logNothing();
    try {
      return LuaReplies.fromLua(body.get());
    } catch (LuaError e) {
      return failed(Errors.translate(e), name);
    } catch (StackOverflowError e) {
      int line = Math.max(1, state.frames().line(1));
      String text = LuaState.CHUNK + ":" + line + ": stack overflow";
      return failed(new ScriptError(LuaValue.valueOf(text), line), name);
    } catch (ScriptKilled e) {
      return new Reply.SimpleError("ERR Script killed: " + e.getMessage());
    } finally {
      executor = null;
    }
  }

  /**
   * The number of keys of a call, whose number is at index 2.
   *
   * @throws CommandException if it is none, negative, or more than there are arguments
   */
  static int keys(Call call) {
    long keys = call.integer(2);
    if (keys > call.size() - 3) {
      throw new CommandException("ERR Number of keys can't be greater than number of args");
    }
    if (keys < 0) {
      throw new CommandException("ERR Number of keys can't be negative");
    }
    return (int) keys;
  }

  /**
   * Parts of a call as a table.
   *
   * @param from the index of the first
   * @param to the index after the last
   */
  static LuaTable strings(Call call, int from, int to) {
    var table = new LuaTable(to - from, 0);
    for (int i = from; i < to; i++) {
      table.rawset(i - from + 1, LuaArguments.string(call.arg(i)));
    }
    return table;
  }

  /** The error for a client: one line, with the script and the line of it. */
  private static Reply failed(ScriptError error, String name) {
    LuaValue value = error.value();
    LuaString said;
    if (value instanceof LuaTable table) {
      said =
          table.rawget("err") instanceof LuaString text
              ? text
              : LuaValue.valueOf("ERR unknown error");
    } else {
      said = LuaValue.valueOf("ERR ").concat(BaseLibrary.text(value)).strvalue();
    }
    String text = new String(LuaReplies.line(said).array(), ISO_8859_1);
    if (error.line() > 0) {
      text = "%s script: %s, on @%s:%d.".formatted(text, name, LuaState.CHUNK, error.line());
    }
    return new Reply.SimpleError(Bytes.wrap(text.getBytes(ISO_8859_1)));
  }

  /**
   * Runs a command of the script that runs.
   *
   * @return its reply, or an error that the script may catch
   */
  private Reply command(Bytes[] parts) {
    Executor running = executor;
    if (running == null) {
      return new Reply.SimpleError("ERR Commands cannot be called while a library is loaded");
    }
    CommandSpec spec = running.table().lookup(parts);
    if (spec == null && NOT_ALLOWED.contains(parts[0].toString().toLowerCase(Locale.ROOT))) {
      return new Reply.SimpleError("ERR This Redis command is not allowed from script");
    }
    if (spec == null) {
      return new Reply.SimpleError("ERR Unknown Redis command called from script");
    }
    if (!spec.takes(parts.length)) {
      return new Reply.SimpleError("ERR Wrong number of args calling Redis command from script");
    }
    if (spec.is(Flag.NO_SCRIPT)) {
      return new Reply.SimpleError("ERR This Redis command is not allowed from script");
    }
    if (readOnly && spec.is(Flag.WRITE)) {
      return new Reply.SimpleError("ERR Write commands are not allowed from read-only scripts.");
    }
    if (!hasRoom.test(spec)) {
      return new Reply.SimpleError("OOM command not allowed when used memory > 'maxmemory'.");
    }
    return running.run(spec, parts);
  }
}
