package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/* Entries lie in arrays in the order in which they were inserted, each with its number in that order; a table of
 * positions finds them by their hash. What is removed leaves a gap, and gaps are closed when the arrays are full or
 * nearly empty, which changes positions and never the order.
 *
 * A scan goes from the newest entry to the oldest, and its cursor is the number of the last one it has shown. So it
 * needs no memory of its own and survives every change: what is there from its beginning to its end is shown exactly
 * once, what is inserted meanwhile is newer and not shown, and it ends however fast entries come.
 */
/**
 * A hash table that remembers the order of insertion, can be scanned while it changes, and sampled.
 *
 * <p>Finding, setting and removing take constant time on average; a change that arranges the arrays
 * takes linear time, and comes after as many changes. The position table has open addressing,
 * linear probing, and twice as many places as the arrays, always a power of two.
 *
 * <p>An iteration sees the order of insertion. A scan goes the other way, from the newest entry to
 * the oldest, see {@link #scan}. It is used by one thread at a time.
 */
public final class Dict<V> {
  /** The least length of the arrays; a power of two. */
  private static final int LEAST = 4;

  /**
   * A place of the table that was never used. A search ends there, so the table always has one.
   * Other values are positions plus one.
   */
  private static final int EMPTY = 0;

  /** A place of the table whose entry was removed: a search goes on. */
  private static final int REMOVED = -1;

  private @Nullable Bytes[] keys = new Bytes[LEAST];
  private @Nullable Object[] values = new Object[LEAST];
  private long[] numbers = new long[LEAST];
  private int[] table = new int[LEAST * 2];
  private int used;
  private int size;

  /** How many places of the table are {@link #REMOVED}. */
  private int removed;

  private long next = 1;

  /** How many entries there are. */
  public int size() {
    return size;
  }

  /** True if there is no entry. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** The value of a key, or null. */
  public @Nullable V get(Bytes key) {
    int position = find(key);
    return position < 0 ? null : value(position);
  }

  /** True if the key is here. */
  public boolean contains(Bytes key) {
    return find(key) >= 0;
  }

  /**
   * Sets the value of a key, which keeps its place if it is here already; returns the old one.
   *
   * <p>It may arrange the arrays anew: no iteration may be under way.
   */
  public @Nullable V put(Bytes key, V value) {
    int position = find(key);
    if (position >= 0) {
      V old = value(position);
      values[position] = value;
      return old;
    }
    if (used == keys.length) {
      arrange(size > used - used / 4 ? used * 2 : used);
    } else if (size + removed >= table.length - table.length / 4) {
      // A search for what is not here ends only where a place was never used.
      arrange(keys.length);
    }
    keys[used] = key;
    values[used] = value;
    numbers[used] = next++;
    link(key, used++);
    size++;
    return null;
  }

  /**
   * Removes a key; returns its value, or null if it was not here.
   *
   * <p>Arrays of which less than a quarter is used are halved.
   */
  public @Nullable V remove(Bytes key) {
    int slot = slotOf(key);
    if (slot < 0) {
      return null;
    }
    int position = table[slot] - 1;
    V old = value(position);
    table[slot] = REMOVED;
    removed++;
    keys[position] = null;
    values[position] = null;
    size--;
    if (position == used - 1) {
      used--;
    }
    if (size < keys.length / 4 && keys.length > LEAST) {
      arrange(Math.max(LEAST, keys.length / 2));
    }
    return old;
  }

  /** Removes everything. */
  public void clear() {
    keys = new Bytes[LEAST];
    values = new Object[LEAST];
    numbers = new long[LEAST];
    table = new int[LEAST * 2];
    used = 0;
    size = 0;
    removed = 0;
  }

  /** Shows every entry, the oldest first; the table must not change meanwhile. */
  public void forEach(BiConsumer<? super Bytes, ? super V> action) {
    for (int i = 0; i < used; i++) {
      Bytes key = keys[i];
      if (key != null) {
        action.accept(key, value(i));
      }
    }
  }

  /**
   * The keys, the oldest first.
   *
   * <p>A new array, which may be changed.
   */
  public Bytes[] keys() {
    var all = new Bytes[size];
    int at = 0;
    for (int i = 0; i < used; i++) {
      Bytes key = keys[i];
      if (key != null) {
        all[at++] = key;
      }
    }
    return all;
  }

  /**
   * A key by chance, each with the same probability; there must be one.
   *
   * <p>It takes positions by chance until one holds an entry, as about a quarter of them do at
   * least.
   */
  public Bytes sample(RandomGenerator random) {
    while (true) {
      Bytes key = keys[random.nextInt(used)];
      if (key != null) {
        return key;
      }
    }
  }

  /**
   * Shows the next entries of a scan.
   *
   * <p>What is there from the first step to the last is shown exactly once, whatever changes
   * between; what is inserted meanwhile is newer and not shown. So a scan ends however fast entries
   * come, and needs no memory between its steps.
   *
   * @param cursor zero to begin, otherwise what the step before returned
   * @param count how many entries to show
   * @param action shown each entry; it must not change the table
   * @return the cursor of the next step, or zero if this was the last
   */
  public long scan(long cursor, long count, BiConsumer<? super Bytes, ? super V> action) {
    int position = used - 1;
    if (cursor != 0) {
      int at = Arrays.binarySearch(numbers, 0, used, cursor);
      position = (at < 0 ? -at - 1 : at) - 1;
    }
    long shown = 0;
    long last = 0;
    for (; position >= 0; position--) {
      Bytes key = keys[position];
      if (key != null) {
        if (shown == count) {
          return last;
        }
        action.accept(key, value(position));
        shown++;
        last = numbers[position];
      }
    }
    return 0;
  }

  /** The value at a position. */
  @SuppressWarnings({"unchecked", "NullAway"})
  private V value(int position) {
    return (V) values[position];
  }

  /** The position of a key, or -1. */
  private int find(Bytes key) {
    int slot = slotOf(key);
    return slot < 0 ? -1 : table[slot] - 1;
  }

  /** The place of the table where a key is, or -1. */
  private int slotOf(Bytes key) {
    int mask = table.length - 1;
    for (int slot = key.hashCode() & mask; table[slot] != EMPTY; slot = slot + 1 & mask) {
      if (table[slot] != REMOVED && key.equals(keys[table[slot] - 1])) {
        return slot;
      }
    }
    return -1;
  }

  /** Enters a position in the table, for a key that is not there. */
  private void link(Bytes key, int position) {
    int mask = table.length - 1;
    int slot = key.hashCode() & mask;
    while (table[slot] > EMPTY) {
      slot = slot + 1 & mask;
    }
    if (table[slot] == REMOVED) {
      removed--;
    }
    table[slot] = position + 1;
  }

  /**
   * Closes the gaps, in arrays of a new length.
   *
   * <p>The order and the numbers stay; positions and the table are made anew.
   *
   * @param capacity a power of two, at least the number of entries
   */
  private void arrange(int capacity) {
    @Nullable Bytes[] oldKeys = keys;
    @Nullable Object[] oldValues = values;
    long[] oldNumbers = numbers;
    keys = new Bytes[capacity];
    values = new Object[capacity];
    numbers = new long[capacity];
    table = new int[capacity * 2];
    removed = 0;
    int at = 0;
    for (int i = 0; i < used; i++) {
      Bytes key = oldKeys[i];
      if (key != null) {
        keys[at] = key;
        values[at] = oldValues[i];
        numbers[at] = oldNumbers[i];
        link(key, at++);
      }
    }
    used = at;
  }
}
