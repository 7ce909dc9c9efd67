package dev.larder.core;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The marks of as many tags as fit, those invalidated longest ago forgotten first. Changed by one
 * thread at a time, and read by any.
 */
final class MarkTable {
  private final int most;
  private final Map<String, Marks> marks = new ConcurrentHashMap<>();

  /** Tags in the order of their last invalidation. */
  private final LinkedHashSet<String> order = new LinkedHashSet<>();

  private volatile long floor;

  /**
   * An empty table.
   *
   * @param most how many tags it remembers
   * @param floor the last revision of what was forgotten before
   */
  MarkTable(int most, long floor) {
    this.most = most;
    this.floor = floor;
  }

  /** The last revision of what was forgotten; 0 if nothing was. */
  long floor() {
    return floor;
  }

  int size() {
    return marks.size();
  }

  Marks of(String tag) {
    return marks.getOrDefault(tag, Marks.NONE);
  }

  /** Remembers the marks of a tag, as those of the latest invalidation; false if it had some. */
  boolean put(String tag, Marks ofTag) {
    order.addLast(tag);
    return marks.put(tag, ofTag) == null;
  }

  /** True if it remembers more than fit. */
  boolean overfull() {
    return marks.size() > most;
  }

  /** Forgets the tag invalidated longest ago, and says which. */
  String forgetOldest() {
    String oldest = order.removeFirst();
    floor = Math.max(floor, requireNonNull(marks.remove(oldest)).last());
    return oldest;
  }

  /** The tags in the order of their last invalidation. */
  SequencedSet<String> order() {
    return order;
  }
}
