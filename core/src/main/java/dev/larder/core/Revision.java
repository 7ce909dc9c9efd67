package dev.larder.core;

/**
 * A point in the history of a namespace: the number of invalidations so far. It replaces clocks:
 * whether an entry was made before an invalidation is a comparison of two revisions.
 *
 * @param number 0 or more
 */
public record Revision(long number) implements Comparable<Revision> {
  /** The beginning of every history. */
  public static final Revision ZERO = new Revision(0);

  /**
   * The revision of that number.
   *
   * @throws InvalidValueException if it is negative
   */
  public Revision {
    if (number < 0) {
      throw new InvalidValueException("revision %d; expected 0 or more".formatted(number));
    }
  }

  /** The revision of the next invalidation. */
  public Revision next() {
    return new Revision(number + 1);
  }

  /** True if this revision is later than the other. */
  public boolean isAfter(Revision other) {
    return number > other.number;
  }

  @Override
  public int compareTo(Revision other) {
    return Long.compare(number, other.number);
  }

  @Override
  public String toString() {
    return Long.toString(number);
  }
}
