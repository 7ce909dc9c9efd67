package dev.larder.server.redisrest;

import dev.larder.redis.engine.command.CommandSpec;
import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.command.Flag;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.server.config.ServerConfig;
import dev.larder.server.http.Refusal;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which commands reach a database, and what is answered to others.
 *
 * <p>A refusal is an error reply with status 400, and an error in its place in a pipeline. What is
 * refused to everybody is said before what is refused to a role. Safe for use by many threads.
 */
final class Rules {
  /**
   * What waits, what is about a connection that nobody has, and what is for whoever runs a server.
   */
  private static final Set<String> REFUSED =
      Set.of(
          "blpop",
          "brpop",
          "brpoplpush",
          "blmove",
          "blmpop",
          "bzpopmin",
          "bzpopmax",
          "bzmpop",
          "wait",
          "waitaof",
          "select",
          "swapdb",
          "auth",
          "hello",
          "client",
          "reset",
          "quit",
          "readonly",
          "readwrite",
          "asking",
          "multi",
          "exec",
          "discard",
          "watch",
          "unwatch",
          "subscribe",
          "unsubscribe",
          "psubscribe",
          "punsubscribe",
          "ssubscribe",
          "sunsubscribe",
          "monitor",
          "shutdown",
          "debug",
          "config",
          "replicaof",
          "slaveof",
          "migrate",
          "module",
          "acl",
          "save",
          "bgsave",
          "bgrewriteaof",
          "sync",
          "psync",
          "replconf",
          "failover",
          "cluster",
          "latency",
          "slowlog",
          "lastsave",
          "role");

  /** The commands of the engine, but for scripts and messages, of which none only reads keys. */
  private static final CommandTable TABLE = new CommandTable();

  private final ScriptRules scripts;

  /** The rules of a server that runs these scripts. */
  Rules(ServerConfig.RedisScripts scripts) {
    this.scripts = new ScriptRules(scripts);
  }

  /**
   * Lets only those pass who may do everything.
   *
   * @throws Refusal if the role is another one
   */
  static void expectAll(Role role, String name) {
    if (role != Role.ALL) {
      throw new Refusal(400, "not-allowed", notAllowed(name));
    }
  }

  /**
   * What is answered to a command that does not reach the database; nothing if it does.
   *
   * <p>{@code CLIENT SETINFO} is answered {@code OK}: some clients send it when they begin.
   */
  Optional<Reply> answer(Command command, Role role) {
    Bytes[] parts = command.parts();
    String name = command.name();
    if (name.equals("client") && parts.length > 1 && parts[1].is("setinfo")) {
      return Optional.of(Reply.OK);
    }
    if (REFUSED.contains(name) || blocks(name, parts)) {
      return error("ERR Command is not available over HTTP: '%s'".formatted(name));
    }
    if (role == Role.READ && !reads(TABLE.lookup(parts))) {
      return error(notAllowed(name));
    }
    Optional<String> refused = scripts.refused(name, parts);
    if (refused.isPresent()) {
      return error(refused.get());
    }
    // As Upstash answers them, and Redis does not.
    if (name.equals("unlink") && parts.length == 1) {
      return Optional.of(Reply.ZERO);
    }
    if (name.equals("copy") && parts.length == 3 && parts[1].equals(parts[2])) {
      return Optional.of(Reply.ZERO);
    }
    return Optional.empty();
  }

  private static String notAllowed(String name) {
    return "NOPERM this user has no permissions to run the '%s' command or its subcommand"
        .formatted(name.substring(0, Math.min(name.length(), 128)));
  }

  /** Whether XREAD or XREADGROUP is to wait. */
  private static boolean blocks(String name, Bytes[] parts) {
    if (!name.equals("xread") && !name.equals("xreadgroup")) {
      return false;
    }
    for (int i = 1; i < parts.length && !parts[i].is("streams"); i++) {
      if (parts[i].is("block")) {
        return true;
      }
      // A group may be called as an option is.
      i += parts[i].is("group") ? 2 : parts[i].is("count") ? 1 : 0;
    }
    return false;
  }

  /** Whether a command reads keys and does nothing else; a command that is not known does not. */
  private static boolean reads(@Nullable CommandSpec spec) {
    return spec != null
        && spec.is(Flag.READ)
        && !spec.is(Flag.WRITE)
        && !spec.is(Flag.SEARCH)
        && !spec.is(Flag.SCRIPT)
        && !spec.is(Flag.PUBSUB);
  }

  private static Optional<Reply> error(String text) {
    return Optional.of(new Reply.SimpleError(text.replace('\r', ' ').replace('\n', ' ')));
  }
}
