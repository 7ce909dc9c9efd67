package dev.larder.redis.engine.data;

/** What a key holds, with what the keyspace knows of it. */
public abstract sealed class Value
    permits StringValue, HashValue, SetValue, SortedSetValue, ListValue, StreamValue, JsonValue {
  /** The expiry of what does not expire. */
  public static final long NEVER = -1;

  long expiresAt = NEVER;
  long usedAt;
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

  /** Bytes of memory, roughly. */
  public abstract long weight();

  /** True if the key of such a value is removed. */
  public abstract boolean isEmpty();

  /** The same, to be changed on its own; without an expiry. */
  public abstract Value copy();
}
