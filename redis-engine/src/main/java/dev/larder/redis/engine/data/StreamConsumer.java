package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Somebody who reads a stream for a group.
 *
 * <p>Being seen is not journalled: it lasts as long as the database is open.
 */
public final class StreamConsumer {
  /** When it was seen, if that is not known. */
  private static final long UNKNOWN = Long.MIN_VALUE;

  private final Bytes name;
  private final TreeMap<StreamId, PendingEntry> pending = new TreeMap<>();
  private long seenAt = UNKNOWN;

  /** A consumer to whom nothing was delivered. */
  StreamConsumer(Bytes name) {
    this.name = name;
  }

  /** Its name within the group. */
  public Bytes name() {
    return name;
  }

  /** What it has not acknowledged; changed through its group only. */
  public NavigableMap<StreamId, PendingEntry> pending() {
    return pending;
  }

  /** Says that it was seen at a time, in ms of the epoch. */
  public void see(long at) {
    seenAt = at;
  }

  /**
   * When it was seen last, in ms of the epoch: now, if nobody saw it since the database was opened.
   */
  public long seenAt(long now) {
    if (seenAt == UNKNOWN) {
      seenAt = now;
    }
    return seenAt;
  }
}
