package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.command.Call;
import dev.larder.redis.engine.command.CommandException;
import dev.larder.redis.engine.command.CommandSpec;
import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.command.Executor;
import dev.larder.redis.engine.command.Flag;
import dev.larder.redis.engine.command.KeyPositions;
import dev.larder.redis.engine.lua.Scripts.Script;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** EVAL and its relatives, and SCRIPT. */
public final class ScriptCommands {
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

  private final Scripts scripts = new Scripts();
  private final LuaState state;
  private final Predicate<String> allowed;
  private final Predicate<CommandSpec> hasRoom;
  private @Nullable Executor executor;
  private boolean readOnly;

  /**
   * The commands of one engine.
   *
   * @param millis how long a script may run
   * @param bytes how much memory a script may allocate
   * @param allowed whether a script of this digest may be run
   * @param hasRoom whether a command may take memory now
   */
  public ScriptCommands(
      long millis, long bytes, Predicate<String> allowed, Predicate<CommandSpec> hasRoom) {
    this.allowed = allowed;
    this.hasRoom = hasRoom;
    this.state = new LuaState(new Budget(millis, bytes), this::command);
  }

  /** Adds them to a table. */
  public void addTo(CommandTable table) {
    var keys = KeyPositions.counted(2, false);
    Set<Flag> writing = Set.of(Flag.SCRIPT, Flag.NO_SCRIPT, Flag.WRITE);
    Set<Flag> reading = Set.of(Flag.SCRIPT, Flag.NO_SCRIPT, Flag.READ);
    table.add("eval", -3, writing, keys, call -> evaluate(call, source(call), false));
    table.add("eval_ro", -3, reading, keys, call -> evaluate(call, source(call), true));
    table.add("evalsha", -3, writing, keys, call -> evaluate(call, known(call), false));
    table.add("evalsha_ro", -3, reading, keys, call -> evaluate(call, known(call), true));
    Set<Flag> admin = Set.of(Flag.NO_SCRIPT);
    table.add("script|load", 3, admin, KeyPositions.NONE, this::load);
    table.add("script|exists", -3, admin, KeyPositions.NONE, this::exist);
    table.add("script|flush", -2, admin, KeyPositions.NONE, this::flush);
    table.add("script|kill", 2, admin, KeyPositions.NONE, ScriptCommands::kill);
  }

  private byte[] source(Call call) {
    return call.arg(1).array();
  }

  private Script script(byte[] source) {
    String digest = Scripts.sha1(source);
    if (!allowed.test(digest)) {
      throw new CommandException(
          "NOPERM the script %s is not among those that may be run here".formatted(digest));
    }
    Script known = scripts.get(digest);
    if (known != null) {
      return known;
    }
    ScriptHeader header = ScriptHeader.of(source);
    try {
      var script = new Script(digest, header, state.compile(header.without(source)));
      scripts.put(script);
      return script;
    } catch (LuaError e) {
      throw new CommandException(
          "ERR Error compiling script (new function): "
              + Errors.ofCompiler(String.valueOf(e.getMessage())).replace('\n', ' '));
    } catch (NumberFormatException e) {
      throw new CommandException(
          "ERR Error compiling script (new function): user_script: malformed number");
    } catch (StackOverflowError e) {
      throw new CommandException(
          "ERR Error compiling script (new function): chunk has too many syntax levels");
    }
  }

  private Script known(Call call) {
    Script script = scripts.get(call.arg(1).toString().toLowerCase(Locale.ROOT));
    if (script == null) {
      throw new CommandException("NOSCRIPT No matching script. Please use EVAL.");
    }
    return script;
  }

  private Reply evaluate(Call call, byte[] source, boolean onlyRead) {
    int keys = keys(call);
    return run(call, script(source), keys, onlyRead);
  }

  private Reply evaluate(Call call, Script script, boolean onlyRead) {
    return run(call, script, keys(call), onlyRead);
  }

  private static int keys(Call call) {
    long keys = call.integer(2);
    if (keys > call.size() - 3) {
      throw new CommandException("ERR Number of keys can't be greater than number of args");
    }
    if (keys < 0) {
      throw new CommandException("ERR Number of keys can't be negative");
    }
    return (int) keys;
  }

  private Reply run(Call call, Script script, int keys, boolean onlyRead) {
    if (onlyRead && script.header().declared() && !script.header().noWrites()) {
      throw new CommandException(
          "ERR Can not execute a script with write flag using *_ro command.");
    }
    executor = call.executor();
    readOnly = onlyRead || script.header().noWrites();
    // What the commands of the script changed was logged by them.
    call.logNothing();
    try {
      return LuaReplies.fromLua(
          state.run(
              script.code(), strings(call, 3, 3 + keys), strings(call, 3 + keys, call.size())));
    } catch (LuaError e) {
      return failed(Errors.translate(e), script);
    } catch (StackOverflowError e) {
      int line = Math.max(1, state.frames().line(1));
      String text = LuaState.CHUNK + ":" + line + ": stack overflow";
      return failed(new ScriptError(LuaValue.valueOf(text), line), script);
    } catch (ScriptKilled e) {
      return new Reply.SimpleError("ERR Script killed: " + e.getMessage());
    } finally {
      executor = null;
    }
  }

  private static LuaTable strings(Call call, int from, int to) {
    var table = new LuaTable(to - from, 0);
    for (int i = from; i < to; i++) {
      table.rawset(i - from + 1, LuaArguments.string(call.arg(i)));
    }
    return table;
  }

  private static Reply failed(ScriptError error, Script script) {
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
      text =
          "%s script: %s, on @%s:%d."
              .formatted(text, script.digest(), LuaState.CHUNK, error.line());
    }
    return new Reply.SimpleError(Bytes.wrap(text.getBytes(ISO_8859_1)));
  }

  /** Runs a command of the script that runs. */
  private Reply command(Bytes[] parts) {
    Executor running = executor;
    if (running == null) {
      throw new IllegalStateException("no script runs");
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

  private Reply load(Call call) {
    return Reply.of(Bytes.of(script(call.arg(2).array()).digest()));
  }

  private Reply exist(Call call) {
    var answers = new ArrayList<Reply>();
    for (int i = 2; i < call.size(); i++) {
      String digest = call.arg(i).toString().toLowerCase(Locale.ROOT);
      answers.add(Reply.of(scripts.get(digest) != null));
    }
    return Reply.of(answers);
  }

  private Reply flush(Call call) {
    if (call.size() > 3 || (call.size() == 3 && !call.is(2, "sync") && !call.is(2, "async"))) {
      throw new CommandException("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
    }
    scripts.clear();
    return Reply.OK;
  }

  private static Reply kill(Call call) {
    throw new CommandException("NOTBUSY No scripts in execution right now.");
  }
}
