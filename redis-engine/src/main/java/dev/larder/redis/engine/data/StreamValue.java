package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Entries in the order of their identifiers, each a row of fields and values. */
public final class StreamValue extends Value {
  private static final int OVERHEAD = 120;

  private final TreeMap<StreamId, List<Bytes>> entries = new TreeMap<>();
  private StreamId last = StreamId.LEAST;
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

  /** Adds an entry, whose identifier must be greater than the last one's. */
  public void add(StreamId id, List<Bytes> fields) {
    entries.put(id, fields);
    last = id;
    weight += weight(fields);
  }

  /** Removes an entry; true if it was there. */
  public boolean remove(StreamId id) {
    List<Bytes> fields = entries.remove(id);
    if (fields == null) {
      return false;
    }
    weight -= weight(fields);
    return true;
  }

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
    return 200 + weight;
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
    return copy;
  }
}
