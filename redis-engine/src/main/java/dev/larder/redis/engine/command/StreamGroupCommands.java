package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.CommandException.quoted;
import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.StreamConsumer;
import dev.larder.redis.engine.data.StreamGroup;
import dev.larder.redis.engine.data.StreamId;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Groups of consumers, and what they acknowledge.
 *
 * <p>XGROUP CREATE, SETID, DESTROY, CREATECONSUMER, DELCONSUMER and HELP, and XACK. All are
 * journalled as they were sent. A group counts 300 bytes, each consumer 300, each pending entry
 * 150.
 *
 * <p>A stream that is missing answers {@code ERR The XGROUP subcommand requires the key to exist},
 * a group that is missing {@code NOGROUP}.
 */
final class StreamGroupCommands {
  private static final String HELP =
      """
      CREATE <key> <groupname> <id|$> [option]
          Create a new consumer group. Options are:
          * MKSTREAM
            Create the empty stream if it does not exist.
          * ENTRIESREAD entries_read
            Set the group's entries_read counter (internal use).
      CREATECONSUMER <key> <groupname> <consumer>
          Create a new consumer in the specified group.
      DELCONSUMER <key> <groupname> <consumer>
          Remove the specified consumer.
      DESTROY <key> <groupname>
          Remove the specified group.
      SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]
          Set the current group ID and entries_read counter.
      """;

  private StreamGroupCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    Set<Flag> write = Set.of(WRITE);
    var key = KeyPositions.range(2, 2, 1);
    table.add("xgroup|create", -5, growing, key, StreamGroupCommands::create);
    table.add("xgroup|setid", -5, write, key, StreamGroupCommands::setId);
    table.add("xgroup|destroy", 4, write, key, StreamGroupCommands::destroy);
    table.add("xgroup|createconsumer", 5, growing, key, StreamGroupCommands::createConsumer);
    table.add("xgroup|delconsumer", 5, write, key, StreamGroupCommands::deleteConsumer);
    table.add("xgroup|help", 2, Set.of(READ), KeyPositions.NONE, c -> Help.of("XGROUP", HELP));
    table.add("xack", -4, write, KeyPositions.FIRST, StreamGroupCommands::acknowledge);
  }

  /**
   * The options of XGROUP CREATE and SETID.
   *
   * @param make whether the stream is made if there is none
   * @param entriesRead how many entries the group has read, or {@link StreamGroup#UNKNOWN}
   */
  private record Options(boolean make, long entriesRead) {
    /**
     * Reads the options from index 5 on.
     *
     * @param creating whether MKSTREAM is allowed
     * @throws CommandException if one is unknown, or the number is less than -1
     */
    static Options read(Call call, boolean creating) {
      boolean make = false;
      long entriesRead = StreamGroup.UNKNOWN;
      for (int i = 5; i < call.size(); i++) {
        if (creating && call.is(i, "mkstream")) {
          make = true;
        } else if (call.is(i, "entriesread") && i + 1 < call.size()) {
          entriesRead = call.integer(++i);
          if (entriesRead < 0 && entriesRead != StreamGroup.UNKNOWN) {
            throw new CommandException("ERR value for ENTRIESREAD must be positive or -1");
          }
        } else {
          throw CommandException.subcommand(call);
        }
      }
      return new Options(make, entriesRead);
    }
  }

  /** The stream, which must be there. */
  private static StreamValue existing(@Nullable StreamValue stream) {
    if (stream == null) {
      throw new CommandException(
          "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want"
              + " to use the MKSTREAM option to create an empty stream automatically.");
    }
    return stream;
  }

  /**
   * The group that the part at index 3 names.
   *
   * @throws CommandException if there is none
   */
  private static StreamGroup groupOf(Call call, StreamValue stream) {
    StreamGroup group = stream.group(call.arg(3));
    if (group == null) {
      throw noGroup(call.arg(2), call.arg(3));
    }
    return group;
  }

  /** There is no such group of a stream that is there. */
  static CommandException noGroup(Bytes key, Bytes group) {
    return CommandException.quoting(
        "NOGROUP No such consumer group '%s' for key name '%s'"
            .formatted(quoted(group), quoted(key)));
  }

  /**
   * XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD count]. With the dollar the group reads
   * what is added from now on. A group that is there answers {@code BUSYGROUP}.
   */
  private static Reply create(Call call) {
    var options = Options.read(call, true);
    Bytes key = call.arg(2);
    StreamValue stream = call.stream(key);
    if (!options.make) {
      existing(stream);
    }
    if (call.size() > 8) {
      throw CommandException.subcommand(call);
    }
    StreamId last = stream == null ? StreamId.LEAST : stream.last();
    if (!call.arg(4).is("$")) {
      last = StreamArguments.parse(call.arg(4), 0);
    }
    if (stream == null) {
      stream = new StreamValue();
      call.keys().put(key, stream);
    }
    if (stream.group(call.arg(3)) != null) {
      return new Reply.SimpleError("BUSYGROUP Consumer Group name already exists");
    }
    stream.addGroup(call.arg(3), last, options.entriesRead);
    call.keys().changed(key, stream);
    return Reply.OK;
  }

  /** XGROUP SETID key group id|$ [ENTRIESREAD count]. What is pending stays pending. */
  private static Reply setId(Call call) {
    var options = Options.read(call, false);
    StreamValue stream = existing(call.stream(call.arg(2)));
    StreamGroup group = groupOf(call, stream);
    if (call.size() > 7) {
      throw CommandException.subcommand(call);
    }
    StreamId last = call.arg(4).is("$") ? stream.last() : bound(call.arg(4));
    group.moveTo(last, options.entriesRead);
    call.keys().changed(call.arg(2), stream);
    return Reply.OK;
  }

  /** An identifier, or the least or the greatest one by its sign. */
  private static StreamId bound(Bytes text) {
    return text.is("-")
        ? StreamId.LEAST
        : text.is("+") ? StreamId.MOST : StreamArguments.parse(text, 0);
  }

  /**
   * XGROUP DESTROY key group.
   *
   * @return 1 if there was such a group, with its consumers; 0 otherwise
   */
  private static Reply destroy(Call call) {
    StreamValue stream = existing(call.stream(call.arg(2)));
    if (!stream.removeGroup(call.arg(3))) {
      return Reply.ZERO;
    }
    call.keys().changed(call.arg(2), stream);
    return Reply.ONE;
  }

  /**
   * XGROUP CREATECONSUMER key group consumer.
   *
   * @return 1 if it is new, 0 otherwise
   */
  private static Reply createConsumer(Call call) {
    StreamValue stream = existing(call.stream(call.arg(2)));
    StreamGroup group = groupOf(call, stream);
    if (group.consumer(call.arg(4)) != null) {
      return Reply.ZERO;
    }
    StreamConsumer consumer = group.addConsumer(call.arg(4));
    if (!call.keys().recovers()) {
      consumer.see(call.keys().now());
    }
    call.keys().changed(call.arg(2), stream);
    return Reply.ONE;
  }

  /**
   * XGROUP DELCONSUMER key group consumer.
   *
   * @return how many entries were pending, which are delivered to nobody any more
   */
  private static Reply deleteConsumer(Call call) {
    StreamValue stream = existing(call.stream(call.arg(2)));
    StreamGroup group = groupOf(call, stream);
    StreamConsumer consumer = group.consumer(call.arg(4));
    if (consumer == null) {
      return Reply.ZERO;
    }
    long pending = consumer.pending().size();
    group.removeConsumer(consumer);
    call.keys().changed(call.arg(2), stream);
    return Reply.of(pending);
  }

  /**
   * XACK key group id [id …].
   *
   * @return how many were pending; 0 if there is no such group
   */
  private static Reply acknowledge(Call call) {
    StreamValue stream = call.stream(call.arg(1));
    StreamGroup group = stream == null ? null : stream.group(call.arg(2));
    if (stream == null || group == null) {
      return Reply.ZERO;
    }
    var ids = new ArrayList<StreamId>();
    for (int i = 3; i < call.size(); i++) {
      ids.add(StreamArguments.parse(call.arg(i), 0));
    }
    long acknowledged = ids.stream().filter(group::acknowledge).count();
    if (acknowledged > 0) {
      call.keys().changed(call.arg(1), stream);
    }
    return Reply.of(acknowledged);
  }
}
