package dev.larder.core;

import java.util.zip.CRC32;

/**
 * When an entry that is still fresh is regenerated, so that what was generated together does not
 * grow stale together: from a moment in the last part of its {@code revalidate}, drawn from its
 * key. Whoever asks first from then on is to regenerate it, in the background; everybody else is
 * given it as the fresh entry it is.
 *
 * <p>The moment depends on nothing but key and life, so servers and processes agree on it. It is
 * never later than {@code revalidate}; an entry that nobody reads between the two is left alone,
 * and so is one that never grows stale. As periods differ by key, what was generated in one second
 * spreads further with every round.
 *
 * <p>The idea of regenerating before the end, at a moment of chance, is XFetch (Vattani,
 * Chierichetti and Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015). There
 * every read draws for itself, to keep readers of one key apart, which a lease does here.
 *
 * @param share how large a part of {@code revalidate} the moment is in, from 0 to {@link
 *     #MAX_SHARE}; 0 is never
 */
public record EarlyRefresh(double share) {
  /** The largest share: never more often than twice. */
  public static final double MAX_SHARE = 0.5;

  /** What a server does that is told nothing: a tenth. */
  public static final EarlyRefresh DEFAULT = new EarlyRefresh(0.1);

  /** Nothing is regenerated before it is stale. */
  public static final EarlyRefresh NEVER = new EarlyRefresh(0);

  /** How long before {@code revalidate} it is at the most, in ms. */
  private static final double LONGEST = 60_000;

  private static final double CRCS = 1L << 32;

  /**
   * In that share of an entry's {@code revalidate}.
   *
   * @throws InvalidValueException if it is not from 0 to {@link #MAX_SHARE}
   */
  public EarlyRefresh {
    if (!(share >= 0 && share <= MAX_SHARE)) {
      throw new InvalidValueException(
          "an early refresh in a share of %s; expected 0 to %s".formatted(share, MAX_SHARE));
    }
  }

  /** True from the moment of that key on. An age in ms. */
  public boolean isDue(CacheKey key, CacheLife life, long age) {
    double length = life.revalidate() * 1000.0;
    double window = Math.min(share * length, LONGEST);
    // The key is looked at only where that decides.
    return life.revalidate() != CacheLife.NEVER
        && window > 0
        && age >= length - window
        && age >= length - window * (1 - drawn(key));
  }

  /** A number from 0 to 1, which it is not, that follows from the key. */
  private static double drawn(CacheKey key) {
    var crc = new CRC32();
    crc.update(key.bytes());
    return crc.getValue() / CRCS;
  }
}
