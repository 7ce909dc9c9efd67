package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Strings in a row, in a ring: both ends, and every index, are at hand.
 *
 * <p>Reading at an index takes constant time; inserting and removing moves the shorter side, so
 * both ends take constant time on average. The ring doubles when it is full and never shrinks while
 * it has items; its length is a power of two.
 *
 * <p>A list weighs 150 bytes, and 24 for each item beside its own bytes.
 */
public final class ListValue extends Value {
  /** Bytes that an item takes beside its own. */
  private static final int OVERHEAD = 24;

  private @Nullable Bytes[] ring = new Bytes[8];
  private int head;
  private int size;
  private long weight;

  /** How many there are. */
  public int size() {
    return size;
  }

  /**
   * The one at an index.
   *
   * @param index from 0 to the size, excluded; it is not checked
   */
  @SuppressWarnings("NullAway")
  public Bytes get(int index) {
    return ring[slot(index)];
  }

  /** Replaces the one at an index. */
  public void set(int index, Bytes item) {
    weight += item.length() - get(index).length();
    ring[slot(index)] = item;
  }

  /** Inserts before an index, or at the end. */
  public void insert(int index, Bytes item) {
    if (size == ring.length) {
      grow();
    }
    if (index < size - index) {
      head = head - 1 & ring.length - 1;
      for (int i = 0; i < index; i++) {
        ring[slot(i)] = ring[slot(i + 1)];
      }
    } else {
      for (int i = size; i > index; i--) {
        ring[slot(i)] = ring[slot(i - 1)];
      }
    }
    ring[slot(index)] = item;
    size++;
    weight += OVERHEAD + item.length();
  }

  /** Removes the one at an index. */
  public Bytes remove(int index) {
    Bytes item = get(index);
    if (index < size - index - 1) {
      for (int i = index; i > 0; i--) {
        ring[slot(i)] = ring[slot(i - 1)];
      }
      ring[head] = null;
      head = head + 1 & ring.length - 1;
    } else {
      for (int i = index; i < size - 1; i++) {
        ring[slot(i)] = ring[slot(i + 1)];
      }
      ring[slot(size - 1)] = null;
    }
    size--;
    weight -= OVERHEAD + item.length();
    return item;
  }

  /** Adds at the end. */
  public void add(Bytes item) {
    insert(size, item);
  }

  /** Those from one index up to another, excluded. */
  public List<Bytes> range(int from, int to) {
    var items = new ArrayList<Bytes>(Math.max(0, to - from));
    for (int i = from; i < to; i++) {
      items.add(get(i));
    }
    return items;
  }

  /**
   * Keeps those of which the condition holds, and their order.
   *
   * @param condition given each index
   */
  public void retain(IntPredicate condition) {
    List<Bytes> all = range(0, size);
    ring = new Bytes[8];
    head = 0;
    size = 0;
    weight = 0;
    for (int i = 0; i < all.size(); i++) {
      if (condition.test(i)) {
        add(all.get(i));
      }
    }
  }

  @Override
  public String type() {
    return "list";
  }

  @Override
  public long weight() {
    return 150 + weight;
  }

  @Override
  public boolean isEmpty() {
    return size == 0;
  }

  @Override
  public ListValue copy() {
    var copy = new ListValue();
    range(0, size).forEach(copy::add);
    return copy;
  }

  /** Where in the ring an index is. */
  private int slot(int index) {
    return head + index & ring.length - 1;
  }

  /** Doubles the ring; the first item is at its beginning then. */
  private void grow() {
    @Nullable Bytes[] larger = new Bytes[ring.length * 2];
    for (int i = 0; i < size; i++) {
      larger[i] = ring[slot(i)];
    }
    ring = larger;
    head = 0;
  }
}
