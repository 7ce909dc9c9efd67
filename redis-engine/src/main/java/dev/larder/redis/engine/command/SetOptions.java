package dev.larder.redis.engine.command;

import dev.larder.redis.engine.command.Expiry.Unit;
import dev.larder.redis.engine.data.Value;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The options of SET and GETEX.
 *
 * <p>SET takes NX, XX, GET, KEEPTTL and a time; GETEX takes PERSIST and a time. A time is EX or
 * EXAT with seconds, PX or PXAT with ms. What excludes each other is a syntax error: NX and XX; a
 * time, KEEPTTL and PERSIST.
 */
final class SetOptions {
  private final boolean ofSet;
  private boolean nx;
  private boolean xx;
  private boolean get;
  private boolean keepTtl;
  private boolean persist;
  private @Nullable Unit unit;
  private int time;

  private SetOptions(boolean ofSet) {
    this.ofSet = ofSet;
  }

  /**
   * Reads all options from an index on.
   *
   * @param ofSet whether they are those of SET
   * @throws CommandException if one is unknown or excluded
   */
  static SetOptions read(Call call, int from, boolean ofSet) {
    var options = new SetOptions(ofSet);
    for (int i = from; i < call.size(); i++) {
      if (options.takesTime(call, i)) {
        i++;
      } else if (!options.takes(call.arg(i).toString().toLowerCase(Locale.ROOT))) {
        throw CommandException.syntax();
      }
    }
    return options;
  }

  /**
   * Takes a unit and remembers where its number is; it is read later, by {@link #expiresAt}.
   *
   * @return false if the part is no unit
   */
  private boolean takesTime(Call call, int index) {
    for (Unit candidate : Unit.values()) {
      if (call.is(index, candidate.name().toLowerCase(Locale.ROOT))) {
        if (keepTtl || persist || (unit != null && unit != candidate) || index + 1 == call.size()) {
          throw CommandException.syntax();
        }
        unit = candidate;
        time = index + 1;
        return true;
      }
    }
    return false;
  }

  /**
   * Takes an option of one word.
   *
   * @return false if there is none such, or another one excludes it
   */
  private boolean takes(String option) {
    switch (option) {
      case "nx" -> nx = ofSet && !xx;
      case "xx" -> xx = ofSet && !nx;
      case "get" -> get = ofSet;
      case "keepttl" -> keepTtl = ofSet && unit == null;
      case "persist" -> persist = !ofSet && unit == null;
      default -> {
        return false;
      }
    }
    return switch (option) {
      case "nx" -> nx;
      case "xx" -> xx;
      case "get" -> get;
      case "keepttl" -> keepTtl;
      default -> persist;
    };
  }

  /** Whether the key must not be there. */
  boolean nx() {
    return nx;
  }

  /** Whether the key must be there. */
  boolean xx() {
    return xx;
  }

  /** Whether the value before is answered. */
  boolean get() {
    return get;
  }

  /** Whether the expiry before is kept. */
  boolean keepTtl() {
    return keepTtl;
  }

  /** Whether the expiry is taken away. */
  boolean persist() {
    return persist;
  }

  /**
   * When it expires, or {@link Value#NEVER}.
   *
   * <p>It is in ms of the epoch.
   *
   * @throws CommandException if the time is none, or not positive
   */
  long expiresAt(Call call) {
    return unit == null ? Value.NEVER : Expiry.at(call, time, unit);
  }
}
