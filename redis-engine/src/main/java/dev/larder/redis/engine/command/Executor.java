package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.Keyspace;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Runs commands on a keyspace, and logs what they changed as commands that change the same.
 *
 * <p>It is called under the lock of its engine, by one thread at a time: there is none of its own.
 * A command that changed the keyspace, by its count of changes, is logged as it was sent, unless
 * its call has logged something in its place.
 */
public final class Executor {
  private final CommandTable table;
  private final Keyspace keys;
  private final RandomGenerator random;
  private final Consumer<Bytes[]> effects;

  /**
   * An executor.
   *
   * @param effects is called with every change, as a command that makes it whatever time it is
   */
  public Executor(
      CommandTable table, Keyspace keys, RandomGenerator random, Consumer<Bytes[]> effects) {
    this.table = table;
    this.keys = keys;
    this.random = random;
    this.effects = effects;
  }

  /**
   * Runs a command that was resolved.
   *
   * <p>A {@link CommandException} becomes its reply.
   *
   * @param spec the command these parts call, with as many parts as it takes
   * @param parts the name and the arguments; kept by the log, so nobody may change the array
   */
  public Reply run(CommandSpec spec, Bytes[] parts) {
    long before = keys.changes();
    var call = new Call(spec, parts, this);
    Reply reply;
    try {
      reply = spec.handler().run(call);
    } catch (CommandException e) {
      reply = e.reply();
    }
    if (!call.logged() && keys.changes() != before) {
      effects.accept(parts);
    }
    return reply;
  }

  /** The commands there are. */
  public CommandTable table() {
    return table;
  }

  /** The keys. */
  public Keyspace keys() {
    return keys;
  }

  /** Whence chance comes. */
  public RandomGenerator random() {
    return random;
  }

  /** Tells the log a change, in place of the command that made it. */
  void log(Bytes[] effect) {
    effects.accept(effect);
  }
}
