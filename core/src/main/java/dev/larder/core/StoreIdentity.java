package dev.larder.core;

import java.util.random.RandomGenerator;

/**
 * A random number born with the history of a namespace. Revisions of two identities cannot be
 * compared: whoever meets another identity knows that history was lost.
 *
 * @param number any number but 0, which stands for {@link #NONE}
 */
public record StoreIdentity(long number) {
  /** No identity: what somebody knows who never met a server. */
  public static final StoreIdentity NONE = new StoreIdentity(0);

  /** A new identity, different from every other one. */
  public static StoreIdentity born(RandomGenerator random) {
    long number = random.nextLong();
    while (number == 0) {
      number = random.nextLong();
    }
    return new StoreIdentity(number);
  }

  @Override
  public String toString() {
    return "%016x".formatted(number);
  }
}
