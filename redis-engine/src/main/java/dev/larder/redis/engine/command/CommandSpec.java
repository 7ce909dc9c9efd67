package dev.larder.redis.engine.command;

import java.util.Set;

/**
 * A command of the table.
 *
 * @param name in lower case; {@code container|subcommand} if it has two parts
 * @param arity how many parts it has with its name; at least as many if negative
 * @param flags what it is like
 * @param keys where its keys are
 * @param handler what it does
 */
public record CommandSpec(
    String name, int arity, Set<Flag> flags, KeyPositions keys, Handler handler) {
  /** True if it has the flag. */
  public boolean is(Flag flag) {
    return flags.contains(flag);
  }

  /** True if a command may have so many parts. */
  public boolean takes(int parts) {
    return arity >= 0 ? parts == arity : parts >= -arity;
  }
}
