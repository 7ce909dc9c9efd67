package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Entries in the order of their identifiers, each a row of fields and values; and groups that read
 * them.
 *
 * <p>Entries and groups are balanced trees: adding, finding and removing take logarithmic time.
 * Identifiers only grow, and the last one is remembered when its entry is removed, so none is given
 * twice.
 *
 * <p>It weighs 200 bytes, 120 for each entry, 24 for each field and value beside its bytes, and
 * what its groups weigh.
 */
public final class StreamValue extends Value {
  private static final int OVERHEAD = 120;

  private final TreeMap<StreamId, List<Bytes>> entries = new TreeMap<>();
  private final TreeMap<Bytes, StreamGroup> groups = new TreeMap<>();
  private StreamId last = StreamId.LEAST;
  private StreamId maxDeleted = StreamId.LEAST;
  private long entriesAdded;
  private long weight;

  /** The entries, which are changed through this class only. */
  public NavigableMap<StreamId, List<Bytes>> entries() {
    return entries;
  }

  /** The identifier of the last entry that was ever added. */
  public StreamId last() {
    return last;
  }

  /** Says what the last identifier was. */
  public void setLast(StreamId id) {
    last = id;
  }

  /** The identifier of the first entry, or {@link StreamId#LEAST}. */
  public StreamId first() {
    return entries.isEmpty() ? StreamId.LEAST : entries.firstKey();
  }

  /** The greatest identifier of an entry that XDEL removed, or {@link StreamId#LEAST}. */
  public StreamId maxDeleted() {
    return maxDeleted;
  }

  /** Says what the greatest identifier of a removed entry was. */
  public void setMaxDeleted(StreamId id) {
    maxDeleted = id;
  }

  /** How many entries were ever added. */
  public long entriesAdded() {
    return entriesAdded;
  }

  /** Says how many entries were ever added. */
  public void setEntriesAdded(long entries) {
    entriesAdded = entries;
  }

  /** The groups by name, in the order of the names' bytes. */
  public NavigableMap<Bytes, StreamGroup> groups() {
    return Collections.unmodifiableNavigableMap(groups);
  }

  /** The group of a name, or null. */
  public @Nullable StreamGroup group(Bytes name) {
    return groups.get(name);
  }

  /**
   * Makes a group; there must be none of its name.
   *
   * @param last the entry after which it reads
   * @param entriesRead how many entries that are, or {@link StreamGroup#UNKNOWN}
   */
  public void addGroup(Bytes name, StreamId last, long entriesRead) {
    groups.put(name, new StreamGroup(last, entriesRead));
  }

  /** Removes a group with its consumers; true if it was here. */
  public boolean removeGroup(Bytes name) {
    return groups.remove(name) != null;
  }

  /**
   * Adds an entry, whose identifier must be greater than the last one's.
   *
   * @param fields names and values in turn, in a list that nobody changes
   */
  public void add(StreamId id, List<Bytes> fields) {
    entries.put(id, fields);
    last = id;
    entriesAdded++;
    weight += weight(fields);
  }

  /**
   * Removes an entry; true if it was there.
   *
   * <p>What groups have pending of it stays so.
   */
  public boolean remove(StreamId id) {
    List<Bytes> fields = entries.remove(id);
    if (fields == null) {
      return false;
    }
    weight -= weight(fields);
    return true;
  }

  /** Bytes that an entry takes, roughly. */
  private static long weight(List<Bytes> fields) {
    long weight = OVERHEAD;
    for (Bytes field : fields) {
      weight += 24 + field.length();
    }
    return weight;
  }

  @Override
  public String type() {
    return "stream";
  }

  @Override
  public long weight() {
    long ofGroups = 0;
    for (StreamGroup group : groups.values()) {
      ofGroups += group.weight();
    }
    return 200 + weight + ofGroups;
  }

  /** A stream stays when it has no entries: it remembers the last identifier. */
  @Override
  public boolean isEmpty() {
    return false;
  }

  @Override
  public StreamValue copy() {
    var copy = new StreamValue();
    entries.forEach(copy::add);
    copy.last = last;
    copy.maxDeleted = maxDeleted;
    copy.entriesAdded = entriesAdded;
    groups.forEach((name, group) -> copy.groups.put(name, group.copy()));
    return copy;
  }
}
