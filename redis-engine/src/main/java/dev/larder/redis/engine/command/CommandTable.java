package dev.larder.redis.engine.command;

import dev.larder.redis.engine.resp.Bytes;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The commands there are, by name.
 *
 * <p>A name is found in two steps. Names written in lower or in upper case only, as most are, are
 * found by their bytes. Others are put into lower case first. A container, such as XGROUP, is never
 * in the first table: its second part belongs to the name.
 *
 * <p>It is filled while the engine is built, and only read from then on, by any thread.
 */
public final class CommandTable {
  private final Map<String, CommandSpec> specs = new HashMap<>();
  private final Set<String> containers = new HashSet<>();
  private final Map<Bytes, CommandSpec> spelled = new HashMap<>();

  /** A table of everything that needs nothing but a keyspace. */
  public CommandTable() {
    StringCommands.addTo(this);
    CounterCommands.addTo(this);
    KeyCommands.addTo(this);
    ExpiryCommands.addTo(this);
    ScanCommands.addTo(this);
    HashCommands.addTo(this);
    HashExpiryCommands.addTo(this);
    HashFieldCommands.addTo(this);
    SetCommands.addTo(this);
    SetAlgebraCommands.addTo(this);
    ListCommands.addTo(this);
    ListMoveCommands.addTo(this);
    SortedSetCommands.addTo(this);
    SortedSetRangeCommands.addTo(this);
    SortedSetPopCommands.addTo(this);
    SortedSetAlgebraCommands.addTo(this);
    StreamCommands.addTo(this);
    StreamGroupCommands.addTo(this);
    StreamReadCommands.addTo(this);
    StreamPendingCommands.addTo(this);
    StreamClaimCommands.addTo(this);
    StreamInfoCommands.addTo(this);
    BitCommands.addTo(this);
    BitFieldCommands.addTo(this);
    HyperLogLogCommands.addTo(this);
    GeoCommands.addTo(this);
    GeoSearchCommands.addTo(this);
    LcsCommand.addTo(this);
    JsonCommands.addTo(this);
    JsonReadCommands.addTo(this);
    JsonPartCommands.addTo(this);
    JsonArrayCommands.addTo(this);
    ObjectCommands.addTo(this);
    CommandCommands.addTo(this);
    InfoCommands.addTo(this);
    ServerCommands.addTo(this);
    SortCommands.addTo(this);
  }

  /**
   * Adds a command.
   *
   * <p>The names of containers are known from the first subcommand on.
   *
   * @param name in lower case, {@code container|subcommand} for one in two parts
   * @param arity how many parts it takes with its name; at least as many if it is negative
   */
  public void add(String name, int arity, Set<Flag> flags, KeyPositions keys, Handler handler) {
    var spec = new CommandSpec(name, arity, EnumSet.copyOf(flags), keys, handler);
    specs.put(name, spec);
    int bar = name.indexOf('|');
    if (bar > 0) {
      String container = name.substring(0, bar);
      containers.add(container);
      spelled.remove(Bytes.of(container));
      spelled.remove(Bytes.of(container.toUpperCase(Locale.ROOT)));
    } else if (!containers.contains(name)) {
      spelled.put(Bytes.of(name), spec);
      spelled.put(Bytes.of(name.toUpperCase(Locale.ROOT)), spec);
    }
  }

  /**
   * All commands.
   *
   * <p>The order is none; each subcommand is one of them.
   */
  public Collection<CommandSpec> all() {
    return specs.values();
  }

  /** The command of a name in lower case, or null. */
  public @Nullable CommandSpec find(String name) {
    return specs.get(name);
  }

  /**
   * The command that these parts call, with as many parts as it takes.
   *
   * @throws CommandException if there is no such command, or it takes another number of parts
   */
  public CommandSpec resolve(Bytes[] parts) {
    CommandSpec spec = lookup(parts);
    if (spec == null) {
      throw unknown(parts);
    }
    if (!spec.takes(parts.length)) {
      throw CommandException.arity(spec.name());
    }
    return spec;
  }

  /** The command that these parts call, or null. */
  public @Nullable CommandSpec lookup(Bytes[] parts) {
    CommandSpec known = spelled.get(parts[0]);
    if (known != null) {
      return known;
    }
    String name = parts[0].toString().toLowerCase(Locale.ROOT);
    if (containers.contains(name)) {
      return specs.get(
          parts.length < 2 ? name : name + "|" + parts[1].toString().toLowerCase(Locale.ROOT));
    }
    return specs.get(name);
  }

  /**
   * The error for a command that is not there. What was sent is quoted with 128 bytes of the name,
   * and about as many of the arguments; line ends become blanks, so that the error stays one line.
   */
  private CommandException unknown(Bytes[] parts) {
    String name = parts[0].toString();
    if (containers.contains(name.toLowerCase(Locale.ROOT))) {
      return parts.length < 2
          ? CommandException.arity(name.toLowerCase(Locale.ROOT))
          : CommandException.quoting(
              "ERR unknown subcommand '%s'. Try %s HELP."
                  .formatted(cut(parts[1], 128), name.toUpperCase(Locale.ROOT)));
    }
    var arguments = new StringBuilder();
    for (int i = 1; i < parts.length && arguments.length() < 128; i++) {
      String argument = cut(parts[i], 128 - arguments.length());
      arguments.append('\'').append(argument).append("' ");
    }
    return CommandException.quoting(
        "ERR unknown command '%s', with args beginning with: %s"
            .formatted(cut(parts[0], 128), arguments)
            .replace('\r', ' ')
            .replace('\n', ' '));
  }

  private static String cut(Bytes text, int length) {
    String quoted = CommandException.quoted(text);
    return quoted.substring(0, Math.min(quoted.length(), length));
  }
}
