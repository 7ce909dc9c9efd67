package dev.larder.redis.engine.lua;

import static org.luaj.vm2.LuaValue.NIL;
import static org.luaj.vm2.LuaValue.NONE;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.nio.charset.StandardCharsets;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The functions of {@code redis}.
 *
 * <p>{@code call}, {@code pcall}, {@code sha1hex}, {@code status_reply}, {@code error_reply},
 * {@code log}, {@code setresp}, {@code register_function}, and constants. What chooses how scripts
 * are replicated is taken and does nothing: their effects are always journalled. {@code log} checks
 * its arguments and writes nowhere.
 */
final class RedisLibrary {
  private static final Bytes NO_ARGUMENTS =
      Bytes.of("ERR Please specify at least one argument for this redis lib call");
  private static final Bytes BAD_ARGUMENTS =
      Bytes.of("ERR Lua redis lib command arguments must be strings or integers");

  private RedisLibrary() {}

  /** Fills the table. */
  static void addTo(LuaState state, LuaTable table) {
    table.rawset("LOG_DEBUG", LuaValue.valueOf(0));
    table.rawset("LOG_VERBOSE", LuaValue.valueOf(1));
    table.rawset("LOG_NOTICE", LuaValue.valueOf(2));
    table.rawset("LOG_WARNING", LuaValue.valueOf(3));
    table.rawset("REPL_NONE", LuaValue.valueOf(0));
    table.rawset("REPL_SLAVE", LuaValue.valueOf(2));
    table.rawset("REPL_REPLICA", LuaValue.valueOf(2));
    table.rawset("REPL_AOF", LuaValue.valueOf(1));
    table.rawset("REPL_ALL", LuaValue.valueOf(3));
    table.rawset("REDIS_VERSION", LuaValue.valueOf("7.0.15"));
    table.rawset("REDIS_VERSION_NUM", LuaValue.valueOf(0x0007000f));
    new Library(state, table)
        .add("call", RedisLibrary::call)
        .add("pcall", a -> LuaReplies.toLua(run(a), a.state().resp3()))
        .add("sha1hex", RedisLibrary::sha1)
        .add("status_reply", a -> reply(a, "ok"))
        .add("error_reply", a -> reply(a, "err"))
        .add("log", RedisLibrary::log)
        .add("setresp", RedisLibrary::setResp)
        .add(
            "register_function",
            a -> {
              a.state().register(a);
              return NONE;
            })
        .add("set_repl", a -> NONE)
        .add("replicate_commands", a -> LuaValue.TRUE)
        .add("breakpoint", a -> LuaValue.FALSE)
        .add("debug", a -> NONE);
  }

  /** {@code redis.call(name, …)}: an error reply is raised. */
  private static Varargs call(LuaArguments a) {
    Reply reply = run(a);
    if (reply instanceof Reply.SimpleError(Bytes text)) {
      throw raised(a, text);
    }
    return LuaReplies.toLua(reply, a.state().resp3());
  }

  /** An error as a table, with the place where it was raised, as Redis 7 has it. */
  private static ScriptError raised(LuaArguments a, Bytes text) {
    int line = a.state().frames().line(1);
    LuaTable error = LuaReplies.table("err", text);
    error.rawset("source", LuaValue.valueOf("@" + LuaState.CHUNK));
    error.rawset("line", LuaValue.valueOf(line));
    return new ScriptError(error, line);
  }

  /** Runs a command under the lock that the script has. Numbers are written with 17 digits. */
  private static Reply run(LuaArguments a) {
    if (a.count() == 0) {
      return new Reply.SimpleError(NO_ARGUMENTS);
    }
    var parts = new Bytes[a.count()];
    for (int i = 0; i < parts.length; i++) {
      LuaValue value = a.value(i + 1);
      if (value instanceof LuaString string) {
        parts[i] = Bytes.wrap(LuaArguments.bytes(string));
      } else if (value instanceof LuaNumber) {
        parts[i] = Bytes.of(Numbers.general(value.todouble(), 17));
      } else {
        return new Reply.SimpleError(BAD_ARGUMENTS);
      }
    }
    return a.state().run(parts);
  }

  /** {@code redis.sha1hex(text)}, in lower case. */
  private static Varargs sha1(LuaArguments a) {
    if (a.count() != 1) {
      throw raised(a, Bytes.of("ERR wrong number of arguments"));
    }
    return LuaValue.valueOf(Scripts.sha1(a.bytes(1)));
  }

  /** A table that is a status or an error when the script returns it. */
  private static Varargs reply(LuaArguments a, String name) {
    if (a.count() != 1 || !(a.value(1) instanceof LuaString text)) {
      return LuaReplies.table("err", Bytes.of("ERR wrong number or type of arguments"));
    }
    if (name.equals("ok")) {
      return LuaReplies.table(name, Bytes.wrap(LuaArguments.bytes(text)));
    }
    return LuaReplies.table(name, coded(LuaArguments.bytes(text)));
  }

  /** An error begins with a code: the one it has, or that of any error. */
  private static Bytes coded(byte[] text) {
    String said = new String(text, StandardCharsets.ISO_8859_1);
    String coded =
        said.startsWith("-") ? said.substring(1) : said.indexOf(' ') < 0 ? "ERR " + said : said;
    return Bytes.wrap(coded.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** {@code redis.log(level, text, …)}. */
  private static Varargs log(LuaArguments a) {
    if (a.count() < 2) {
      throw raised(a, Bytes.of("ERR redis.log() requires two arguments or more."));
    }
    if (!(a.value(1) instanceof LuaNumber)) {
      throw raised(a, Bytes.of("ERR First argument must be a number (log level)."));
    }
    long level = a.integer(1);
    if (level < 0 || level > 3) {
      throw raised(a, Bytes.of("ERR Invalid debug level."));
    }
    return NIL;
  }

  /** {@code redis.setresp(2|3)}, for the rest of this run. */
  private static Varargs setResp(LuaArguments a) {
    if (a.count() != 1) {
      throw raised(a, Bytes.of("ERR redis.setresp() requires one argument."));
    }
    long version = a.integer(1);
    if (version != 2 && version != 3) {
      throw raised(a, Bytes.of("ERR RESP version must be 2 or 3."));
    }
    a.state().setResp3(version == 3);
    return NONE;
  }
}
