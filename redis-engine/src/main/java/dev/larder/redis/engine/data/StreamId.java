package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;

/**
 * The identifier of an entry of a stream; both numbers are without a sign.
 *
 * @param millis of the epoch, or whatever the writer says
 * @param sequence among those of the same millisecond
 */
public record StreamId(long millis, long sequence) implements Comparable<StreamId> {
  /** Before every entry. */
  public static final StreamId LEAST = new StreamId(0, 0);

  /** After every entry. */
  public static final StreamId MOST = new StreamId(-1, -1);

  /** The next one; {@link #LEAST} after {@link #MOST}. */
  public StreamId next() {
    return sequence == -1 ? new StreamId(millis + 1, 0) : new StreamId(millis, sequence + 1);
  }

  /** The one before; {@link #MOST} before {@link #LEAST}. */
  public StreamId previous() {
    return sequence == 0 ? new StreamId(millis - 1, -1) : new StreamId(millis, sequence - 1);
  }

  /** As it is written. */
  public Bytes text() {
    return Bytes.of(Long.toUnsignedString(millis) + "-" + Long.toUnsignedString(sequence));
  }

  @Override
  public int compareTo(StreamId other) {
    int byMillis = Long.compareUnsigned(millis, other.millis);
    return byMillis != 0 ? byMillis : Long.compareUnsigned(sequence, other.sequence);
  }
}
