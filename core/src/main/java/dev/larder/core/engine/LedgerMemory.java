package dev.larder.core.engine;

import dev.larder.core.TagSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that all ledgers of a process take together, which is bounded: when it is exceeded,
 * who adds to it forgets. Whatever one namespace takes, a share is left to each of the others.
 *
 * <p>Safe for use by many threads.
 */
public final class LedgerMemory {
  /** What one table may have at least while others take all the rest: one part in so many. */
  private static final int SHARES = 8;

  /** A tag, its order and one mark, without the letters of the tag: in bytes, as measured. */
  private static final int TAG_BYTES = 208;

  private static final int MARK_BYTES = 2 * Long.BYTES;

  private final long most;
  private final AtomicLong used = new AtomicLong();

  private LedgerMemory(long most) {
    this.most = most;
  }

  /**
   * Room for ledgers of so many bytes; for twice as many where small ones come beside large ones
   * that stand still.
   */
  public static LedgerMemory of(long bytes) {
    return new LedgerMemory(bytes);
  }

  /** As much as there is: the ledgers are bounded by the number of their tags alone. */
  public static LedgerMemory unbounded() {
    return new LedgerMemory(Long.MAX_VALUE / 4);
  }

  /** The bytes the ledgers take now, as far as they are counted. */
  public long used() {
    return used.get();
  }

  /** About what remembering a tag with so many marks takes, in bytes. */
  static long bytes(String tag, int marks) {
    return TAG_BYTES + TagSet.lettersBytes(tag) + (long) MARK_BYTES * (marks - 1);
  }

  /** A table takes so many bytes more, or fewer. */
  void add(long bytes) {
    used.addAndGet(bytes);
  }

  /** True if a table of so many bytes has to forget something. */
  boolean exceededBy(long bytes) {
    long all = used.get();
    return all > 2 * most || (all > most && bytes > most / SHARES);
  }
}
