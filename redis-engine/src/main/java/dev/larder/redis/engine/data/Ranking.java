package dev.larder.redis.engine.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/* Sorted blocks of at most CAPACITY entries. An insertion moves half a block; finding a rank adds up the sizes of the
 * blocks before, of which there are 2,000 for a million entries: faster than a skip list's way from node to node, and
 * a fifth of its memory.
 */
/**
 * Members sorted by their score, and by their bytes where scores are equal; each has a rank.
 *
 * <p>An insertion takes logarithmic time to find the block and the place in it, and moves 512
 * references at most. A rank is found by the sizes of the blocks before. A block is united with the
 * next one where a removal leaves both small.
 */
final class Ranking {
  /** The most entries of a block; it is split in halves when it is full. */
  private static final int CAPACITY = 512;

  private final List<Block> blocks = new ArrayList<>();
  private int size;

  /** Some entries that follow each other; it is never empty while it is in the list. */
  private static final class Block {
    private Scored[] entries = new Scored[8];
    private int size;

    /** Its greatest entry. */
    Scored last() {
      return entries[size - 1];
    }

    /** Puts an entry at an index; there must be room. */
    void insert(int at, Scored entry) {
      if (size == entries.length) {
        entries = Arrays.copyOf(entries, Math.min(CAPACITY, size * 2));
      }
      System.arraycopy(entries, at, entries, at + 1, size - at);
      entries[at] = entry;
      size++;
    }

    /** Takes out the entry at an index. */
    @SuppressWarnings("NullAway")
    void remove(int at) {
      System.arraycopy(entries, at + 1, entries, at, size - at - 1);
      entries[--size] = null;
    }

    /** The first entry of which the condition holds; it holds for all after it. */
    int first(Predicate<Scored> condition) {
      int low = 0;
      int high = size;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (condition.test(entries[middle])) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return low;
    }

    /** Gives away the upper half. */
    @SuppressWarnings("NullAway")
    Block split() {
      var upper = new Block();
      int half = size / 2;
      upper.entries = new Scored[CAPACITY];
      System.arraycopy(entries, half, upper.entries, 0, size - half);
      upper.size = size - half;
      Arrays.fill(entries, half, size, null);
      size = half;
      return upper;
    }
  }

  int size() {
    return size;
  }

  /** Adds an entry, which must not be here. */
  void add(Scored entry) {
    if (blocks.isEmpty()) {
      blocks.add(new Block());
      blocks.getFirst().insert(0, entry);
      size++;
      return;
    }
    int number = Math.min(block(other -> other.compareTo(entry) >= 0), blocks.size() - 1);
    Block block = blocks.get(number);
    if (block.size == CAPACITY) {
      Block upper = block.split();
      blocks.add(number + 1, upper);
      if (block.last().compareTo(entry) < 0) {
        block = upper;
      }
    }
    block.insert(block.first(other -> other.compareTo(entry) >= 0), entry);
    size++;
  }

  /** Removes an entry, which must be here. */
  void remove(Scored entry) {
    int number = block(other -> other.compareTo(entry) >= 0);
    Block block = blocks.get(number);
    block.remove(block.first(other -> other.compareTo(entry) >= 0));
    size--;
    if (block.size == 0) {
      blocks.remove(number);
    } else if (number + 1 < blocks.size()
        && block.size + blocks.get(number + 1).size < CAPACITY / 2) {
      Block next = blocks.remove(number + 1);
      for (int i = 0; i < next.size; i++) {
        block.insert(block.size, next.entries[i]);
      }
    }
  }

  /**
   * The rank of the first entry of which the condition holds; it holds for all after it.
   *
   * @param condition that is monotonic: false up to an entry, and true from there on
   */
  int rank(Predicate<Scored> condition) {
    int number = block(condition);
    int before = 0;
    for (int i = 0; i < number; i++) {
      before += blocks.get(i).size;
    }
    return number == blocks.size() ? before : before + blocks.get(number).first(condition);
  }

  /** The entries from one rank up to another, excluded. */
  List<Scored> range(int from, int to) {
    var entries = new ArrayList<Scored>(Math.max(0, to - from));
    int skip = from;
    for (int i = 0; i < blocks.size() && entries.size() < to - from; i++) {
      Block block = blocks.get(i);
      for (int j = skip; j < block.size && entries.size() < to - from; j++) {
        entries.add(block.entries[j]);
      }
      skip = Math.max(0, skip - block.size);
    }
    return entries;
  }

  /** The first block whose last entry fulfils the condition, or the number of blocks. */
  private int block(Predicate<Scored> condition) {
    int low = 0;
    int high = blocks.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (condition.test(blocks.get(middle).last())) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
