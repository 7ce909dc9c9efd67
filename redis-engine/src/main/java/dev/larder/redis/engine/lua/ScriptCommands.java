package dev.larder.redis.engine.lua;

import dev.larder.redis.engine.command.Call;
import dev.larder.redis.engine.command.CommandException;
import dev.larder.redis.engine.command.CommandSpec;
import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.command.Flag;
import dev.larder.redis.engine.command.KeyPositions;
import dev.larder.redis.engine.lua.Scripts.Script;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * EVAL and its relatives, and SCRIPT.
 *
 * <p>EVAL, EVALSHA and both with {@code _RO}, SCRIPT LOAD, EXISTS, FLUSH and KILL; the commands of
 * functions come with them. A script is a unit of the journal: what it changed is there as the
 * commands that it called, each as its effect, and its source is not. What it did before an error
 * stays done.
 *
 * <p>Compiled scripts are kept by their digest, the 1000 used last, and forgotten when the engine
 * is closed. Everything is used under the lock of the engine.
 */
public final class ScriptCommands {
  private final Scripts scripts = new Scripts();
  private final ScriptRunner runner;

  /**
   * The commands of one engine.
   *
   * @param millis how long a script may run
   * @param bytes how much memory a script may allocate
   * @param hasRoom whether a command may take memory now
   */
  public ScriptCommands(long millis, long bytes, Predicate<CommandSpec> hasRoom) {
    this.runner = new ScriptRunner(new Budget(millis, bytes), hasRoom);
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
    new FunctionCommands(runner).addTo(table);
  }

  /** The source of EVAL. */
  private byte[] source(Call call) {
    return call.arg(1).array();
  }

  /**
   * The script of a source, compiled if it is not known.
   *
   * @throws CommandException if it may not be run, or cannot be compiled
   */
  private Script script(byte[] source) {
    String digest = Scripts.sha1(source);
    Script known = scripts.get(digest);
    if (known != null) {
      return known;
    }
    ScriptHeader header = ScriptHeader.of(source);
    var script =
        new Script(digest, header, runner.compile(header.without(source), "script (new function)"));
    scripts.put(script);
    return script;
  }

  /**
   * The script of EVALSHA.
   *
   * @throws CommandException with {@code NOSCRIPT} if it is not known
   */
  private Script known(Call call) {
    Script script = scripts.get(call.arg(1).toString().toLowerCase(Locale.ROOT));
    if (script == null) {
      throw new CommandException("NOSCRIPT No matching script. Please use EVAL.");
    }
    return script;
  }

  /** The number of keys is checked before anything is compiled. */
  private Reply evaluate(Call call, byte[] source, boolean onlyRead) {
    int keys = ScriptRunner.keys(call);
    return run(call, script(source), keys, onlyRead);
  }

  private Reply evaluate(Call call, Script script, boolean onlyRead) {
    return run(call, script, ScriptRunner.keys(call), onlyRead);
  }

  /**
   * Runs a script with its KEYS and ARGV.
   *
   * @param keys how many of the arguments are keys
   * @param onlyRead whether commands that write are refused, beside what the script declares
   */
  private Reply run(Call call, Script script, int keys, boolean onlyRead) {
    if (onlyRead && script.header().declared() && !script.header().noWrites()) {
      throw new CommandException(
          "ERR Can not execute a script with write flag using *_ro command.");
    }
    return runner.run(
        call,
        script.digest(),
        onlyRead || script.header().noWrites(),
        () ->
            runner
                .state()
                .run(
                    script.code(),
                    ScriptRunner.strings(call, 3, 3 + keys),
                    ScriptRunner.strings(call, 3 + keys, call.size())));
  }

  /** SCRIPT LOAD source: its digest. It is not run. */
  private Reply load(Call call) {
    return Reply.of(Bytes.of(script(call.arg(2).array()).digest()));
  }

  /** SCRIPT EXISTS digest [digest …]: one or zero for each. */
  private Reply exist(Call call) {
    var answers = new ArrayList<Reply>();
    for (int i = 2; i < call.size(); i++) {
      String digest = call.arg(i).toString().toLowerCase(Locale.ROOT);
      answers.add(Reply.of(scripts.get(digest) != null));
    }
    return Reply.of(answers);
  }

  /** SCRIPT FLUSH [ASYNC|SYNC]; both words mean the same here. */
  private Reply flush(Call call) {
    if (call.size() > 3 || (call.size() == 3 && !call.is(2, "sync") && !call.is(2, "async"))) {
      throw new CommandException("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
    }
    scripts.clear();
    return Reply.OK;
  }

  /** SCRIPT KILL: a script is over before another command is run, so there is never one. */
  private static Reply kill(Call call) {
    throw new CommandException("NOTBUSY No scripts in execution right now.");
  }
}
