package dev.larder.redis.engine.command;

import static dev.larder.redis.engine.command.Flag.DENY_OOM;
import static dev.larder.redis.engine.command.Flag.READ;
import static dev.larder.redis.engine.command.Flag.WRITE;

import dev.larder.redis.engine.data.StreamId;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Streams: entries in the order of their identifiers.
 *
 * <p>XADD, XLEN, XRANGE, XREVRANGE, XDEL, XTRIM and XSETID. Groups are in {@link
 * StreamGroupCommands}, reading is in {@link StreamReadCommands}. Finding an entry takes
 * logarithmic time.
 *
 * <p>XADD is journalled with the identifier in place of the star, everything else as it was sent.
 * An entry counts 120 bytes, and 24 for each field and each value beside their own.
 */
final class StreamCommands {
  private StreamCommands() {}

  static void addTo(CommandTable table) {
    Set<Flag> growing = Set.of(WRITE, DENY_OOM);
    Set<Flag> write = Set.of(WRITE);
    Set<Flag> read = Set.of(READ);
    var key = KeyPositions.FIRST;
    table.add("xadd", -5, growing, key, StreamCommands::add);
    table.add("xlen", 2, read, key, StreamCommands::len);
    table.add("xrange", -4, read, key, call -> range(call, false));
    table.add("xrevrange", -4, read, key, call -> range(call, true));
    table.add("xdel", -3, write, key, StreamCommands::del);
    table.add("xtrim", -4, write, key, StreamCommands::trim);
    table.add("xsetid", -3, growing, key, StreamCommands::setId);
  }

  /**
   * XADD key [NOMKSTREAM] [trimming] *|id field value [field value …]. The identifier must be
   * greater than any before it, of removed entries too.
   *
   * @return the identifier, or nil if there is no stream and none may be made
   */
  private static Reply add(Call call) {
    var options = StreamArguments.read(call, true);
    int fields = options.id() + 1;
    if (call.size() - fields < 2 || (call.size() - fields) % 2 != 0) {
      throw CommandException.arity(call.name());
    }
    Bytes wanted = call.arg(options.id());
    if (wanted.is("0-0") || wanted.is("0")) {
      throw new CommandException("ERR The ID specified in XADD must be greater than 0-0");
    }
    Bytes key = call.arg(1);
    StreamValue stream = call.stream(key);
    if (stream == null && !options.create()) {
      return Reply.NIL;
    }
    StreamId last = stream == null ? StreamId.LEAST : stream.last();
    if (last.equals(StreamId.MOST)) {
      throw new CommandException(
          "ERR The stream has exhausted the last possible ID, unable to add more items");
    }
    StreamId id = idAfter(last, wanted, call.keys().now());
    if (id.compareTo(last) <= 0) {
      throw new CommandException(
          "ERR The ID specified in XADD is equal or smaller than the target stream top item");
    }
    if (stream == null) {
      stream = new StreamValue();
      call.keys().put(key, stream);
    }
    stream.add(id, List.of(Arrays.copyOfRange(call.parts(), fields, call.size())));
    options.trim(stream);
    call.keys().changed(key, stream);
    Bytes[] effect = call.parts().clone();
    effect[options.id()] = id.text();
    call.log(effect);
    return Reply.of(id.text());
  }

  /**
   * The identifier for an entry after another one. A clock that went back does not matter: the
   * sequence goes on in the last millisecond.
   *
   * @param wanted a star, milliseconds with a star, or an identifier
   * @param now in ms of the epoch
   */
  private static StreamId idAfter(StreamId last, Bytes wanted, long now) {
    if (wanted.is("*")) {
      return Long.compareUnsigned(now, last.millis()) > 0 ? new StreamId(now, 0) : last.next();
    }
    if (!wanted.toString().endsWith("-*")) {
      return StreamArguments.parse(wanted, 0);
    }
    StreamId time = StreamArguments.parse(wanted.slice(0, wanted.length() - 2), 0);
    boolean same = time.millis() == last.millis();
    return same ? new StreamId(last.millis(), last.sequence() + 1) : time;
  }

  private static Reply len(Call call) {
    StreamValue stream = call.stream(call.arg(1));
    return Reply.of(stream == null ? 0 : stream.entries().size());
  }

  /**
   * XRANGE key start end and XREVRANGE key end start [COUNT count], both ends included. A count of
   * zero answers a nil array, as Redis does.
   */
  private static Reply range(Call call, boolean reverse) {
    StreamId from = bound(call.arg(reverse ? 3 : 2), true);
    StreamId to = bound(call.arg(reverse ? 2 : 3), false);
    long count = -1;
    for (int i = 4; i < call.size(); i += 2) {
      if (!call.is(i, "count") || i + 1 == call.size()) {
        throw CommandException.syntax();
      }
      count = Math.max(0, call.integer(i + 1));
    }
    StreamValue stream = call.stream(call.arg(1));
    if (stream == null) {
      return Reply.EMPTY_ARRAY;
    }
    if (count == 0) {
      return Reply.NIL_ARRAY;
    }
    if (from.compareTo(to) > 0) {
      return Reply.EMPTY_ARRAY;
    }
    var within = stream.entries().subMap(from, true, to, true);
    var shown = new ArrayList<Reply>();
    for (Map.Entry<StreamId, List<Bytes>> entry :
        (reverse ? within.descendingMap() : within).entrySet()) {
      shown.add(shown(entry));
      if (shown.size() == count) {
        break;
      }
    }
    return Reply.of(shown);
  }

  /** An entry as it is shown: its identifier, and its fields. */
  static Reply shown(Map.Entry<StreamId, List<Bytes>> entry) {
    return Reply.of(List.of(Reply.of(entry.getKey().text()), Reply.ofStrings(entry.getValue())));
  }

  /**
   * A bound of a range of identifiers: {@code -}, {@code +}, an identifier, or one that is
   * excluded.
   *
   * @param text as it was sent
   * @param lower whether a missing sequence is the least, and an excluded bound the one after it
   * @throws CommandException if it is none, or nothing can lie beyond it
   */
  static StreamId bound(Bytes text, boolean lower) {
    if (text.is("-")) {
      return StreamId.LEAST;
    }
    if (text.is("+")) {
      return StreamId.MOST;
    }
    boolean open = text.length() > 1 && text.at(0) == '(';
    StreamId id = StreamArguments.parse(open ? text.slice(1, text.length()) : text, lower ? 0 : -1);
    if (!open) {
      return id;
    }
    if (id.equals(lower ? StreamId.MOST : StreamId.LEAST)) {
      throw new CommandException(
          "ERR invalid " + (lower ? "start" : "end") + " ID for the interval");
    }
    return lower ? id.next() : id.previous();
  }

  /**
   * XDEL key id [id …]. All identifiers are read before one is removed; the greatest that was
   * removed is remembered, for the lag of groups.
   *
   * @return how many entries there were
   */
  private static Reply del(Call call) {
    StreamValue stream = call.stream(call.arg(1));
    if (stream == null) {
      return Reply.ZERO;
    }
    var ids = new ArrayList<StreamId>();
    for (int i = 2; i < call.size(); i++) {
      ids.add(StreamArguments.parse(call.arg(i), 0));
    }
    int removed = 0;
    for (StreamId id : ids) {
      if (stream.remove(id)) {
        removed++;
        if (id.compareTo(stream.maxDeleted()) > 0) {
          stream.setMaxDeleted(id);
        }
      }
    }
    if (removed > 0) {
      call.keys().changed(call.arg(1), stream);
    }
    return Reply.of(removed);
  }

  /**
   * XTRIM key threshold.
   *
   * @return how many entries were removed
   */
  private static Reply trim(Call call) {
    var options = StreamArguments.read(call, false);
    StreamValue stream = call.stream(call.arg(1));
    if (stream == null) {
      return Reply.ZERO;
    }
    long removed = options.trim(stream);
    if (removed > 0) {
      call.keys().changed(call.arg(1), stream);
    }
    return Reply.of(removed);
  }

  /**
   * XSETID key id [ENTRIESADDED count] [MAXDELETEDID id]; snapshots write it.
   *
   * @throws CommandException if there is no stream, or it has more or later entries than that says
   */
  private static Reply setId(Call call) {
    StreamId id = StreamArguments.parse(call.arg(2), 0);
    long added = -1;
    StreamId maxDeleted = StreamId.LEAST;
    for (int i = 3; i < call.size(); i += 2) {
      if (call.is(i, "entriesadded") && i + 1 < call.size()) {
        added = call.integer(i + 1);
        if (added < 0) {
          throw new CommandException("ERR entries_added must be positive");
        }
      } else if (call.is(i, "maxdeletedid") && i + 1 < call.size()) {
        maxDeleted = StreamArguments.parse(call.arg(i + 1), 0);
        if (id.compareTo(maxDeleted) < 0) {
          throw new CommandException(
              "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
        }
      } else {
        throw CommandException.syntax();
      }
    }
    StreamValue stream = call.stream(call.arg(1));
    if (stream == null) {
      throw new CommandException("ERR no such key");
    }
    if (!stream.entries().isEmpty() && id.compareTo(stream.entries().lastKey()) < 0) {
      throw new CommandException(
          "ERR The ID specified in XSETID is smaller than the target stream top item");
    }
    if (added >= 0 && added < stream.entries().size()) {
      throw new CommandException(
          "ERR The entries_added specified in XSETID is smaller than the target stream length");
    }
    stream.setLast(id);
    if (added >= 0) {
      stream.setEntriesAdded(added);
    }
    if (!maxDeleted.equals(StreamId.LEAST)) {
      stream.setMaxDeleted(maxDeleted);
    }
    call.keys().changed(call.arg(1), stream);
    return Reply.OK;
  }
}
