package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.CommandException.quoted;

import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import org.jspecify.annotations.Nullable;

/**
 * What GEOSEARCH and GEORADIUS are asked for.
 *
 * <p>Four commands share it. GEOSEARCH and GEOSEARCHSTORE say the centre with FROMMEMBER or
 * FROMLONLAT, and the shape with BYRADIUS or BYBOX. GEORADIUS and GEORADIUSBYMEMBER say both by
 * their place, and may STORE. Those with {@code _ro} may not.
 *
 * <p>The options are read from left to right; the errors are those of Redis 7.0, in its order. The
 * object is filled by one reading and not changed afterwards.
 */
final class GeoQuery {
  private final @Nullable SortedSetValue set;
  private final boolean search;
  private @Nullable GeoPosition centre;
  private boolean fromMember;
  private boolean fromPosition;
  private boolean byRadius;
  private boolean byBox;
  private double width;
  private double height;
  private double unit = 1;
  private boolean withDistance;
  private boolean withHash;
  private boolean withPosition;
  private boolean any;
  private int order;
  private long count;
  private @Nullable Bytes target;
  private boolean storesDistance;

  /**
   * A query of a set, of which nothing else is known yet.
   *
   * @param search whether it is of GEOSEARCH's form
   */
  private GeoQuery(@Nullable SortedSetValue set, boolean search) {
    this.set = set;
    this.search = search;
  }

  /**
   * GEOSEARCH, or GEOSEARCHSTORE whose source is the second key.
   *
   * @param source the index of the key that is searched: 1, or 2 after that of the result
   */
  static GeoQuery search(Call call, int source) {
    var query = new GeoQuery(call.sortedSet(call.arg(source)), true);
    query.target = source == 2 ? call.arg(1) : null;
    query.options(call, source + 1, source == 2);
    query.check(call);
    return query;
  }

  /**
   * GEORADIUS and its like.
   *
   * @param byMember whether a member is the centre, in place of two numbers
   * @param stores whether STORE and STOREDIST are allowed
   */
  static GeoQuery radius(Call call, boolean byMember, boolean stores) {
    var query = new GeoQuery(call.sortedSet(call.arg(1)), false);
    int distance = byMember ? 3 : 4;
    if (!byMember) {
      query.centre = GeoPosition.read(call, 2);
      query.radius(call, distance);
    } else if (query.set != null) {
      query.centre = query.member(call.arg(2));
      query.radius(call, distance);
    }
    query.options(call, distance + 2, stores);
    query.check(call);
    return query;
  }

  /**
   * The place of the member that is the centre.
   *
   * @throws CommandException if the set has no such member
   */
  private GeoPosition member(Bytes member) {
    GeoPosition position = GeoCommands.position(set, member);
    if (position == null) {
      throw new CommandException("ERR could not decode requested zset member");
    }
    return position;
  }

  /**
   * A length in the unit that follows it.
   *
   * @param what what it measures, for the error
   */
  private static double length(Call call, int index, String what) {
    return Numbers.finite(call.arg(index))
        .orElseThrow(() -> new CommandException("ERR need numeric " + what));
  }

  /** Reads a radius and its unit; half a width and half a height are the radius then. */
  private void radius(Call call, int index) {
    double radius = length(call, index, "radius");
    if (radius < 0) {
      throw new CommandException("ERR radius cannot be negative");
    }
    unit = GeoCommands.unit(call, index + 1);
    width = radius * unit;
    height = width;
    byRadius = true;
  }

  /** Reads a width, a height and their unit. What is kept is half of each, in m. */
  private void box(Call call, int index) {
    double across = length(call, index, "width");
    double along = length(call, index + 1, "height");
    if (across < 0 || along < 0) {
      throw new CommandException("ERR height or width cannot be negative");
    }
    unit = GeoCommands.unit(call, index + 2);
    width = across * unit / 2;
    height = along * unit / 2;
    byBox = true;
  }

  /**
   * Reads the options from an index on.
   *
   * @throws CommandException if one is unknown, or its arguments are missing
   */
  private void options(Call call, int from, boolean stores) {
    int i = from;
    while (i < call.size()) {
      int more = call.size() - 1 - i;
      if (call.is(i, "withdist")) {
        withDistance = true;
      } else if (call.is(i, "withhash")) {
        withHash = true;
      } else if (call.is(i, "withcoord")) {
        withPosition = true;
      } else if (call.is(i, "any")) {
        any = true;
      } else if (call.is(i, "asc")) {
        order = 1;
      } else if (call.is(i, "desc")) {
        order = -1;
      } else if (call.is(i, "count") && more >= 1) {
        count = call.integer(++i);
        if (count <= 0) {
          throw new CommandException("ERR COUNT must be > 0");
        }
      } else if (search) {
        i = shape(call, i, more, stores);
      } else if (stores && more >= 1 && (call.is(i, "store") || call.is(i, "storedist"))) {
        storesDistance = call.is(i, "storedist");
        target = call.arg(++i);
      } else {
        throw CommandException.syntax();
      }
      i++;
    }
  }

  /** An option of GEOSEARCH only; returns the index of its last part. */
  private int shape(Call call, int i, int more, boolean stores) {
    if (call.is(i, "frommember") && more >= 1 && !fromPosition) {
      fromMember = true;
      centre = set == null ? null : member(call.arg(i + 1));
      return i + 1;
    }
    if (call.is(i, "fromlonlat") && more >= 2 && !fromMember) {
      fromPosition = true;
      centre = GeoPosition.read(call, i + 1);
      return i + 2;
    }
    if (call.is(i, "byradius") && more >= 2 && !byBox) {
      radius(call, i + 1);
      return i + 2;
    }
    if (call.is(i, "bybox") && more >= 3 && !byRadius) {
      box(call, i + 1);
      return i + 3;
    }
    if (call.is(i, "storedist") && stores) {
      storesDistance = true;
      return i;
    }
    throw CommandException.syntax();
  }

  /**
   * Looks at the options together: what is stored cannot be shown with distances, a search needs a
   * centre and a shape, ANY needs COUNT. A COUNT without an order sorts by distance, so that it
   * takes the nearest.
   */
  private void check(Call call) {
    if (target != null && (withDistance || withHash || withPosition)) {
      throw new CommandException(
          "ERR %s is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
              .formatted(search ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS"));
    }
    if (search && !fromMember && !fromPosition) {
      throw oneOf(call, "FROMMEMBER or FROMLONLAT");
    }
    if (search && !byRadius && !byBox) {
      throw oneOf(call, "BYRADIUS and BYBOX");
    }
    if (any && count == 0) {
      throw new CommandException("ERR the ANY argument requires COUNT argument");
    }
    if (count > 0 && order == 0 && !any) {
      order = 1;
    }
  }

  private static CommandException oneOf(Call call, String options) {
    return CommandException.quoting(
        "ERR exactly one of %s can be specified for %s".formatted(options, quoted(call.arg(0))));
  }

  /** Searches, and answers or stores what is found. */
  Reply answer(Call call) {
    if (set != null) {
      return GeoSearchCommands.answer(call, this, set);
    }
    if (target == null) {
      return Reply.EMPTY_ARRAY;
    }
    call.keys().remove(target);
    return Reply.ZERO;
  }

  /**
   * The circle or the rectangle, in m.
   *
   * @throws IllegalStateException if the set was missing, so that no centre was read
   */
  GeoShape shape() {
    if (centre == null) {
      throw new IllegalStateException("no centre was read");
    }
    return new GeoShape(centre, width, height, !byBox);
  }

  /** The unit of distances, in m. */
  double unit() {
    return unit;
  }

  /** Whether each place is shown with its distance from the centre. */
  boolean withDistance() {
    return withDistance;
  }

  /** Whether each place is shown with its score. */
  boolean withHash() {
    return withHash;
  }

  /** Whether each place is shown with its longitude and latitude. */
  boolean withPosition() {
    return withPosition;
  }

  /** Whether any places will do, in place of the nearest. */
  boolean any() {
    return any;
  }

  /**
   * Positive if the nearest come first, negative if the farthest do, zero if it does not matter.
   */
  int order() {
    return order;
  }

  /** How many are wanted; zero for all. */
  long count() {
    return count;
  }

  /** Where the result goes; null for the reply. */
  @Nullable Bytes target() {
    return target;
  }

  /** Whether the score of what is stored is its distance, in the unit of the query, or its cell. */
  boolean storesDistance() {
    return storesDistance;
  }
}
