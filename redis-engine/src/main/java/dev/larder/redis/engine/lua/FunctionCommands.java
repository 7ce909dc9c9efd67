package dev.larder.redis.engine.lua;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.redis.engine.command.Call;
import dev.larder.redis.engine.command.CommandException;
import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.command.Flag;
import dev.larder.redis.engine.command.Glob;
import dev.larder.redis.engine.command.KeyPositions;
import dev.larder.redis.engine.lua.FunctionLibrary.Function;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaFunction;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * FUNCTION and FCALL: libraries of functions, which last as keys do.
 *
 * <p>FUNCTION LOAD, DELETE, FLUSH, LIST, STATS and KILL, FCALL and FCALL_RO. A library is a source
 * whose first line names it; loading it runs it once, and it registers functions by {@code
 * redis.register_function}. A call of one runs under the lock of the engine, in the budget of a
 * script.
 *
 * <p>What is journalled is FUNCTION LOAD REPLACE with the source, FUNCTION DELETE and FUNCTION
 * FLUSH; what functions change is journalled by their commands. Libraries are not counted as
 * memory; there are 1000 at most.
 */
final class FunctionCommands {
  /** How many libraries there may be. */
  private static final int MOST = 1000;

  /** What a function may declare. Only {@code no-writes} has an effect here. */
  private static final Set<String> FLAGS =
      Set.of(
          "no-writes",
          "allow-oom",
          "allow-stale",
          "no-cluster",
          "allow-cross-slot-keys",
          "allow-key-locking");

  private static final Reply NOT_BUSY =
      new Reply.SimpleError("NOTBUSY No scripts in execution right now.");

  private static final Bytes FUNCTION = Bytes.of("FUNCTION");
  private static final Bytes LOAD = Bytes.of("LOAD");
  private static final Bytes REPLACE = Bytes.of("REPLACE");

  private final ScriptRunner runner;
  private final Map<String, FunctionLibrary> libraries = new LinkedHashMap<>();

  /** The functions of all libraries: their names are unique among all. */
  private final Map<String, Function> functions = new LinkedHashMap<>();

  /** Functions that this runner runs. */
  FunctionCommands(ScriptRunner runner) {
    this.runner = runner;
  }

  /** Adds the commands to a table. None may be called by a script. */
  void addTo(CommandTable table) {
    var keys = KeyPositions.counted(2, false);
    var none = KeyPositions.NONE;
    Set<Flag> writing = Set.of(Flag.SCRIPT, Flag.NO_SCRIPT, Flag.WRITE);
    Set<Flag> reading = Set.of(Flag.SCRIPT, Flag.NO_SCRIPT, Flag.READ);
    table.add("fcall", -3, writing, keys, call -> call(call, false));
    table.add("fcall_ro", -3, reading, keys, call -> call(call, true));
    Set<Flag> loading = Set.of(Flag.SCRIPT, Flag.NO_SCRIPT, Flag.WRITE, Flag.DENY_OOM);
    table.add("function|load", -3, loading, none, this::load);
    table.add("function|delete", 3, writing, none, this::delete);
    table.add("function|flush", -2, writing, none, this::flush);
    table.add("function|list", -2, reading, none, this::list);
    table.add("function|stats", 2, reading, none, call -> stats());
    table.add("function|kill", 2, Set.of(Flag.NO_SCRIPT), none, call -> NOT_BUSY);
  }

  /**
   * FCALL and FCALL_RO function count [key …] [argument …].
   *
   * @param onlyRead whether commands that write are refused
   */
  private Reply call(Call call, boolean onlyRead) {
    Function function = functions.get(call.arg(1).toString());
    if (function == null) {
      throw new CommandException("ERR Function not found");
    }
    int keys;
    try {
      keys = ScriptRunner.keys(call);
    } catch (CommandException e) {
      boolean number = !e.reply().text().toString().contains("integer");
      throw number ? e : new CommandException("ERR Bad number of keys provided");
    }
    return runner.run(
        call,
        function.name(),
        onlyRead || function.onlyReads(),
        () ->
            runner
                .state()
                .call(
                    function.callback(),
                    ScriptRunner.strings(call, 3, 3 + keys),
                    ScriptRunner.strings(call, 3 + keys, call.size())));
  }

  /**
   * FUNCTION LOAD [REPLACE] source. The old library stays until the new one has registered its
   * functions without an error.
   *
   * @return the name of the library
   * @throws CommandException if it cannot be compiled or run, registers nothing, or takes names
   *     that others have
   */
  private Reply load(Call call) {
    boolean replace = call.size() == 4 && call.is(2, "replace");
    if (call.size() > 4 || (call.size() == 4 && !replace)) {
      throw CommandException.quoting(
          "ERR Unknown option given: " + new String(call.arg(2).array(), ISO_8859_1));
    }
    Bytes source = call.arg(call.size() - 1);
    String name = LibraryHeader.name(source);
    FunctionLibrary old = libraries.get(name);
    if (old != null && !replace) {
      throw CommandException.quoting("ERR Library '%s' already exists".formatted(name));
    }
    if (old == null && libraries.size() >= MOST) {
      throw new CommandException("ERR there are %d libraries already".formatted(MOST));
    }
    List<Function> registered = registered(source);
    if (registered.isEmpty()) {
      throw new CommandException("ERR No functions registered");
    }
    for (Function function : registered) {
      boolean others =
          functions.containsKey(function.name())
              && (old == null
                  || old.functions().stream().noneMatch(f -> f.name().equals(function.name())));
      if (others) {
        throw CommandException.quoting("ERR Function %s already exists".formatted(function.name()));
      }
    }
    if (old != null) {
      remove(old);
    }
    libraries.put(name, new FunctionLibrary(name, source, registered));
    registered.forEach(function -> functions.put(function.name(), function));
    call.log(FUNCTION, LOAD, REPLACE, source);
    return Reply.of(Bytes.of(name));
  }

  /** Runs a source and collects what it registers. It may call no commands meanwhile. */
  private List<Function> registered(Bytes source) {
    var code = runner.compile(LibraryHeader.without(source), "function");
    var registered = new ArrayList<Function>();
    try {
      runner
          .state()
          .load(
              code,
              arguments -> {
                Function function = read(arguments);
                if (registered.stream().anyMatch(f -> f.name().equals(function.name()))) {
                  throw arguments.error("Function already exists in the library");
                }
                registered.add(function);
              });
    } catch (LuaError e) {
      throw new CommandException(
          "ERR Error registering functions: "
              + BaseLibrary.text(Errors.translate(e).value()).tojstring());
    } catch (StackOverflowError e) {
      throw new CommandException("ERR Error registering functions: stack overflow");
    } catch (ScriptKilled e) {
      throw new CommandException("ERR Error registering functions: " + e.getMessage());
    }
    return registered;
  }

  /**
   * What {@code register_function} was given: a name and a function, or a table.
   *
   * @throws LuaError if it is none of these
   */
  private static Function read(LuaArguments a) {
    if (a.count() < 1 || a.count() > 2) {
      throw a.error("wrong number of arguments to redis.register_function");
    }
    LuaValue name = a.value(1);
    LuaValue callback = a.value(2);
    Bytes description = null;
    var flags = new ArrayList<String>();
    if (a.count() == 1) {
      if (!(name instanceof LuaTable options)) {
        throw a.error(
            "calling redis.register_function with a single argument is only applicable to Lua table"
                + " (representing named arguments).");
      }
      name = options.rawget("function_name");
      callback = options.rawget("callback");
      if (options.rawget("description") instanceof LuaString text) {
        description = Bytes.wrap(LuaArguments.bytes(text));
      }
      flags(a, options.rawget("flags"), flags);
    }
    if (!(name instanceof LuaString named)) {
      throw a.error("first argument to redis.register_function must be a string");
    }
    if (!(callback instanceof LuaFunction)) {
      throw a.error("second argument to redis.register_function must be a function");
    }
    return new Function(named.tojstring(), callback, description, flags);
  }

  /** Reads the flags of a function. */
  private static void flags(LuaArguments a, LuaValue wanted, List<String> flags) {
    if (wanted.isnil()) {
      return;
    }
    if (!(wanted instanceof LuaTable table)) {
      throw a.error(
          "flags argument to redis.register_function must be a table representing function flags");
    }
    for (int i = 1; !table.rawget(i).isnil(); i++) {
      String flag = table.rawget(i).tojstring();
      if (!FLAGS.contains(flag)) {
        throw a.error("unknown flag given");
      }
      flags.add(flag);
    }
  }

  /** Forgets a library with its functions. */
  private void remove(FunctionLibrary library) {
    libraries.remove(library.name());
    library.functions().forEach(function -> functions.remove(function.name()));
  }

  /** FUNCTION DELETE library. */
  private Reply delete(Call call) {
    FunctionLibrary library = libraries.get(call.arg(2).toString());
    if (library == null) {
      throw new CommandException("ERR Library not found");
    }
    remove(library);
    call.log(call.parts());
    return Reply.OK;
  }

  /** FUNCTION FLUSH [ASYNC|SYNC]; both words mean the same here. */
  private Reply flush(Call call) {
    if (call.size() > 3 || (call.size() == 3 && !call.is(2, "sync") && !call.is(2, "async"))) {
      throw new CommandException("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
    }
    libraries.clear();
    functions.clear();
    call.log(call.parts());
    return Reply.OK;
  }

  /** FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]. */
  private Reply list(Call call) {
    Glob glob = new Glob(Bytes.of("*"));
    boolean withCode = false;
    for (int i = 2; i < call.size(); i++) {
      if (call.is(i, "withcode")) {
        withCode = true;
      } else if (call.is(i, "libraryname") && i + 1 < call.size()) {
        glob = new Glob(call.arg(++i));
      } else if (call.is(i, "libraryname")) {
        throw new CommandException("ERR library name argument was not given");
      } else {
        throw CommandException.quoting(
            "ERR Unknown argument " + new String(call.arg(i).array(), ISO_8859_1));
      }
    }
    var shown = new ArrayList<Reply>();
    for (FunctionLibrary library : libraries.values()) {
      if (glob.matches(Bytes.of(library.name()))) {
        shown.add(shown(library, withCode));
      }
    }
    return Reply.of(shown);
  }

  private static Reply text(String text) {
    return Reply.of(Bytes.of(text));
  }

  /** Names and values in turn, as Redis 7.0 shows a library. */
  private static Reply shown(FunctionLibrary library, boolean withCode) {
    var functions = new ArrayList<Reply>();
    for (Function function : library.functions()) {
      Bytes description = function.description();
      functions.add(
          Reply.of(
              List.of(
                  text("name"),
                  text(function.name()),
                  text("description"),
                  description == null ? Reply.NIL : Reply.of(description),
                  text("flags"),
                  Reply.of(function.flags().stream().map(Reply::simple).toList()))));
    }
    var fields =
        new ArrayList<Reply>(
            List.of(
                text("library_name"),
                text(library.name()),
                text("engine"),
                text("LUA"),
                text("functions"),
                Reply.of(functions)));
    if (withCode) {
      fields.add(text("library_code"));
      fields.add(Reply.of(library.source()));
    }
    return Reply.of(fields);
  }

  /** FUNCTION STATS. No script is ever seen running: commands wait for it to end. */
  private Reply stats() {
    return Reply.of(
        List.of(
            text("running_script"),
            Reply.NIL,
            text("engines"),
            Reply.of(
                List.of(
                    text("LUA"),
                    Reply.of(
                        List.of(
                            text("libraries_count"),
                            Reply.of(libraries.size()),
                            text("functions_count"),
                            Reply.of(functions.size())))))));
  }
}
