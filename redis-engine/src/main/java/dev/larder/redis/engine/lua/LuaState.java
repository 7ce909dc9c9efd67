package dev.larder.redis.engine.lua;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LoadState;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaThread;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.compiler.LuaC;
import org.luaj.vm2.compiler.ScriptCompiler;
import org.luaj.vm2.lib.VarArgFunction;

/**
 * The world that the scripts of one engine run in, one at a time. They share its tables, which none
 * of them can change.
 *
 * <p>It is LuaJ's compiler and interpreter with libraries of its own, and used under the lock of
 * its engine. Before each run the clock of the budget starts, chance is seeded with the same
 * number, and no frame is left; so a script finds nothing of the one before it. KEYS and ARGV are
 * the only globals that change.
 */
final class LuaState {
  /** The name of every script. */
  static final String CHUNK = "user_script";

  private static final int OPCODE = 0x3f;
  private static final LuaValue KEYS = LuaValue.valueOf("KEYS");
  private static final LuaValue ARGV = LuaValue.valueOf("ARGV");

  /** The state whose script this thread runs: methods of strings belong to all states. */
  private static final ThreadLocal<LuaState> RUNNING = new ThreadLocal<>();

  private final StrictGlobals globals = new StrictGlobals();
  private final Budget budget;
  private final Frames frames;
  private final Function<Bytes[], Reply> commands;
  private final LuaValue next;
  private final LuaValue nextIndex;
  private Random random = new Random(0);
  private boolean resp3;

  /** What is given the functions of the library that is loaded, if one is. */
  private @Nullable Consumer<LuaArguments> registering;

  /**
   * A state.
   *
   * @param commands runs the commands of scripts
   */
  LuaState(Budget budget, Function<Bytes[], Reply> commands) {
    this.budget = budget;
    this.commands = commands;
    this.frames = new Frames(budget);
    LoadState.install(globals);
    LuaC.install(globals);
    var compiler = new ScriptCompiler();
    globals.compiler = (source, name) -> withFrames(compiler.compile(source, name));
    globals.running = new LuaThread(globals);
    BaseLibrary.addTo(this, globals);
    next = globals.rawget("next");
    nextIndex = indexer();
    globals.rawset("_G", globals);
    globals.rawset("_VERSION", LuaValue.valueOf("Lua 5.1"));
    ReadOnlyTable strings = library("string", StringLibrary::addTo);
    library("table", TableLibrary::addTo);
    library("math", MathLibrary::addTo);
    library("bit", BitLibrary::addTo);
    library("cjson", JsonLibrary::addTo);
    library("struct", StructLibrary::addTo);
    library("cmsgpack", MessagePackLibrary::addTo);
    library("redis", RedisLibrary::addTo);
    Methods.install(strings);
    frames.install(globals);
    globals.seal();
  }

  /**
   * Makes calls of tail calls: LuaJ runs those once the function that makes them has returned, and
   * then nobody knows where an error was.
   */
  private static Prototype withFrames(Prototype function) {
    for (int i = 0; i < function.code.length; i++) {
      if ((function.code[i] & OPCODE) == Lua.OP_TAILCALL) {
        function.code[i] = (function.code[i] & ~OPCODE) | Lua.OP_CALL;
      }
    }
    for (Prototype inner : function.p) {
      withFrames(inner);
    }
    return function;
  }

  /** Adds a library under a name, sealed. */
  private ReadOnlyTable library(String name, BiConsumer<LuaState, LuaTable> functions) {
    var table = new ReadOnlyTable();
    functions.accept(this, table);
    table.seal();
    globals.rawset(name, table);
    return table;
  }

  /** Where scripts find their globals: what is not there is an error, and nothing can be added. */
  private static final class StrictGlobals extends Globals {
    private boolean sealed;

    /** Refuses new globals, and unknown ones, from now on. */
    void seal() {
      sealed = true;
    }

    @Override
    public LuaValue get(LuaValue key) {
      LuaValue value = rawget(key);
      if (value.isnil() && sealed) {
        throw running()
            .error(
                "Script attempted to access nonexistent global variable '%s'"
                    .formatted(key.tojstring()));
      }
      return value;
    }

    @Override
    public void set(LuaValue key, LuaValue value) {
      if (sealed) {
        throw readOnly();
      }
      super.set(key, value);
    }

    @Override
    public void set(int key, LuaValue value) {
      set(LuaValue.valueOf(key), value);
    }
  }

  /** What all strings have in common: the functions of the state that runs. */
  private static final class Methods {
    /**
     * Sets the metatable of all strings of this JVM, once. LuaJ has one for all states, so its
     * functions look for the state that runs in this thread.
     */
    static void install(ReadOnlyTable functions) {
      synchronized (Methods.class) {
        if (LuaString.s_metatable != null) {
          return;
        }
        var methods = new ReadOnlyTable();
        for (LuaValue method : functions.keys()) {
          methods.rawset(
              method,
              new VarArgFunction() {
                @Override
                public Varargs invoke(Varargs arguments) {
                  return running().globals.rawget("string").rawget(method).invoke(arguments);
                }
              });
        }
        methods.seal();
        var metatable = new ReadOnlyTable();
        metatable.rawset(LuaValue.INDEX, methods);
        metatable.seal();
        LuaString.s_metatable = metatable;
      }
    }
  }

  /** The function that {@code ipairs} returns. */
  private LuaValue indexer() {
    return new VarArgFunction() {
      @Override
      public Varargs invoke(Varargs arguments) {
        int index = arguments.arg(2).toint() + 1;
        LuaValue value = arguments.arg1().rawget(index);
        return value.isnil() ? LuaValue.NIL : varargsOf(LuaValue.valueOf(index), value);
      }
    };
  }

  /**
   * Compiles a script.
   *
   * @throws org.luaj.vm2.LuaError if it cannot be compiled
   */
  Prototype compile(byte[] source) {
    try {
      return globals.compilePrototype(new ByteArrayInputStream(source), "@" + CHUNK);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Runs a script with its keys and arguments.
   *
   * <p>What it raises is for the caller to catch: {@link org.luaj.vm2.LuaError}, {@link
   * StackOverflowError} and {@link ScriptKilled}.
   *
   * @return the first value that the script returns
   */
  LuaValue run(Prototype script, LuaTable keys, LuaTable arguments) {
    globals.rawset(KEYS, keys);
    globals.rawset(ARGV, arguments);
    return guarded(() -> new LuaClosure(script, globals).call());
  }

  /**
   * Runs something as a script: with a new budget, the first random numbers, and this state as the
   * one that runs.
   */
  private LuaValue guarded(Supplier<LuaValue> body) {
    random = new Random(0);
    resp3 = false;
    frames.clear();
    budget.begin();
    RUNNING.set(this);
    try {
      return body.get();
    } finally {
      RUNNING.remove();
    }
  }

  /**
   * Runs the source of a library, which registers functions.
   *
   * @param registrar given each function: what it was registered with
   */
  void load(Prototype library, Consumer<LuaArguments> registrar) {
    registering = registrar;
    try {
      run(library, new LuaTable(), new LuaTable());
    } finally {
      registering = null;
    }
  }

  /** Calls a function of a library. There are no globals for its keys and arguments. */
  LuaValue call(LuaValue function, LuaTable keys, LuaTable arguments) {
    globals.rawset(KEYS, LuaValue.NIL);
    globals.rawset(ARGV, LuaValue.NIL);
    return guarded(() -> function.call(keys, arguments));
  }

  /** The state whose script this thread runs. */
  private static LuaState running() {
    return RUNNING.get();
  }

  /** The error for a change of a shared table. */
  static ScriptError readOnly() {
    return running().error("Attempt to modify a readonly table");
  }

  /** An error where the innermost function is. */
  ScriptError error(String text) {
    byte[] bytes = (frames.position(1) + text).getBytes(StandardCharsets.UTF_8);
    return new ScriptError(LuaArguments.string(bytes), frames.line(1));
  }

  /** Fails if scripts cannot change a table. */
  void checkWritable(LuaTable table) {
    if (table.raweq(globals) || (table instanceof ReadOnlyTable shared && shared.isSealed())) {
      throw new ScriptError(LuaValue.valueOf("Attempt to modify a readonly table"), frames.line(1));
    }
  }

  /** Runs a command for the script. */
  Reply run(Bytes[] command) {
    return commands.apply(command);
  }

  /** Where the script is. */
  Frames frames() {
    return frames;
  }

  /** What the script may use. */
  Budget budget() {
    return budget;
  }

  /** What scripts find without a table. */
  Globals globals() {
    return globals;
  }

  /** The function {@code next}, which {@code pairs} returns. */
  LuaValue next() {
    return next;
  }

  /** The function that {@code ipairs} returns, one for all calls. */
  LuaValue nextIndex() {
    return nextIndex;
  }

  /** Whence {@code math.random} takes chance: the same numbers in each run, as in Redis. */
  RandomGenerator random() {
    return random;
  }

  /** Begins another row of random numbers, for this run. */
  void seed(long seed) {
    random = new Random(seed);
  }

  /** Registers a function; fails if no library is loaded. */
  void register(LuaArguments arguments) {
    Consumer<LuaArguments> registrar = registering;
    if (registrar == null) {
      throw arguments.error("redis.register_function can only be called on FUNCTION LOAD command");
    }
    registrar.accept(arguments);
  }

  /** Whether nil is nil for this script. */
  boolean resp3() {
    return resp3;
  }

  /** Chooses the version of the protocol for this run. */
  void setResp3(boolean wanted) {
    resp3 = wanted;
  }
}
