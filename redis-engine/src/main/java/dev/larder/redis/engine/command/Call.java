package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.HashValue;
import dev.larder.redis.engine.data.JsonValue;
import dev.larder.redis.engine.data.Keyspace;
import dev.larder.redis.engine.data.ListValue;
import dev.larder.redis.engine.data.SetValue;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.data.StringValue;
import dev.larder.redis.engine.data.Value;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One run of a command: its parts, read as what it expects, and what it works on.
 *
 * <p>It is made for one run and used by one thread, under the lock of the engine. Its readers of
 * numbers throw the error that Redis answers; so a handler reads all its parts before it changes
 * anything.
 *
 * <p>A handler whose effect depends on the time or on chance logs what has the same effect whenever
 * it is run, with {@link #log}. If it logs nothing and changes the keyspace, the command itself is
 * logged.
 */
public final class Call {
  private final CommandSpec spec;
  private final Bytes[] parts;
  private final Executor executor;
  private boolean logged;

  Call(CommandSpec spec, Bytes[] parts, Executor executor) {
    this.spec = spec;
    this.parts = parts;
    this.executor = executor;
  }

  /** A call with other parts, of which this one logs the effects. */
  Call with(Bytes[] other) {
    return new Call(spec, other, executor);
  }

  /** The command's name, in lower case. */
  public String name() {
    return spec.name();
  }

  /** How many parts there are, with the name. */
  public int size() {
    return parts.length;
  }

  /** The parts, the name among them, to be read only. */
  public Bytes[] parts() {
    return parts;
  }

  /** The part at an index; the name is at 0. */
  public Bytes arg(int index) {
    return parts[index];
  }

  /** True if there is a part at an index, and it is this word in any case. */
  public boolean is(int index, String word) {
    return index < parts.length && parts[index].is(word);
  }

  /**
   * The part at an index as an integer.
   *
   * @throws CommandException if it is none, or has blanks, a plus or leading zeros
   */
  public long integer(int index) {
    return integer(parts[index]);
  }

  /** The part at an index as an integer of a range that the error names. */
  public long within(int index, long least, long most) {
    long value = integer(index);
    if (value < least || value > most) {
      throw new CommandException(
          "ERR value is out of range, value must between %d and %d".formatted(least, most));
    }
    return value;
  }

  /** The part at an index as a positive integer, or with this error. */
  public long positive(int index, String error) {
    long value = Numbers.integer(parts[index]).orElse(0);
    if (value < 1) {
      throw new CommandException(error);
    }
    return value;
  }

  /** The part at an index as an integer that is not negative, or with this error. */
  public long natural(int index, String error) {
    long value = Numbers.integer(parts[index]).orElse(-1);
    if (value < 0) {
      throw new CommandException(error);
    }
    return value;
  }

  /** The part at an index as an integer that is not negative. */
  public long count(int index) {
    return natural(index, "ERR value is out of range, must be positive");
  }

  /**
   * The part at an index as a double.
   *
   * @throws CommandException if it is none, or is rounded to infinity or to zero
   */
  public double number(int index) {
    return Numbers.finite(parts[index]).orElseThrow(CommandException::notAFloat);
  }

  static long integer(Bytes text) {
    return Numbers.integer(text).orElseThrow(CommandException::notAnInteger);
  }

  /** The keys. */
  public Keyspace keys() {
    return executor.keys();
  }

  /** Whence chance comes. */
  public RandomGenerator random() {
    return executor.random();
  }

  /** What runs it. */
  public Executor executor() {
    return executor;
  }

  /** Logs another command in place of this one; may be called several times. */
  public void log(Bytes... effect) {
    logged = true;
    executor.log(effect);
  }

  /** Logs nothing for this command: what it did is logged elsewhere, or does not last. */
  public void logNothing() {
    logged = true;
  }

  boolean logged() {
    return logged;
  }

  /** The value of a key, or null. */
  public @Nullable Value value(Bytes key) {
    return keys().get(key);
  }

  /** The string of a key, or null. */
  public @Nullable StringValue string(Bytes key) {
    return typed(key, StringValue.class);
  }

  /** The hash of a key, or null. */
  public @Nullable HashValue hash(Bytes key) {
    return typed(key, HashValue.class);
  }

  /** The set of a key, or null. */
  public @Nullable SetValue set(Bytes key) {
    return typed(key, SetValue.class);
  }

  /** The sorted set of a key, or null. */
  public @Nullable SortedSetValue sortedSet(Bytes key) {
    return typed(key, SortedSetValue.class);
  }

  /** The list of a key, or null. */
  public @Nullable ListValue list(Bytes key) {
    return typed(key, ListValue.class);
  }

  /** The stream of a key, or null. */
  public @Nullable StreamValue stream(Bytes key) {
    return typed(key, StreamValue.class);
  }

  /** The document of a key, or null. */
  public @Nullable JsonValue json(Bytes key) {
    return typed(key, JsonValue.class);
  }

  /**
   * The value of a key, if it has this type or is not there; looking at it counts as use.
   *
   * @throws CommandException with {@code WRONGTYPE} if it has another type
   */
  private <T extends Value> @Nullable T typed(Bytes key, Class<T> type) {
    Value value = keys().get(key);
    if (value == null || type.isInstance(value)) {
      return type.cast(value);
    }
    throw CommandException.wrongType();
  }
}
