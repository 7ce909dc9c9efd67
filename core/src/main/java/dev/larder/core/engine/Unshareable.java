package dev.larder.core.engine;

import dev.larder.core.CacheKey;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The keys whose last generation must not be shared: nobody waits for the next one, which is of no
 * use to others either (what CDNs call hit-for-pass). Each is remembered for a while, and as many
 * as fit.
 *
 * <p>Safe for use by many threads.
 */
final class Unshareable {
  /** How long a key is remembered, in ms. */
  static final long REMEMBERED = 10_000;

  /** How many keys are remembered; the earliest are forgotten first. */
  static final int MOST = 4_096;

  private final InstantSource clock;
  private final Map<CacheKey, Long> until = new LinkedHashMap<>();

  /** No keys. */
  Unshareable(InstantSource clock) {
    this.clock = clock;
  }

  /** Remembers a key. */
  synchronized void add(CacheKey key) {
    until.remove(key);
    until.put(key, clock.millis() + REMEMBERED);
    Iterator<Long> oldest = until.values().iterator();
    while (until.size() > MOST) {
      oldest.next();
      oldest.remove();
    }
  }

  /** An entry of the key was stored. */
  synchronized void forget(CacheKey key) {
    until.remove(key);
  }

  /** True if the key is remembered. */
  synchronized boolean has(CacheKey key) {
    return until.getOrDefault(key, Long.MIN_VALUE) > clock.millis();
  }
}
