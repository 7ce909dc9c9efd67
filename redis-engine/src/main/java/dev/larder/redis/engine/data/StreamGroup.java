package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Consumers who share the entries of a stream: each entry is delivered to one of them.
 *
 * <p>Pending entries are kept for the group and for each consumer, in the order of their
 * identifiers; every change is made here, in both. An entry may be pending that is not in the
 * stream any more.
 */
public final class StreamGroup {
  /** How many entries were read, if that is not known. */
  public static final long UNKNOWN = -1;

  private final TreeMap<Bytes, StreamConsumer> consumers = new TreeMap<>();
  private final TreeMap<StreamId, PendingEntry> pending = new TreeMap<>();
  private StreamId last;
  private long entriesRead;

  /**
   * A group without consumers.
   *
   * @param last the identifier after which it reads
   * @param entriesRead how many entries that are, or {@link #UNKNOWN}
   */
  StreamGroup(StreamId last, long entriesRead) {
    this.last = last;
    this.entriesRead = entriesRead;
  }

  /** The identifier of the last entry that was delivered. */
  public StreamId last() {
    return last;
  }

  /** How many entries of those that were ever added are delivered, or {@link #UNKNOWN}. */
  public long entriesRead() {
    return entriesRead;
  }

  /** Says what was delivered last, and how many entries that makes, or {@link #UNKNOWN}. */
  public void moveTo(StreamId id, long entries) {
    last = id;
    entriesRead = entries;
  }

  /** The consumers by name, in the order of the names' bytes. */
  public NavigableMap<Bytes, StreamConsumer> consumers() {
    return Collections.unmodifiableNavigableMap(consumers);
  }

  /**
   * What is delivered and not acknowledged.
   *
   * <p>It cannot be changed here.
   */
  public NavigableMap<StreamId, PendingEntry> pending() {
    return Collections.unmodifiableNavigableMap(pending);
  }

  /** The consumer of a name, or null. */
  public @Nullable StreamConsumer consumer(Bytes name) {
    return consumers.get(name);
  }

  /** Makes a consumer; there must be none of its name. */
  public StreamConsumer addConsumer(Bytes name) {
    var consumer = new StreamConsumer(name);
    consumers.put(name, consumer);
    return consumer;
  }

  /** Removes a consumer, and what it has not acknowledged. */
  public void removeConsumer(StreamConsumer consumer) {
    consumer.pending().keySet().forEach(pending::remove);
    consumers.remove(consumer.name());
  }

  /**
   * Gives an entry to a consumer, whoever had it.
   *
   * @param at when it was delivered, in ms of the epoch
   * @param deliveries how often it was delivered, with this time
   */
  public void assign(StreamId id, StreamConsumer consumer, long at, long deliveries) {
    PendingEntry entry = pending.get(id);
    if (entry == null) {
      entry = new PendingEntry(consumer, at, deliveries);
      pending.put(id, entry);
      consumer.pending().put(id, entry);
      return;
    }
    if (entry.consumer() != consumer) {
      entry.consumer().pending().remove(id);
      consumer.pending().put(id, entry);
      entry.give(consumer);
    }
    entry.deliver(at, deliveries);
  }

  /** Acknowledges an entry; true if it was pending. */
  public boolean acknowledge(StreamId id) {
    PendingEntry entry = pending.remove(id);
    if (entry == null) {
      return false;
    }
    entry.consumer().pending().remove(id);
    return true;
  }

  /**
   * Bytes of memory, roughly.
   *
   * <p>300 for the group and for each consumer, 150 for each pending entry.
   */
  long weight() {
    return 300 + 300L * consumers.size() + 150L * pending.size();
  }

  /** The same group, to be changed on its own. */
  StreamGroup copy() {
    var copy = new StreamGroup(last, entriesRead);
    consumers.forEach((name, consumer) -> {
      StreamConsumer same = copy.addConsumer(name);
      consumer
          .pending()
          .forEach((id, entry) -> copy.assign(id, same, entry.deliveredAt(), entry.deliveries()));
    });
    return copy;
  }
}
