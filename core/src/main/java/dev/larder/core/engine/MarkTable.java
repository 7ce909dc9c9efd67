package dev.larder.core.engine;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The marks of as many tags as fit, in number and in memory, those invalidated longest ago
 * forgotten first. Changed by one thread at a time, and read by any.
 */
final class MarkTable {
  private final int most;
  private final LedgerMemory memory;
  private final Map<String, Marks> marks = new ConcurrentHashMap<>();

  /** Tags in the order of their last invalidation. */
  private final LinkedHashSet<String> order = new LinkedHashSet<>();

  private volatile long floor;
  private volatile long bytes;
  private boolean closed;

  /**
   * An empty table.
   *
   * @param most how many tags it remembers
   * @param memory where its bytes count
   * @param floor the last revision of what was forgotten before
   */
  MarkTable(int most, LedgerMemory memory, long floor) {
    this.most = most;
    this.memory = memory;
    this.floor = floor;
  }

  /** The last revision of what was forgotten; 0 if nothing was. */
  long floor() {
    return floor;
  }

  int size() {
    return marks.size();
  }

  /** About how many bytes it takes. */
  long bytes() {
    return bytes;
  }

  Marks of(String tag) {
    return marks.getOrDefault(tag, Marks.NONE);
  }

  /** Remembers the marks of a tag, as those of the latest invalidation; false if it had some. */
  boolean put(String tag, Marks ofTag) {
    order.addLast(tag);
    Marks before = marks.put(tag, ofTag);
    count(LedgerMemory.bytes(tag, ofTag.size()) - bytes(tag, before));
    return before == null;
  }

  /** True if it remembers more than fit. */
  boolean overfull() {
    return marks.size() > most || (!order.isEmpty() && memory.exceededBy(bytes));
  }

  /** Forgets the tag invalidated longest ago, and says which. */
  String forgetOldest() {
    String oldest = order.removeFirst();
    Marks forgotten = requireNonNull(marks.remove(oldest));
    floor = Math.max(floor, forgotten.last());
    count(-bytes(oldest, forgotten));
    return oldest;
  }

  /** It is not used any more: others may have its memory. */
  void close() {
    if (!closed) {
      closed = true;
      memory.add(-bytes);
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // by the one thread that changes it
  private void count(long more) {
    bytes += more;
    if (!closed) {
      memory.add(more);
    }
  }

  private static long bytes(String tag, @Nullable Marks ofTag) {
    return ofTag == null ? 0 : LedgerMemory.bytes(tag, ofTag.size());
  }

  /** The tags in the order of their last invalidation. */
  SequencedSet<String> order() {
    return order;
  }
}
