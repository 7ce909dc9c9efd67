package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.Scored;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Places on earth, as members of sorted sets.
 *
 * <p>GEOADD, GEODIST, GEOHASH and GEOPOS. A place is a member whose score is the number of its
 * {@link GeoCell}; every command of sorted sets works with it, and its memory is counted as that of
 * a member.
 *
 * <p>GEOADD is journalled as it was sent. Positions out of range answer {@code ERR invalid
 * longitude,latitude pair}.
 */
final class GeoCommands {
  /** The 32 characters of a public geohash, five bits each; without a, i, l and o. */
  private static final String ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";

  private GeoCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> read = Set.of(READ);
    var key = KeyPositions.FIRST;
    table.add("geoadd", -5, Set.of(WRITE, DENY_OOM), key, GeoCommands::add);
    table.add("geodist", -4, read, key, GeoCommands::distance);
    table.add(
        "geohash", -2, read, key, call -> each(call, Reply.NIL, place -> Reply.of(hash(place))));
    table.add("geopos", -2, read, key, call -> each(call, Reply.NIL_ARRAY, GeoPosition::shown));
  }

  /**
   * The members of GEOADD with the scores that ZADD is given.
   *
   * <p>GEOADD key [NX|XX] [CH] longitude latitude member [longitude latitude member …].
   */
  private static Reply add(Call call) {
    boolean nx = false;
    boolean xx = false;
    int from = 2;
    for (; from < call.size(); from++) {
      if (call.is(from, "nx")) {
        nx = true;
      } else if (call.is(from, "xx")) {
        xx = true;
      } else if (!call.is(from, "ch")) {
        break;
      }
    }
    if ((call.size() - from) % 3 != 0 || (nx && xx)) {
      throw CommandException.syntax();
    }
    var parts = new ArrayList<Bytes>();
    for (int i = 0; i < from; i++) {
      parts.add(call.arg(i));
    }
    for (int i = from; i < call.size(); i += 3) {
      parts.add(Bytes.of(GeoCell.of(GeoPosition.read(call, i), GeoCell.SCORE).bits()));
      parts.add(call.arg(i + 2));
    }
    return SortedSetCommands.add(call.with(parts.toArray(Bytes[]::new)));
  }

  /** The place of a member, or null. */
  static @Nullable GeoPosition position(@Nullable SortedSetValue set, Bytes member) {
    Scored entry = set == null ? null : set.get(member);
    return entry == null ? null : GeoCell.position(entry.score());
  }

  /**
   * A unit of length, in m.
   *
   * @throws CommandException if it is none of m, km, ft and mi
   */
  static double unit(Call call, int index) {
    if (call.is(index, "m")) {
      return 1;
    }
    if (call.is(index, "km")) {
      return 1000;
    }
    if (call.is(index, "ft")) {
      return 0.3048;
    }
    if (call.is(index, "mi")) {
      return 1609.34;
    }
    throw new CommandException("ERR unsupported unit provided. please use M, KM, FT, MI");
  }

  /**
   * GEODIST key member member [unit].
   *
   * @return the distance along the sphere with four decimals, in m if no unit is said; nil if a
   *     member is missing
   */
  private static Reply distance(Call call) {
    if (call.size() > 5) {
      throw CommandException.syntax();
    }
    double unit = call.size() == 5 ? unit(call, 4) : 1;
    SortedSetValue set = call.sortedSet(call.arg(1));
    GeoPosition from = position(set, call.arg(2));
    GeoPosition to = position(set, call.arg(3));
    return from == null || to == null ? Reply.NIL : shown(from.distanceTo(to) / unit);
  }

  /** A distance as it is shown. */
  static Reply shown(double distance) {
    return Reply.of(Bytes.of(GeoPosition.fixed(distance, 4)));
  }

  /**
   * One reply for each member from index 2 on.
   *
   * @param none what a member answers that is not there
   */
  private static Reply each(Call call, Reply none, Function<GeoPosition, Reply> show) {
    SortedSetValue set = call.sortedSet(call.arg(1));
    var shown = new ArrayList<Reply>();
    for (int i = 2; i < call.size(); i++) {
      GeoPosition position = position(set, call.arg(i));
      shown.add(position == null ? none : show.apply(position));
    }
    return Reply.of(shown);
  }

  /**
   * The geohash others know: of a map that reaches to the poles.
   *
   * <p>Its eleven characters are read from the high bits down.
   */
  private static Bytes hash(GeoPosition position) {
    long bits = GeoCell.of(position, GeoCell.SCORE, 90).bits();
    var hash = new StringBuilder();
    for (int shift = 47; shift >= 2; shift -= 5) {
      hash.append(ALPHABET.charAt((int) (bits >> shift) & 31));
    }
    // There are 52 bits, and the eleventh character would need three more.
    return Bytes.of(hash.append('0').toString());
  }
}
