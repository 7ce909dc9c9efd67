package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.Value;

/**
 * Reads when something is to expire.
 *
 * <p>Redis takes seconds or ms, from now or from the epoch; everything here is in ms of the epoch
 * from the first step on. A time that does not fit into 64 bits answers {@code ERR invalid expire
 * time}, which names the command.
 */
final class Expiry {
  private Expiry() {}

  /**
   * The options that say when, each with what it counts from and in.
   *
   * <p>EX and EXAT count seconds, PX and PXAT count ms; the two with AT count from the epoch.
   */
  enum Unit {
    EX(1000, true),
    PX(1, true),
    EXAT(1000, false),
    PXAT(1, false);

    private final long scale;
    private final boolean fromNow;

    /**
     * An option of its scale and its beginning.
     *
     * @param scale ms of one
     * @param fromNow whether it counts from the time of the command, or from the epoch
     */
    Unit(long scale, boolean fromNow) {
      this.scale = scale;
      this.fromNow = fromNow;
    }
  }

  /**
   * The time an argument says, in ms of the epoch, which must be positive.
   *
   * @throws CommandException if it is no integer, zero or less, or too large
   */
  static long at(Call call, int index, Unit unit) {
    long value = call.integer(index);
    if (value <= 0 || value > Long.MAX_VALUE / unit.scale) {
      throw invalid(call);
    }
    long millis = value * unit.scale;
    long base = unit.fromNow ? call.keys().now() : 0;
    if (millis > Long.MAX_VALUE - base) {
      throw invalid(call);
    }
    return millis + base;
  }

  /**
   * The time an argument of EXPIRE and its like says, which may be past.
   *
   * <p>It is in ms of the epoch.
   *
   * @throws CommandException if it is no integer, or does not fit into 64 bits in ms
   */
  static long anyAt(Call call, int index, Unit unit) {
    long value = call.integer(index);
    if (value > Long.MAX_VALUE / unit.scale || value < Long.MIN_VALUE / unit.scale) {
      throw invalid(call);
    }
    long millis = value * unit.scale;
    long base = unit.fromNow ? call.keys().now() : 0;
    if (millis > Long.MAX_VALUE - base) {
      throw invalid(call);
    }
    return millis + base;
  }

  /**
   * True if what expires then is gone already.
   *
   * <p>While a journal is read nothing is: there is no time then.
   */
  static boolean isPast(Call call, long at) {
    return at != Value.NEVER && at <= call.keys().now();
  }

  private static CommandException invalid(Call call) {
    return new CommandException("ERR invalid expire time in '" + call.name() + "' command");
  }
}
