package dev.larder.redis.engine.data;

/**
 * An entry of a stream that was delivered to a consumer of a group, and not acknowledged yet.
 *
 * <p>It is in two maps: that of its group, and that of its consumer. {@link StreamGroup} keeps both
 * the same.
 */
public final class PendingEntry {
  private StreamConsumer consumer;
  private long deliveredAt;
  private long deliveries;

  /**
   * An entry that was delivered.
   *
   * @param deliveredAt in ms of the epoch
   * @param deliveries how often, with this time
   */
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

  /** Says that it is another consumer's; the maps are for the group to change. */
  void give(StreamConsumer to) {
    consumer = to;
  }
}
