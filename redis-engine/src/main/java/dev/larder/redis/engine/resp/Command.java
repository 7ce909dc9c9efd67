package dev.larder.redis.engine.resp;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A command for a Redis database: its name, and its arguments.
 *
 * <p>It does not change, and may be used by several threads. Whether there is such a command is
 * known by the table only.
 */
public final class Command {
  private final Bytes[] parts;

  private Command(Bytes[] parts) {
    this.parts = parts;
  }

  /**
   * A command in parts.
   *
   * @throws IllegalArgumentException if there is not even a name
   */
  public static Command of(List<Bytes> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("no parts given; expected a command's name at least");
    }
    return new Command(parts.toArray(Bytes[]::new));
  }

  /** A command whose parts are text. */
  public static Command of(String name, String... arguments) {
    return new Command(
        Stream.concat(Stream.of(name), Arrays.stream(arguments))
            .map(Bytes::of)
            .toArray(Bytes[]::new));
  }

  /** The name in lower case. */
  public String name() {
    return parts[0].toString().toLowerCase(Locale.ROOT);
  }

  /** The name and the arguments, in an array that is to be read only. */
  public Bytes[] parts() {
    return parts;
  }

  /** The parts, with a blank between them. */
  @Override
  public String toString() {
    return Arrays.stream(parts).map(Bytes::toString).collect(Collectors.joining(" "));
  }
}
