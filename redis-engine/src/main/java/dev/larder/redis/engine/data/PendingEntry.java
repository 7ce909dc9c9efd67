package dev.larder.redis.engine.data;

/** An entry of a stream that was delivered to a consumer of a group, and not acknowledged yet. */
public final class PendingEntry {
  private StreamConsumer consumer;
  private long deliveredAt;
  private long deliveries;

  PendingEntry(StreamConsumer consumer, long deliveredAt, long deliveries) {
    this.consumer = consumer;
    this.deliveredAt = deliveredAt;
    this.deliveries = deliveries;
  }

  /** Whose it is. */
  public StreamConsumer consumer() {
    return consumer;
  }

  /** When it was delivered last, in ms of the epoch. */
  public long deliveredAt() {
    return deliveredAt;
  }

  /** How often it was delivered. */
  public long deliveries() {
    return deliveries;
  }

  /** Says that it was delivered at a time, in ms of the epoch, and how often that makes. */
  public void deliver(long at, long times) {
    deliveredAt = at;
    deliveries = times;
  }

  void give(StreamConsumer to) {
    consumer = to;
  }
}
