package dev.larder.server.redisrest.shared;

import dev.larder.redis.engine.command.CommandException;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which keys are looked for.
 *
 * @param cursor where to begin
 * @param pattern of their names, as the client knows them
 * @param count how many to look at in a step
 * @param type of their values
 * @param withType whether their types are answered, too
 */
record ScanOptions(
    Bytes cursor, Bytes pattern, long count, Optional<Bytes> type, boolean withType) {
  /** The cursor of a walk that begins, and of one that is over. */
  static final Bytes START = Bytes.of("0");

  private static final Bytes ANY = Bytes.of("*");

  /** How many keys are looked at in a step, where nobody says it. */
  static final long MANY = 1_000;

  /** All keys that match a pattern. */
  static ScanOptions all(Bytes pattern) {
    return new ScanOptions(START, pattern, MANY, Optional.empty(), false);
  }

  /** All keys. */
  static ScanOptions all() {
    return all(ANY);
  }

  /**
   * Those of SCAN.
   *
   * <p>10 keys are looked at where COUNT is not given, as with Redis. {@code WITHTYPE} is of
   * Upstash.
   *
   * @throws CommandException if they are none
   */
  static ScanOptions of(Bytes[] parts) {
    Bytes pattern = ANY;
    long count = 10;
    Optional<Bytes> type = Optional.empty();
    boolean withType = false;
    for (int i = 2; i < parts.length; i++) {
      boolean more = i + 1 < parts.length;
      if (parts[i].is("withtype")) {
        withType = true;
      } else if (parts[i].is("match") && more) {
        pattern = parts[++i];
      } else if (parts[i].is("type") && more) {
        type = Optional.of(parts[++i]);
      } else if (parts[i].is("count") && more) {
        count =
            Numbers.integer(parts[++i])
                .orElseThrow(
                    () -> new CommandException("ERR value is not an integer or out of range"));
        if (count < 1) {
          throw new CommandException("ERR syntax error");
        }
      } else {
        throw new CommandException("ERR syntax error");
      }
    }
    return new ScanOptions(parts[1], pattern, count, type, withType);
  }

  /**
   * The command of one step.
   *
   * @param least keys to look at, where the client's COUNT is less
   */
  Bytes[] command(Prefix prefix, Bytes from, long least) {
    var parts = new ArrayList<Bytes>();
    parts.add(Bytes.of("SCAN"));
    parts.add(from);
    parts.addAll(List.of(Bytes.of("MATCH"), prefix.add(pattern)));
    parts.addAll(List.of(Bytes.of("COUNT"), Bytes.of(Math.max(count, least))));
    type.ifPresent(wanted -> parts.addAll(List.of(Bytes.of("TYPE"), wanted)));
    return parts.toArray(Bytes[]::new);
  }
}
