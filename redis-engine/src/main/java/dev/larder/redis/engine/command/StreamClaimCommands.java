package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.CommandException.quoted;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.PendingEntry;
import dev.larder.redis.engine.data.StreamGroup;
import dev.larder.redis.engine.data.StreamId;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Numbers;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Entries that one consumer takes over from another.
 *
 * <p>XCLAIM names the entries, XAUTOCLAIM walks through those that are pending. Either gives what
 * has been idle for long enough to one consumer; what is not in the stream any more is taken off
 * the pending ones.
 *
 * <p>What is journalled is what {@link StreamDelivery} makes of it: XCLAIM with the absolute time
 * of delivery and FORCE, so that a recovery does not ask how long something was idle; XACK for
 * entries that are gone.
 */
final class StreamClaimCommands {
  /** The most entries that XAUTOCLAIM may be asked for. */
  private static final long MOST = Long.MAX_VALUE / 16;

  private StreamClaimCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> write = Set.of(WRITE);
    table.add("xclaim", -6, write, KeyPositions.FIRST, StreamClaimCommands::claim);
    table.add("xautoclaim", -6, write, KeyPositions.FIRST, StreamClaimCommands::autoClaim);
  }

  /**
   * Reads an integer.
   *
   * @param error what the argument is, for the error
   * @throws CommandException if it is none
   */
  private static long integer(Call call, int index, String error) {
    return Numbers.integer(call.arg(index))
        .orElseThrow(() -> new CommandException("ERR Invalid " + error));
  }

  /**
   * The identifiers and options of XCLAIM.
   *
   * @param deliveredAt in ms of the epoch, or -1 if it was not said
   * @param deliveries how often it was delivered, or less than zero if that was not said
   */
  private record Claim(
      List<StreamId> ids,
      long deliveredAt,
      long deliveries,
      boolean force,
      boolean justId,
      StreamId last) {
    /**
     * Reads from index 5 on: identifiers first, then options.
     *
     * @throws CommandException if an option is unknown
     */
    static Claim read(Call call) {
      var ids = new ArrayList<StreamId>();
      int i = 5;
      for (; i < call.size(); i++) {
        try {
          ids.add(StreamArguments.parse(call.arg(i), 0));
        } catch (CommandException e) {
          // It is not an identifier: options begin.
          break;
        }
      }
      long at = -1;
      long deliveries = -1;
      boolean force = false;
      boolean justId = false;
      StreamId last = StreamId.LEAST;
      for (; i < call.size(); i++) {
        boolean more = i + 1 < call.size();
        if (call.is(i, "force")) {
          force = true;
        } else if (call.is(i, "justid")) {
          justId = true;
        } else if (call.is(i, "idle") && more) {
          at = call.keys().now() - integer(call, ++i, "IDLE option argument for XCLAIM");
        } else if (call.is(i, "time") && more) {
          at = integer(call, ++i, "TIME option argument for XCLAIM");
        } else if (call.is(i, "retrycount") && more) {
          deliveries = integer(call, ++i, "RETRYCOUNT option argument for XCLAIM");
        } else if (call.is(i, "lastid") && more) {
          last = StreamArguments.parse(call.arg(++i), 0);
        } else {
          throw CommandException.quoting(
              "ERR Unrecognized XCLAIM option '%s'".formatted(quoted(call.arg(i))));
        }
      }
      return new Claim(ids, at, deliveries, force, justId, last);
    }

    /** When what is claimed counts as delivered: now, if nothing sensible was said. */
    long at(Call call) {
      if (call.keys().recovers()) {
        return deliveredAt;
      }
      long now = call.keys().now();
      return deliveredAt < 0 || deliveredAt > now ? now : deliveredAt;
    }
  }

  /**
   * XCLAIM key group consumer idle id [id …] [IDLE ms] [TIME ms] [RETRYCOUNT count] [FORCE]
   * [JUSTID] [LASTID id]. FORCE makes entries pending that were not; JUSTID does not count as a
   * delivery.
   *
   * @return the entries that are the consumer's now, or only their identifiers
   */
  private static Reply claim(Call call) {
    StreamValue stream = call.stream(call.arg(1));
    StreamGroup group = stream == null ? null : stream.group(call.arg(2));
    if (stream == null || group == null) {
      throw StreamPendingCommands.noGroup(call);
    }
    long minIdle = integer(call, 4, "min-idle-time argument for XCLAIM");
    var claim = Claim.read(call);
    long at = claim.at(call);
    var delivery = new StreamDelivery(call, call.arg(1), stream, call.arg(2), group, call.arg(3));
    if (claim.last.compareTo(group.last()) > 0) {
      delivery.moveTo(claim.last, group.entriesRead());
      delivery.logPosition();
    }
    var shown = new ArrayList<Reply>();
    for (StreamId id : claim.ids) {
      PendingEntry entry = group.pending().get(id);
      List<Bytes> fields = stream.entries().get(id);
      if (fields == null && !call.keys().recovers()) {
        delivery.forget(id);
      } else if (entry == null ? claim.force : isIdle(call, entry, minIdle)) {
        long before = entry == null ? 1 : entry.deliveries();
        delivery.assign(
            id, at, claim.deliveries >= 0 ? claim.deliveries : claim.justId ? before : before + 1);
        shown.add(
            claim.justId || fields == null
                ? Reply.of(id.text())
                : StreamCommands.shown(Map.entry(id, fields)));
      }
    }
    delivery.end();
    return Reply.of(shown);
  }

  /** Whether nobody was given the entry for so many ms. */
  private static boolean isIdle(Call call, PendingEntry entry, long minIdle) {
    return minIdle <= 0 || call.keys().now() - entry.deliveredAt() >= minIdle;
  }

  /**
   * XAUTOCLAIM key group consumer idle start [COUNT count] [JUSTID]. At most ten times as many
   * entries are looked at as are wanted; so one call has a bound.
   *
   * @return the identifier to go on from, {@code 0-0} at the end; the entries; the identifiers of
   *     those that are gone
   */
  private static Reply autoClaim(Call call) {
    long minIdle = integer(call, 4, "min-idle-time argument for XAUTOCLAIM");
    StreamId from = StreamCommands.bound(call.arg(5), true);
    long count = 100;
    boolean justId = false;
    for (int i = 6; i < call.size(); i++) {
      if (call.is(i, "count") && i + 1 < call.size()) {
        count = Numbers.integer(call.arg(++i)).orElse(0);
        if (count < 1 || count > MOST) {
          throw new CommandException("ERR COUNT must be > 0");
        }
      } else if (call.is(i, "justid")) {
        justId = true;
      } else {
        throw CommandException.syntax();
      }
    }
    StreamValue stream = call.stream(call.arg(1));
    StreamGroup group = stream == null ? null : stream.group(call.arg(2));
    if (stream == null || group == null) {
      throw StreamPendingCommands.noGroup(call);
    }
    var delivery = new StreamDelivery(call, call.arg(1), stream, call.arg(2), group, call.arg(3));
    long attempts = count > Long.MAX_VALUE / 10 ? Long.MAX_VALUE : count * 10;
    var shown = new ArrayList<Reply>();
    var deleted = new ArrayList<Reply>();
    Map.Entry<StreamId, PendingEntry> next = group.pending().ceilingEntry(from);
    while (next != null && attempts-- > 0 && shown.size() + deleted.size() < count) {
      StreamId id = next.getKey();
      List<Bytes> fields = stream.entries().get(id);
      if (fields == null) {
        delivery.forget(id);
        deleted.add(Reply.of(id.text()));
      } else if (isIdle(call, next.getValue(), minIdle)) {
        long before = next.getValue().deliveries();
        delivery.assign(id, call.keys().now(), justId ? before : before + 1);
        shown.add(justId ? Reply.of(id.text()) : StreamCommands.shown(Map.entry(id, fields)));
      }
      next = group.pending().higherEntry(id);
    }
    delivery.end();
    StreamId cursor = next == null ? StreamId.LEAST : next.getKey();
    return Reply.of(List.of(Reply.of(cursor.text()), Reply.of(shown), Reply.of(deleted)));
  }
}
