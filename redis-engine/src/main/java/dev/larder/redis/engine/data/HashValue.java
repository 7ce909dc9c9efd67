package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Fields, and a string for each; a field may expire.
 *
 * <p>All fields are in one table in the order of their insertion; those that expire are in a second
 * one, which is empty for most hashes. The earliest expiry is only a bound: it is not raised when
 * the field that had it is removed, and found anew when it has passed.
 *
 * <p>A hash weighs 200 bytes, 96 for each field beside its name and value, and 72 for each expiry.
 */
public final class HashValue extends Value {
  /** Bytes that an entry takes beside what it says. */
  private static final int OVERHEAD = 96;

  /** Bytes that the expiry of a field takes. */
  private static final int EXPIRY = 72;

  private final Dict<Bytes> fields = new Dict<>();
  private final Dict<Long> expiries = new Dict<>();

  /** No field expires before it: when the first one does, or one that was to and is gone. */
  private long earliest = NEVER;

  private long weight;

  /** The fields, which are changed through this class only. */
  public Dict<Bytes> fields() {
    return fields;
  }

  /**
   * The string of a field, or null.
   *
   * <p>A field that has expired is here until the keyspace removes it; it does so before anybody is
   * given the hash.
   */
  public @Nullable Bytes get(Bytes field) {
    return fields.get(field);
  }

  /** Sets a field, which does not expire then; true if it was not here. */
  public boolean put(Bytes field, Bytes value) {
    persist(field);
    return replace(field, value);
  }

  /** When a field expires, in ms of the epoch, or {@link #NEVER}. */
  public long expiresAt(Bytes field) {
    Long at = expiries.get(field);
    return at == null ? NEVER : at;
  }

  /** Sets when a field, which must be here, expires: in ms of the epoch. */
  public void expire(Bytes field, long at) {
    if (expiries.put(field, at) == null) {
      weight += EXPIRY;
    }
    earliest = earliest == NEVER ? at : Math.min(earliest, at);
  }

  /** Says that a field does not expire; true if it would have. */
  public boolean persist(Bytes field) {
    if (expiries.isEmpty() || expiries.remove(field) == null) {
      return false;
    }
    weight -= EXPIRY;
    if (expiries.isEmpty()) {
      earliest = NEVER;
    }
    return true;
  }

  /** The fields that expire, with the time in ms of the epoch; changed through this class only. */
  public Dict<Long> expiries() {
    return expiries;
  }

  /** Whether a field may have expired by a time, in ms of the epoch. */
  boolean mayExpire(long now) {
    return earliest != NEVER && now > earliest;
  }

  /** A time before which no field expires, in ms of the epoch, or {@link #NEVER}. */
  long earliest() {
    return earliest;
  }

  /**
   * Removes the fields that expired before a time, in ms of the epoch; returns which.
   *
   * <p>It looks at all fields that expire.
   */
  List<Bytes> removeExpired(long now) {
    var expired = new ArrayList<Bytes>();
    long next = Long.MAX_VALUE;
    for (Bytes field : expiries.keys()) {
      long at = expiresAt(field);
      if (now > at) {
        expired.add(field);
      } else {
        next = Math.min(next, at);
      }
    }
    expired.forEach(this::remove);
    earliest = expiries.isEmpty() ? NEVER : next;
    return expired;
  }

  /** Sets a field, which expires when it would have; true if it was not here. */
  public boolean replace(Bytes field, Bytes value) {
    Bytes old = fields.put(field, value);
    weight += value.length();
    if (old == null) {
      weight += OVERHEAD + field.length();
      return true;
    }
    weight -= old.length();
    return false;
  }

  /** Removes a field; true if it was here. */
  public boolean remove(Bytes field) {
    Bytes old = fields.remove(field);
    if (old == null) {
      return false;
    }
    persist(field);
    weight -= OVERHEAD + field.length() + old.length();
    return true;
  }

  /** A field by chance. */
  public Bytes sample(RandomGenerator random) {
    return fields.sample(random);
  }

  @Override
  public String type() {
    return "hash";
  }

  @Override
  public long weight() {
    return 200 + weight;
  }

  @Override
  public boolean isEmpty() {
    return fields.isEmpty();
  }

  /** Fields keep their expiry. */
  @Override
  public HashValue copy() {
    var copy = new HashValue();
    fields.forEach(copy::put);
    expiries.forEach(copy::expire);
    return copy;
  }
}
