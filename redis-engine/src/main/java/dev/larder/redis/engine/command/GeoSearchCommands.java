package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.Scored;
import dev.larder.redis.engine.data.SortedSetValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Places within a circle or a rectangle.
 *
 * <p>At most nine cells are looked through, each a range of scores; so the time grows with what
 * lies near the shape, and not with the set. What was found is sorted only if an order or a COUNT
 * asks for it.
 *
 * <p>A result that is stored is a sorted set without an expiry; an empty one removes the key. What
 * is journalled is the command as it was sent.
 */
final class GeoSearchCommands {
  private GeoSearchCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    Set<Flag> read = Set.of(READ);
    var key = KeyPositions.FIRST;
    table.add("geosearch", -7, read, key, call -> GeoQuery.search(call, 1).answer(call));
    table.add(
        "geosearchstore",
        -8,
        growing,
        KeyPositions.range(1, 2, 1),
        call -> GeoQuery.search(call, 2).answer(call));
    table.add(
        "georadius", -6, growing, keys(6), call -> GeoQuery.radius(call, false, true).answer(call));
    table.add(
        "georadiusbymember",
        -5,
        growing,
        keys(5),
        call -> GeoQuery.radius(call, true, true).answer(call));
    table.add(
        "georadius_ro", -6, read, key, call -> GeoQuery.radius(call, false, false).answer(call));
    table.add(
        "georadiusbymember_ro",
        -5,
        read,
        key,
        call -> GeoQuery.radius(call, true, false).answer(call));
  }

  /** The key that is searched, and that where the result goes. */
  private static KeyPositions keys(int options) {
    return parts ->
        IntStream.concat(
                IntStream.of(1),
                IntStream.range(options, parts.length - 1)
                    .filter(i -> parts[i].is("store") || parts[i].is("storedist"))
                    .map(i -> i + 1))
            .toArray();
  }

  /** A place that was found; its distance from the centre is in m. */
  private record Found(Scored entry, GeoPosition position, double distance) {}

  /** Searches, and answers or stores what was found. */
  static Reply answer(Call call, GeoQuery query, SortedSetValue set) {
    List<Found> found = find(set, query);
    if (query.order() != 0) {
      Comparator<Found> near = Comparator.comparingDouble(Found::distance);
      found.sort(query.order() < 0 ? near.reversed() : near);
    }
    if (query.count() > 0 && found.size() > query.count()) {
      found = found.subList(0, (int) query.count());
    }
    Bytes target = query.target();
    return target == null ? show(found, query) : store(call, target, found, query);
  }

  /** The places within the shape, cell after cell; with ANY it ends as soon as there are enough. */
  private static List<Found> find(SortedSetValue set, GeoQuery query) {
    long most = query.any() ? query.count() : Long.MAX_VALUE;
    var found = new ArrayList<Found>();
    for (GeoCell cell : query.shape().cells()) {
      int from = set.rank(entry -> entry.score() >= cell.from());
      int to = set.rank(entry -> entry.score() >= cell.to());
      for (Scored entry : set.range(from, to)) {
        if (found.size() >= most) {
          return found;
        }
        GeoPosition position = GeoCell.position(entry.score());
        OptionalDouble distance = query.shape().distanceTo(position);
        distance.ifPresent(meters -> found.add(new Found(entry, position, meters)));
      }
    }
    return found;
  }

  /**
   * A member alone, or an array of the member and what was asked for with it: distance, score,
   * position.
   */
  private static Reply show(List<Found> found, GeoQuery query) {
    var shown = new ArrayList<Reply>();
    for (Found each : found) {
      var fields = new ArrayList<Reply>();
      fields.add(Reply.of(each.entry.member()));
      if (query.withDistance()) {
        fields.add(GeoCommands.shown(each.distance / query.unit()));
      }
      if (query.withHash()) {
        fields.add(Reply.of((long) each.entry.score()));
      }
      if (query.withPosition()) {
        fields.add(each.position.shown());
      }
      shown.add(fields.size() == 1 ? fields.getFirst() : Reply.of(fields));
    }
    return Reply.of(shown);
  }

  /**
   * Stores what was found under the target.
   *
   * @return how many there are
   */
  private static Reply store(Call call, Bytes target, List<Found> found, GeoQuery query) {
    var result = new SortedSetValue();
    for (Found each : found) {
      result.put(
          each.entry.member(),
          query.storesDistance() ? each.distance / query.unit() : each.entry.score());
    }
    if (result.isEmpty()) {
      call.keys().remove(target);
    } else {
      call.keys().put(target, result);
    }
    return Reply.of(result.size());
  }
}
