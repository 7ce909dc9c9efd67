package dev.larder.redis.engine.command;

import dev.larder.redis.engine.data.StreamConsumer;
import dev.larder.redis.engine.data.StreamGroup;
import dev.larder.redis.engine.data.StreamId;
import dev.larder.redis.engine.data.StreamValue;
import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a command delivers to a consumer of a group, logged so that it is the same whenever it is
 * run: with the time of delivery, and the number of deliveries.
 *
 * <p>Its log is of four commands. XGROUP CREATECONSUMER makes the consumer, XGROUP SETID says how
 * far the group has read, XCLAIM with TIME, RETRYCOUNT, FORCE and JUSTID gives it entries, XACK
 * takes those that are gone. Entries that share time and count are one XCLAIM.
 *
 * <p>It lives for one command. {@link #end} must be called, also if nothing was delivered: it keeps
 * the command itself out of the log.
 */
final class StreamDelivery {
  private static final Bytes XCLAIM = Bytes.of("XCLAIM");
  private static final Bytes XACK = Bytes.of("XACK");
  private static final Bytes XGROUP = Bytes.of("XGROUP");
  private static final Bytes SETID = Bytes.of("SETID");
  private static final Bytes CREATECONSUMER = Bytes.of("CREATECONSUMER");
  private static final Bytes ENTRIESREAD = Bytes.of("ENTRIESREAD");
  private static final Bytes TIME = Bytes.of("TIME");
  private static final Bytes RETRYCOUNT = Bytes.of("RETRYCOUNT");
  private static final Bytes FORCE = Bytes.of("FORCE");
  private static final Bytes JUSTID = Bytes.of("JUSTID");

  private final Call call;
  private final Bytes key;
  private final StreamValue stream;
  private final Bytes groupName;
  private final StreamGroup group;
  private final Bytes name;
  private @Nullable StreamConsumer consumer;

  /** Entries that are logged together: those delivered at one time, and as often. */
  private final List<Bytes> batch = new ArrayList<>();

  private long batchAt;
  private long batchDeliveries;
  private boolean changed;

  /** Delivers to the consumer of a name, who is made once there is something for it. */
  StreamDelivery(
      Call call, Bytes key, StreamValue stream, Bytes groupName, StreamGroup group, Bytes name) {
    this.call = call;
    this.key = key;
    this.stream = stream;
    this.groupName = groupName;
    this.group = group;
    this.name = name;
  }

  /** The consumer, which is seen by being asked for. */
  StreamConsumer consumer() {
    StreamConsumer known = consumer;
    if (known == null) {
      known = group.consumer(name);
      if (known == null) {
        known = group.addConsumer(name);
        log(XGROUP, CREATECONSUMER, key, groupName, name);
      }
      if (!call.keys().recovers()) {
        known.see(call.keys().now());
      }
      consumer = known;
    }
    return known;
  }

  /**
   * Gives the consumer an entry, delivered at a time in ms of the epoch, for the so-manieth time.
   *
   * @param id of the entry
   * @param at in ms of the epoch
   * @param deliveries how often that makes
   */
  void assign(StreamId id, long at, long deliveries) {
    group.assign(id, consumer(), at, deliveries);
    if (at != batchAt || deliveries != batchDeliveries) {
      flush();
    }
    batchAt = at;
    batchDeliveries = deliveries;
    batch.add(id.text());
  }

  /** Takes an entry that is not there any more from whoever had it. */
  void forget(StreamId id) {
    if (group.acknowledge(id)) {
      log(XACK, key, groupName, id.text());
    }
  }

  /**
   * Says how far the group has read.
   *
   * @param id of the last entry that was delivered
   * @param entriesRead how many entries were read, or {@link StreamGroup#UNKNOWN}
   */
  void moveTo(StreamId id, long entriesRead) {
    group.moveTo(id, entriesRead);
  }

  /** Logs how far the group has read. */
  void logPosition() {
    log(
        XGROUP,
        SETID,
        key,
        groupName,
        group.last().text(),
        ENTRIESREAD,
        Bytes.of(group.entriesRead()));
  }

  /** Logs what is not yet; nothing is delivered after it. */
  void end() {
    flush();
    if (changed) {
      call.keys().changed(key, stream);
    }
    call.logNothing();
  }

  /** Logs the entries that wait to be logged together. */
  private void flush() {
    if (batch.isEmpty()) {
      return;
    }
    var parts = new ArrayList<Bytes>(List.of(XCLAIM, key, groupName, name, Bytes.of(0)));
    parts.addAll(batch);
    parts.addAll(
        List.of(TIME, Bytes.of(batchAt), RETRYCOUNT, Bytes.of(batchDeliveries), FORCE, JUSTID));
    batch.clear();
    log(parts.toArray(Bytes[]::new));
  }

  /** Logs a command, and remembers that there was one. */
  private void log(Bytes... effect) {
    changed = true;
    call.log(effect);
  }
}
