package dev.larder.server.forward;

import java.util.concurrent.atomic.LongAdder;

/** What is counted of a target. Safe for use by many threads. */
final class DeliveryCounters {
  private final LongAdder forwarded = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private volatile Waiting waiting = Waiting.NOTHING;

  /**
   * What is being told.
   *
   * @param invalidations how many
   * @param oldest when the oldest was made, in ms
   */
  private record Waiting(long invalidations, long oldest) {
    private static final Waiting NOTHING = new Waiting(0, Long.MAX_VALUE);
  }

  /** A round is told for the first time. */
  void begins(long invalidations, long oldest) {
    waiting = new Waiting(invalidations, oldest);
  }

  /** It was told, or is given up. */
  void ended() {
    waiting = Waiting.NOTHING;
  }

  /** A request was taken. */
  void forwarded() {
    forwarded.increment();
  }

  /** A request was not taken, and is sent again. */
  void failed() {
    failed.increment();
  }

  /** A request is not sent again. */
  void dropped() {
    dropped.increment();
  }

  /** How they stand now, in ms of the same clock as {@link #begins}. */
  Forwarder.State state(String target, long now) {
    Waiting current = waiting;
    return new Forwarder.State(
        target,
        current.invalidations(),
        current.invalidations() == 0 ? 0 : Math.max(0, now - current.oldest()),
        forwarded.sum(),
        failed.sum(),
        dropped.sum());
  }
}
