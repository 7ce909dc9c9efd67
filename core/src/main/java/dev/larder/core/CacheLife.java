package dev.larder.core;

/**
 * How long an entry lives, as Next.js' {@code cacheLife} has it. All in seconds since generation
 * began; {@link #NEVER} and above mean never.
 *
 * @param stale how long a client (a browser's router) may use its copy without asking; the server
 *     only carries it
 * @param revalidate after which the entry is stale: still served, and regenerated
 * @param expire after which the entry is expired: never served again
 */
public record CacheLife(long stale, long revalidate, long expire) {
  /** The number of seconds that means "never" in Next.js ({@code 0xfffffffe}). */
  public static final long NEVER = 0xfffffffeL;

  /**
   * A life of these lengths; longer than {@link #NEVER} becomes {@link #NEVER}.
   *
   * @throws InvalidValueException if one is negative
   */
  public CacheLife {
    stale = checked("stale", stale);
    revalidate = checked("revalidate", revalidate);
    expire = checked("expire", expire);
  }

  /** True if an entry of this life is stale at that age in ms. */
  public boolean staleAt(long age) {
    return reached(revalidate, age);
  }

  /** True if an entry of this life is expired at that age in ms. */
  public boolean expiredAt(long age) {
    return reached(expire, age);
  }

  private static boolean reached(long seconds, long age) {
    return seconds != NEVER && age >= seconds * 1000;
  }

  private static long checked(String name, long seconds) {
    if (seconds < 0) {
      throw new InvalidValueException("%s %d; expected 0 or more seconds".formatted(name, seconds));
    }
    return Math.min(seconds, NEVER);
  }
}
