package dev.larder.redis.engine.command;

import dev.larder.redis.engine.command.Expiry.Unit;
import dev.larder.redis.engine.data.Value;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The options of SET and GETEX. */
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

  boolean nx() {
    return nx;
  }

  boolean xx() {
    return xx;
  }

  boolean get() {
    return get;
  }

  boolean keepTtl() {
    return keepTtl;
  }

  boolean persist() {
    return persist;
  }

  /** When it expires, or {@link Value#NEVER}. */
  long expiresAt(Call call) {
    return unit == null ? Value.NEVER : Expiry.at(call, time, unit);
  }
}
