package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.CommandException.quoted;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.PendingEntry;
import dev.larder.redis.engine.data.StreamGroup;
import dev.larder.redis.engine.data.StreamId;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Several streams read at once, for oneself or for a group. Nobody waits for what is to come.
 *
 * <p>XREAD [COUNT count] STREAMS key [key …] id [id …], and XREADGROUP GROUP group consumer with
 * the same and NOACK. BLOCK is refused in the words Redis has for scripts.
 *
 * <p>XREAD changes nothing. XREADGROUP is journalled as what it delivered: XGROUP SETID for the
 * group's place, XCLAIM for the entries, XGROUP CREATECONSUMER for a new consumer.
 */
final class StreamReadCommands {
  private StreamReadCommands() {}

  static void addTo(CommandTable table) {
    table.add("xread", -4, Set.of(READ), StreamReadCommands::keys, StreamReadCommands::read);
    table.add("xreadgroup", -7, Set.of(WRITE), StreamReadCommands::keys, StreamReadCommands::read);
  }

  /** The first half of what follows STREAMS. */
  private static int[] keys(Bytes[] parts) {
    for (int i = 1; i < parts.length; i++) {
      if (parts[i].is("streams")) {
        return IntStream.range(i + 1, i + 1 + (parts.length - i - 1) / 2).toArray();
      }
    }
    return new int[0];
  }

  /**
   * The options before the names of streams.
   *
   * @param count how many entries of each stream; zero for all
   * @param noAck whether what is delivered is not pending
   * @param group null for XREAD
   * @param consumer no bytes for XREAD
   * @param streams the index of the first key
   */
  private record Options(
      long count, boolean noAck, @Nullable Bytes group, Bytes consumer, int streams) {
    /**
     * Reads the options up to STREAMS.
     *
     * @throws CommandException if one is unknown, is for the other command, or the keys have not as
     *     many identifiers
     */
    static Options read(Call call) {
      boolean grouped = call.name().equals("xreadgroup");
      long count = 0;
      boolean noAck = false;
      Bytes group = null;
      Bytes consumer = Bytes.EMPTY;
      int streams = 0;
      for (int i = 1; i < call.size() && streams == 0; i++) {
        int more = call.size() - 1 - i;
        if (call.is(i, "block") && more > 0) {
          throw CommandException.quoting(
              "ERR %s command is not allowed with BLOCK option from scripts"
                  .formatted(quoted(call.arg(0))));
        } else if (call.is(i, "count") && more > 0) {
          count = Math.max(0, call.integer(++i));
        } else if (call.is(i, "streams") && more > 0) {
          if (more % 2 != 0) {
            throw new CommandException(
                "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be"
                    + " specified.");
          }
          streams = i + 1;
        } else if (call.is(i, "group") && more >= 2) {
          checkGrouped(grouped, "GROUP");
          group = call.arg(i + 1);
          consumer = call.arg(i + 2);
          i += 2;
        } else if (call.is(i, "noack")) {
          checkGrouped(grouped, "NOACK");
          noAck = true;
        } else {
          throw CommandException.syntax();
        }
      }
      if (streams == 0) {
        throw CommandException.syntax();
      }
      if (grouped && group == null) {
        throw new CommandException("ERR Missing GROUP option for XREADGROUP");
      }
      return new Options(count, noAck, group, consumer, streams);
    }

    /** Fails if an option of XREADGROUP is used by XREAD. */
    private static void checkGrouped(boolean grouped, String option) {
      if (!grouped) {
        throw new CommandException(
            "ERR The %s option is only supported by XREADGROUP. You called XREAD instead."
                .formatted(option));
      }
    }
  }

  /**
   * All identifiers are read before anything is delivered. A stream with nothing new is not in the
   * reply.
   *
   * @return an array of keys with their entries, or a nil array if there is nothing at all
   */
  private static Reply read(Call call) {
    var options = Options.read(call);
    int count = (call.size() - options.streams) / 2;
    var after = new ArrayList<StreamId>(count);
    for (int i = 0; i < count; i++) {
      Bytes key = call.arg(options.streams + i);
      after.add(after(call, key, call.arg(options.streams + count + i), options));
    }
    var read = new ArrayList<Reply>();
    for (int i = 0; i < count; i++) {
      Bytes key = call.arg(options.streams + i);
      StreamValue stream = call.stream(key);
      if (stream != null) {
        List<Reply> entries = entries(call, key, stream, after.get(i), options);
        if (entries != null) {
          read.add(Reply.of(List.of(Reply.of(key), Reply.of(entries))));
        }
      }
    }
    return read.isEmpty() ? Reply.NIL_ARRAY : Reply.of(read);
  }

  /** The identifier to read after, or {@link StreamId#MOST} for what the group has not read. */
  private static StreamId after(Call call, Bytes key, Bytes id, Options options) {
    StreamValue stream = call.stream(key);
    if (options.group != null && (stream == null || stream.group(options.group) == null)) {
      throw CommandException.quoting(
          "NOGROUP No such key '%s' or consumer group '%s' in XREADGROUP with GROUP option"
              .formatted(quoted(key), quoted(options.group)));
    }
    if (id.is("$")) {
      if (options.group != null) {
        throw new CommandException(
            "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history"
                + " of this consumer by specifying a proper ID, or use the > ID to get new"
                + " messages. The $ ID would just return an empty result set.");
      }
      return stream == null ? StreamId.LEAST : stream.last();
    }
    if (id.is(">")) {
      if (options.group == null) {
        throw new CommandException(
            "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group>"
                + " <consumer> option.");
      }
      return StreamId.MOST;
    }
    return StreamArguments.parse(id, 0);
  }

  /** What is read of a stream, or null if it is not in the reply. */
  private static @Nullable List<Reply> entries(
      Call call, Bytes key, StreamValue stream, StreamId after, Options options) {
    StreamId newest = stream.entries().isEmpty() ? null : stream.entries().lastKey();
    if (options.group == null) {
      return newest != null && newest.compareTo(after) > 0
          ? unread(stream, after, options.count)
          : null;
    }
    StreamGroup group = stream.group(options.group);
    if (group == null) {
      return null;
    }
    boolean history = !after.equals(StreamId.MOST);
    if (!history && (newest == null || newest.compareTo(group.last()) <= 0)) {
      return null;
    }
    var delivery = new StreamDelivery(call, key, stream, options.group, group, options.consumer);
    delivery.consumer();
    List<Reply> read =
        history
            ? history(call, delivery, stream, after, options.count)
            : deliver(call, delivery, stream, group, options);
    delivery.end();
    return read;
  }

  /** Entries after an identifier, for oneself. */
  private static List<Reply> unread(StreamValue stream, StreamId after, long count) {
    var shown = new ArrayList<Reply>();
    for (Map.Entry<StreamId, List<Bytes>> entry :
        stream.entries().tailMap(after, false).entrySet()) {
      shown.add(StreamCommands.shown(entry));
      if (shown.size() == count) {
        break;
      }
    }
    return shown;
  }

  /**
   * Entries that no consumer of the group has read. Each moves the group on; without NOACK each is
   * pending.
   */
  private static List<Reply> deliver(
      Call call, StreamDelivery delivery, StreamValue stream, StreamGroup group, Options options) {
    var shown = new ArrayList<Reply>();
    for (Map.Entry<StreamId, List<Bytes>> entry :
        stream.entries().tailMap(group.last(), false).entrySet()) {
      StreamId id = entry.getKey();
      delivery.moveTo(id, StreamProgress.after(stream, group, id));
      shown.add(StreamCommands.shown(entry));
      if (!options.noAck) {
        delivery.assign(id, call.keys().now(), 1);
      }
      if (shown.size() == options.count) {
        break;
      }
    }
    delivery.logPosition();
    return shown;
  }

  /**
   * What the consumer has not acknowledged, delivered to it once more.
   *
   * <p>An entry that is not in the stream any more is shown with a nil array.
   */
  private static List<Reply> history(
      Call call, StreamDelivery delivery, StreamValue stream, StreamId after, long count) {
    var shown = new ArrayList<Reply>();
    for (Map.Entry<StreamId, PendingEntry> each :
        delivery.consumer().pending().tailMap(after, false).entrySet()) {
      StreamId id = each.getKey();
      List<Bytes> fields = stream.entries().get(id);
      if (fields == null) {
        shown.add(Reply.of(List.of(Reply.of(id.text()), Reply.NIL_ARRAY)));
      } else {
        shown.add(StreamCommands.shown(Map.entry(id, fields)));
        delivery.assign(id, call.keys().now(), each.getValue().deliveries() + 1);
      }
      if (shown.size() == count) {
        break;
      }
    }
    return shown;
  }
}
