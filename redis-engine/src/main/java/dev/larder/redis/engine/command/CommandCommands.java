package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.READ;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * COMMAND: what commands there are.
 *
 * <p>Clients ask it for the positions of keys. Names, arity, flags and keys come from the table
 * that also runs the commands. Categories of rights, tips, key specifications and subcommands are
 * empty arrays. Nothing is changed, and nothing journalled.
 */
final class CommandCommands {
  private static final String HELP =
      """
      (no subcommand)
          Return details about all Redis commands.
      COUNT
          Return the total number of commands in this Redis server.
      LIST
          Return a list of all commands in this Redis server.
      INFO [<command-name> ...]
          Return details about multiple Redis commands.
          If no command names are given, documentation details for all
          commands are returned.
      DOCS [<command-name> ...]
          Return documentation details about multiple Redis commands.
          If no command names are given, documentation details for all
          commands are returned.
      GETKEYS <full-command>
          Return the keys from a full Redis command.
      """;

  private CommandCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> read = Set.of(READ);
    var none = KeyPositions.NONE;
    table.add("command", -1, read, none, call -> all(call));
    table.add("command|count", 2, read, none, call -> Reply.of(names(call).count()));
    table.add("command|list", -2, read, none, CommandCommands::list);
    table.add("command|info", -2, read, none, CommandCommands::info);
    table.add("command|docs", -2, read, none, call -> Reply.EMPTY_ARRAY);
    table.add("command|getkeys", -4, read, none, CommandCommands::keys);
    table.add("command|help", 2, read, none, call -> Help.of("COMMAND", HELP));
  }

  /** The names of commands, each once, whatever subcommands it has. */
  private static Stream<String> names(Call call) {
    return call.executor().table().all().stream()
        .map(spec -> spec.name().split("\\|", 2)[0])
        .distinct()
        .sorted();
  }

  /** COMMAND: the details of every command, in the order of their names. */
  private static Reply all(Call call) {
    return Reply.of(names(call).map(name -> details(call, name)).toList());
  }

  /** COMMAND INFO [name …]. A name without a command answers nil in its place. */
  private static Reply info(Call call) {
    if (call.size() == 2) {
      return all(call);
    }
    var shown = new ArrayList<Reply>();
    for (int i = 2; i < call.size(); i++) {
      shown.add(details(call, call.arg(i).toString().toLowerCase(Locale.ROOT)));
    }
    return Reply.of(shown);
  }

  /**
   * The ten fields of a command: name, arity, flags, first key, last key, step, and four that are
   * empty here.
   *
   * <p>A command that is only a container of subcommands has arity -2 and no keys, with the flags
   * of its first subcommand. The first and last key are found by asking the table for the positions
   * in commands of two lengths: what grows with the command has its last key at -1.
   */
  private static Reply details(Call call, String name) {
    CommandSpec spec = call.executor().table().find(name);
    if (spec == null) {
      spec =
          call.executor().table().all().stream()
              .filter(each -> each.name().startsWith(name + "|"))
              .min(Comparator.comparing(CommandSpec::name))
              .orElse(null);
    }
    if (spec == null) {
      return Reply.NIL;
    }
    boolean container = !spec.name().equals(name);
    int[] few = positions(spec, 0);
    int[] more = positions(spec, 4);
    int first = few.length == 0 ? 0 : few[0];
    boolean open = more.length > few.length;
    int step = few.length == 0 ? 0 : more.length > 1 ? more[1] - more[0] : 1;
    int last = few.length == 0 ? 0 : open ? -1 : few[few.length - 1];
    return Reply.of(
        List.of(
            Reply.of(Bytes.of(name)),
            Reply.of(container ? -2 : spec.arity()),
            Reply.of(flags(spec)),
            Reply.of(container ? 0 : first),
            Reply.of(container ? 0 : last),
            Reply.of(container ? 0 : step),
            Reply.EMPTY_ARRAY,
            Reply.EMPTY_ARRAY,
            Reply.EMPTY_ARRAY,
            Reply.EMPTY_ARRAY));
  }

  /** Where the keys are in a command with as few parts as it takes, and some more. */
  private static int[] positions(CommandSpec spec, int more) {
    var parts = new Bytes[Math.abs(spec.arity()) + more];
    Arrays.fill(parts, Bytes.of(1));
    return spec.keys().of(parts);
  }

  /** The flags in Redis' words; those that Redis does not have are left out. */
  private static List<Reply> flags(CommandSpec spec) {
    var flags = new ArrayList<Reply>();
    if (spec.is(READ)) {
      flags.add(Reply.simple("readonly"));
    }
    if (spec.is(Flag.WRITE)) {
      flags.add(Reply.simple("write"));
    }
    if (spec.is(Flag.DENY_OOM)) {
      flags.add(Reply.simple("denyoom"));
    }
    if (spec.is(Flag.NO_SCRIPT)) {
      flags.add(Reply.simple("noscript"));
    }
    return flags;
  }

  /** COMMAND LIST [FILTERBY PATTERN pattern]. Other filters are syntax errors. */
  private static Reply list(Call call) {
    if (call.size() == 2) {
      return Reply.ofStrings(names(call).map(Bytes::of).toList());
    }
    if (call.size() != 5 || !call.is(2, "filterby") || !call.is(3, "pattern")) {
      throw CommandException.syntax();
    }
    var glob = new Glob(call.arg(4));
    return Reply.ofStrings(names(call).map(Bytes::of).filter(glob::matches).toList());
  }

  /**
   * COMMAND GETKEYS command [argument …]: the keys of a command that is not run.
   *
   * @throws CommandException if there is no such command, it takes another number of parts, or it
   *     has no keys
   */
  private static Reply keys(Call call) {
    Bytes[] parts = Arrays.copyOfRange(call.parts(), 2, call.size());
    CommandSpec spec = call.executor().table().lookup(parts);
    if (spec == null) {
      throw new CommandException("ERR Invalid command specified");
    }
    if (!spec.takes(parts.length)) {
      throw new CommandException("ERR Invalid number of arguments specified for command");
    }
    int[] keys = spec.keys().of(parts);
    if (keys.length == 0) {
      throw new CommandException("ERR The command has no key arguments");
    }
    return Reply.ofStrings(Arrays.stream(keys).mapToObj(i -> parts[i]).toList());
  }
}
