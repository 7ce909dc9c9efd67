package dev.larder.redis.engine.data;

/**
 * What a key holds, with what the keyspace knows of it.
 *
 * <p>What expires and when it was used is kept here, and set by the {@link Keyspace} only. A value
 * belongs to one key, and is changed by one thread under the lock of its engine.
 */
public abstract sealed class Value
    permits StringValue, HashValue, SetValue, SortedSetValue, ListValue, StreamValue, JsonValue {
  /** The expiry of what does not expire. */
  public static final long NEVER = -1;

  long expiresAt = NEVER;
  long usedAt;

  /** What it weighed when the keyspace last looked, in bytes. */
  long accounted;

  /** When it expires, in ms of the epoch, or {@link #NEVER}. */
  public final long expiresAt() {
    return expiresAt;
  }

  /** When it was last used, in ms of the epoch. */
  public final long usedAt() {
    return usedAt;
  }

  /** The type's name, as TYPE answers. */
  public abstract String type();

  /**
   * Bytes of memory, roughly.
   *
   * <p>It must be cheap: it is asked for after each change. It is an estimate for a JVM of 64 bits,
   * and what eviction and MEMORY USAGE count with.
   */
  public abstract long weight();

  /**
   * True if the key of such a value is removed.
   *
   * <p>Hashes, sets, lists and sorted sets without content do not exist, as in Redis.
   */
  public abstract boolean isEmpty();

  /** The same, to be changed on its own; without an expiry. */
  public abstract Value copy();
}
