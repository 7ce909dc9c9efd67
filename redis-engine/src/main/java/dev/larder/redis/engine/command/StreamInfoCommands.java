package dev.larder.redis.engine.command;

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
import java.util.OptionalLong;
import java.util.Set;

/**
 * XINFO: what there is to know of a stream and its groups.
 *
 * <p>XINFO STREAM, GROUPS, CONSUMERS and HELP. Answers are names and values in turn, in the order
 * of Redis 7.0, since clients read them by place. Numbers of nodes are made up from the number of
 * entries: a stream is no radix tree here. Nothing is changed.
 */
final class StreamInfoCommands {
  private static final String HELP =
      """
      CONSUMERS <key> <groupname>
          Show consumers of <groupname>.
      GROUPS <key>
          Show the stream consumer groups.
      STREAM <key> [FULL [COUNT <count>]
          Show information about the stream.
      """;

  /** How many entries Redis keeps in a node, of which its answer gives the number. */
  private static final int NODE = 100;

  private StreamInfoCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> read = Set.of(READ);
    var key = KeyPositions.range(2, 2, 1);
    table.add("xinfo|stream", -3, read, key, StreamInfoCommands::stream);
    table.add("xinfo|groups", 3, read, key, StreamInfoCommands::groups);
    table.add("xinfo|consumers", 4, read, key, StreamInfoCommands::consumers);
    table.add("xinfo|help", 2, read, KeyPositions.NONE, call -> Help.of("XINFO", HELP));
  }

  /** Names and values, one after the other. */
  private static final class Fields {
    private final List<Reply> shown = new ArrayList<>();

    /** Adds a field. */
    Fields add(String name, Reply value) {
      shown.add(Reply.of(Bytes.of(name)));
      shown.add(value);
      return this;
    }

    /** Adds an integer. */
    Fields add(String name, long value) {
      return add(name, Reply.of(value));
    }

    /** Adds an identifier. */
    Fields add(String name, StreamId id) {
      return add(name, Reply.of(id.text()));
    }

    /** All fields, as an array. */
    Reply reply() {
      return Reply.of(shown);
    }
  }

  /**
   * The stream of the key at index 2.
   *
   * @throws CommandException if there is none
   */
  private static StreamValue existing(Call call) {
    StreamValue stream = call.stream(call.arg(2));
    if (stream == null) {
      throw new CommandException("ERR no such key");
    }
    return stream;
  }

  /**
   * XINFO STREAM key [FULL [COUNT count]]. FULL shows entries and pending ones, ten of each if no
   * count is said, all for a count of zero.
   */
  private static Reply stream(Call call) {
    StreamValue stream = existing(call);
    boolean full = call.size() > 3;
    long count = 10;
    if (full) {
      boolean counted = call.size() == 6 && call.is(4, "count");
      if (!call.is(3, "full") || (call.size() != 4 && !counted)) {
        throw CommandException.subcommand(call);
      }
      if (counted) {
        count = call.integer(5);
        count = count < 0 ? 10 : count;
      }
    }
    long most = count == 0 ? Long.MAX_VALUE : count;
    int nodes = (stream.entries().size() + NODE - 1) / NODE;
    var fields =
        new Fields()
            .add("length", stream.entries().size())
            .add("radix-tree-keys", nodes)
            .add("radix-tree-nodes", nodes + 1L)
            .add("last-generated-id", stream.last())
            .add("max-deleted-entry-id", stream.maxDeleted())
            .add("entries-added", stream.entriesAdded())
            .add("recorded-first-entry-id", stream.first());
    if (!full) {
      return fields
          .add("groups", stream.groups().size())
          .add("first-entry", shown(stream.entries().firstEntry()))
          .add("last-entry", shown(stream.entries().lastEntry()))
          .reply();
    }
    var entries = new ArrayList<Reply>();
    stream.entries().entrySet().stream()
        .limit(most)
        .forEach(entry -> entries.add(StreamCommands.shown(entry)));
    var groups = new ArrayList<Reply>();
    stream
        .groups()
        .forEach((name, group) -> groups.add(full(name, stream, group, most, call.keys().now())));
    return fields.add("entries", Reply.of(entries)).add("groups", Reply.of(groups)).reply();
  }

  /** An entry, or nil. */
  private static Reply shown(Map.Entry<StreamId, List<Bytes>> entry) {
    return entry == null ? Reply.NIL : StreamCommands.shown(entry);
  }

  /** A number of entries, or nil if it is not known. */
  private static Reply known(long entriesRead) {
    return entriesRead == StreamGroup.UNKNOWN ? Reply.NIL : Reply.of(entriesRead);
  }

  /** How many entries a group has not read, or nil if that cannot be said. */
  private static Reply lag(StreamValue stream, StreamGroup group) {
    OptionalLong lag = StreamProgress.lag(stream, group);
    return lag.isPresent() ? Reply.of(lag.getAsLong()) : Reply.NIL;
  }

  /**
   * A group with its pending entries and its consumers.
   *
   * @param most how many pending entries are shown, of the group and of each consumer
   * @param now in ms of the epoch
   */
  private static Reply full(
      Bytes name, StreamValue stream, StreamGroup group, long most, long now) {
    var pending = new ArrayList<Reply>();
    group.pending().entrySet().stream()
        .limit(most)
        .forEach(each -> pending.add(pending(each, true)));
    var consumers = new ArrayList<Reply>();
    group.consumers().values().forEach(consumer -> consumers.add(full(consumer, most, now)));
    return new Fields()
        .add("name", Reply.of(name))
        .add("last-delivered-id", group.last())
        .add("entries-read", known(group.entriesRead()))
        .add("lag", lag(stream, group))
        .add("pel-count", group.pending().size())
        .add("pending", Reply.of(pending))
        .add("consumers", Reply.of(consumers))
        .reply();
  }

  /**
   * A consumer with its pending entries; it is shown as seen now if nobody saw it since the
   * database was opened.
   */
  private static Reply full(StreamConsumer consumer, long most, long now) {
    var pending = new ArrayList<Reply>();
    consumer.pending().entrySet().stream()
        .limit(most)
        .forEach(each -> pending.add(pending(each, false)));
    return new Fields()
        .add("name", Reply.of(consumer.name()))
        .add("seen-time", consumer.seenAt(now))
        .add("pel-count", consumer.pending().size())
        .add("pending", Reply.of(pending))
        .reply();
  }

  /**
   * A pending entry.
   *
   * @param withConsumer whether its consumer is shown, too
   */
  private static Reply pending(Map.Entry<StreamId, PendingEntry> each, boolean withConsumer) {
    PendingEntry entry = each.getValue();
    var shown = new ArrayList<Reply>();
    shown.add(Reply.of(each.getKey().text()));
    if (withConsumer) {
      shown.add(Reply.of(entry.consumer().name()));
    }
    shown.add(Reply.of(entry.deliveredAt()));
    shown.add(Reply.of(entry.deliveries()));
    return Reply.of(shown);
  }

  /** XINFO GROUPS key. */
  private static Reply groups(Call call) {
    StreamValue stream = existing(call);
    var shown = new ArrayList<Reply>();
    stream
        .groups()
        .forEach((name, group) ->
            shown.add(
                new Fields()
                    .add("name", Reply.of(name))
                    .add("consumers", group.consumers().size())
                    .add("pending", group.pending().size())
                    .add("last-delivered-id", group.last())
                    .add("entries-read", known(group.entriesRead()))
                    .add("lag", lag(stream, group))
                    .reply()));
    return Reply.of(shown);
  }

  /** XINFO CONSUMERS key group; idle is in ms. */
  private static Reply consumers(Call call) {
    StreamGroup group = existing(call).group(call.arg(3));
    if (group == null) {
      throw StreamGroupCommands.noGroup(call.arg(2), call.arg(3));
    }
    long now = call.keys().now();
    var shown = new ArrayList<Reply>();
    for (StreamConsumer consumer : group.consumers().values()) {
      shown.add(
          new Fields()
              .add("name", Reply.of(consumer.name()))
              .add("pending", consumer.pending().size())
              .add("idle", Math.max(0, now - consumer.seenAt(now)))
              .reply());
    }
    return Reply.of(shown);
  }
}
