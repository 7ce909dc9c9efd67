package dev.larder.server.store;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * The time of day at start, plus the time that has really passed since: nobody who sets the clock
 * of the machine makes entries younger or deadlines later while the server runs.
 */
final class SteadyClock implements InstantSource {
  private final long started = System.currentTimeMillis();
  private final long origin = System.nanoTime();

  @Override
  public long millis() {
    return started + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - origin);
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(millis());
  }
}
