package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.CommandException.quoted;
import static dev.larder.redis.engine.command.Flag.READ;

import dev.larder.redis.engine.data.PendingEntry;
import dev.larder.redis.engine.data.StreamConsumer;
import dev.larder.redis.engine.data.StreamGroup;
import dev.larder.redis.engine.data.StreamId;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What groups have not acknowledged.
 *
 * <p>XPENDING key group answers a summary: how many, the first, the last, and how many of each
 * consumer. XPENDING key group [IDLE ms] start end count [consumer] answers entries with their
 * consumer, ms since the delivery, and the number of deliveries. Nothing is changed.
 */
final class StreamPendingCommands {
  private StreamPendingCommands() {}

  static void addTo(CommandTable table) {
    table.add("xpending", -3, Set.of(READ), KeyPositions.FIRST, StreamPendingCommands::pending);
  }

  /**
   * Which entries are asked for.
   *
   * @param minIdle for how many ms an entry was not delivered; zero for all
   * @param from the first identifier
   * @param to the last identifier, included
   * @param count how many are wanted at most
   * @param consumer whose they are; null for all
   */
  private record Options(
      long minIdle, StreamId from, StreamId to, long count, @Nullable Bytes consumer) {
    /**
     * Reads the options from index 3 on.
     *
     * @throws CommandException if a number or an identifier is none
     */
    static Options read(Call call) {
      int i = 3;
      long minIdle = 0;
      if (call.is(3, "idle")) {
        minIdle = call.integer(4);
        if (call.size() < 8) {
          throw CommandException.syntax();
        }
        i = 5;
      }
      long count = Math.max(0, call.integer(i + 2));
      StreamId from = StreamCommands.bound(call.arg(i), true);
      StreamId to = StreamCommands.bound(call.arg(i + 1), false);
      Bytes consumer = i + 3 < call.size() ? call.arg(i + 3) : null;
      return new Options(minIdle, from, to, count, consumer);
    }
  }

  /** There is no such group, and maybe no such stream. */
  static CommandException noGroup(Call call) {
    return CommandException.quoting(
        "NOGROUP No such key '%s' or consumer group '%s'"
            .formatted(quoted(call.arg(1)), quoted(call.arg(2))));
  }

  /**
   * Answers either form.
   *
   * @throws CommandException if there is no such group
   */
  private static Reply pending(Call call) {
    if (call.size() != 3 && (call.size() < 6 || call.size() > 9)) {
      throw CommandException.syntax();
    }
    Options options = call.size() == 3 ? null : Options.read(call);
    StreamValue stream = call.stream(call.arg(1));
    StreamGroup group = stream == null ? null : stream.group(call.arg(2));
    if (group == null) {
      throw noGroup(call);
    }
    return options == null ? summary(group) : entries(group, options, call.keys().now());
  }

  /** The summary, in time that grows with the consumers. */
  private static Reply summary(StreamGroup group) {
    if (group.pending().isEmpty()) {
      return Reply.of(List.of(Reply.ZERO, Reply.NIL, Reply.NIL, Reply.NIL_ARRAY));
    }
    var consumers = new ArrayList<Reply>();
    group
        .consumers()
        .forEach((name, consumer) -> {
          if (!consumer.pending().isEmpty()) {
            consumers.add(Reply.ofStrings(List.of(name, Bytes.of(consumer.pending().size()))));
          }
        });
    return Reply.of(
        List.of(
            Reply.of(group.pending().size()),
            Reply.of(group.pending().firstKey().text()),
            Reply.of(group.pending().lastKey().text()),
            Reply.of(consumers)));
  }

  /** The entries from the first identifier on, until there are enough. */
  private static Reply entries(StreamGroup group, Options options, long now) {
    NavigableMap<StreamId, PendingEntry> pending = group.pending();
    if (options.consumer != null) {
      StreamConsumer consumer = group.consumer(options.consumer);
      if (consumer == null) {
        return Reply.EMPTY_ARRAY;
      }
      pending = consumer.pending();
    }
    var shown = new ArrayList<Reply>();
    for (Map.Entry<StreamId, PendingEntry> each : pending.tailMap(options.from, true).entrySet()) {
      if (shown.size() == options.count || each.getKey().compareTo(options.to) > 0) {
        break;
      }
      PendingEntry entry = each.getValue();
      long idle = now - entry.deliveredAt();
      if (options.minIdle == 0 || idle >= options.minIdle) {
        shown.add(
            Reply.of(
                List.of(
                    Reply.of(each.getKey().text()),
                    Reply.of(entry.consumer().name()),
                    Reply.of(Math.max(0, idle)),
                    Reply.of(entry.deliveries()))));
      }
    }
    return Reply.of(shown);
  }
}
