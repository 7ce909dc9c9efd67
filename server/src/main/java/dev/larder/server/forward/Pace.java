package dev.larder.server.forward;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * When a target may be asked: no more often than it allows, and after failures less and less often.
 * Used by one thread.
 */
final class Pace {
  /** The shortest pause after a failure, in ms. */
  static final long FIRST = 1_000;

  /** The longest, in ms: of a target that says how long, too. */
  static final long LONGEST = 300_000;

  private final double perSecond;
  private final int burst;
  private final LongSupplier nanos;
  private final RandomGenerator random;

  /** How many requests may be sent at once. */
  private double allowed;

  private long counted;
  private int failures;

  /**
   * The pace a target allows.
   *
   * @param nanos a clock that goes on evenly, in ns
   */
  Pace(Target.Bounds bounds, LongSupplier nanos, RandomGenerator random) {
    this.perSecond = bounds.perSecond();
    this.burst = bounds.burst();
    this.nanos = nanos;
    this.random = random;
    this.allowed = burst;
    this.counted = nanos.getAsLong();
  }

  /** Takes the right to one request; how long to wait before it is sent, in ms. */
  long take() {
    long now = nanos.getAsLong();
    allowed = Math.min(burst, allowed + (now - counted) / 1e9 * perSecond);
    counted = now;
    allowed--;
    return allowed >= 0 ? 0 : (long) Math.ceil(-allowed / perSecond * 1000);
  }

  /** It has taken a request. */
  void succeeded() {
    failures = 0;
  }

  /**
   * It has not: how long to wait before the next, in ms. Between a second and twice as much after
   * each failure, at random, so that many servers do not come at once.
   *
   * @param asked how long it asks to be left alone; zero if it does not say
   */
  long failed(Duration asked) {
    long most = Math.min(LONGEST, FIRST << Math.min(failures + 1, 20));
    failures++;
    long chosen = random.nextLong(FIRST, most + 1);
    return Math.min(LONGEST, Math.max(chosen, asked.toMillis()));
  }
}
