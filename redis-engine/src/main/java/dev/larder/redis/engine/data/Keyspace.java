package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a database with their values. A key whose time has come is gone for whoever looks;
 * its removal is reported, as that of a key that is evicted is, so that it can be logged. So it is
 * with the fields of a hash.
 *
 * <p>It is used under the lock of one engine. It does not read a clock: whoever runs a command sets
 * the time first, and all of the command sees it. While a journal is read there is no time, and
 * nothing expires.
 *
 * <p>Expiry is lazy and active: a key is removed when it is looked at, and by {@link
 * #removeExpired(int)} in the order of the times. Memory is an account of weights, brought up to
 * date by each change, and never measured.
 *
 * <p>Values are changed in place by commands; {@link #changed} must follow, or the account is wrong
 * and nothing is journalled.
 */
public final class Keyspace {
  /** Bytes that a key takes beside its own. */
  private static final int OVERHEAD = 104;

  /** How many keys are compared to find one that has not been used for long. */
  private static final int SAMPLES = 8;

  private final Dict<Value> values = new Dict<>();

  /** Which keys, and hashes with such fields, expire next. */
  private final Expiries expiries = new Expiries(this::expiresAt);

  private final Removals removals;
  private long now;

  /** The sum of keys and accounted values, in bytes. */
  private long weight;

  /** Counted up by each change, so that a command that changed nothing is known. */
  private long changes;

  /** How many keys have an expiry; fields of hashes are not counted. */
  private int expiring;

  /**
   * An empty keyspace.
   *
   * @param removals is called with what expires or is evicted
   */
  public Keyspace(Removals removals) {
    this.removals = removals;
  }

  /** Is called with what is removed without a command that does it. */
  public interface Removals {
    /** A key was removed, with its value. */
    void key(Bytes key);

    /** Fields of a hash were removed; if they were the last ones, the key was, too. */
    void fields(Bytes key, List<Bytes> fields);
  }

  /** What time it is for all that follows, in ms of the epoch. */
  public void setNow(long now) {
    this.now = now;
  }

  /** The time, in ms of the epoch. */
  public long now() {
    return now;
  }

  /** True while a journal is read: there is no time then. */
  public boolean recovers() {
    return now == Long.MIN_VALUE;
  }

  /** How many keys there are. */
  public int size() {
    return values.size();
  }

  /** How many keys expire some time. */
  public int expiring() {
    return expiring;
  }

  /** Bytes of memory that all of it takes, roughly. */
  public long weight() {
    return weight;
  }

  /**
   * How many changes there were.
   *
   * <p>An executor compares it before and after a command; expiry and eviction do not count, since
   * they are reported as removals.
   */
  public long changes() {
    return changes;
  }

  /**
   * The keys, expired ones too, as they are scanned.
   *
   * <p>Values found here are to be looked at by {@link #peek} before they are used.
   */
  public Dict<Value> values() {
    return values;
  }

  /** The value of a key, which counts as used, or null. */
  public @Nullable Value get(Bytes key) {
    Value value = peek(key);
    if (value != null) {
      value.usedAt = now;
    }
    return value;
  }

  /** The value of a key, which does not count as used, or null. */
  public @Nullable Value peek(Bytes key) {
    Value value = values.get(key);
    if (value != null && value.expiresAt != Value.NEVER && now > value.expiresAt) {
      drop(key);
      removals.key(key);
      return null;
    }
    if (value instanceof HashValue hash && hash.mayExpire(now)) {
      return removeExpired(key, hash) ? null : hash;
    }
    return value;
  }

  /** Removes the fields of a hash that have expired; true if they were all. */
  private boolean removeExpired(Bytes key, HashValue hash) {
    List<Bytes> fields = hash.removeExpired(now);
    if (fields.isEmpty()) {
      schedule(key, hash);
      return false;
    }
    removals.fields(key, fields);
    account(hash);
    if (hash.isEmpty()) {
      drop(key);
      return true;
    }
    schedule(key, hash);
    return false;
  }

  /** Remembers when the first field of a hash expires. */
  private void schedule(Bytes key, HashValue hash) {
    if (hash.earliest() != Value.NEVER) {
      expiries.add(hash.earliest(), key);
      expiries.tidy();
    }
  }

  /** Brings the account of a value up to date. */
  private void account(Value value) {
    long weighs = value.weight();
    weight += weighs - value.accounted;
    value.accounted = weighs;
  }

  /**
   * Gives a key a value of its own; it expires when the value says.
   *
   * <p>The value must not be under another key. What was under this one is replaced, with its
   * expiry.
   */
  public void put(Bytes key, Value value) {
    Value old = values.put(key, value);
    if (old != null) {
      weight -= old.accounted;
      expiring -= old.expiresAt == Value.NEVER ? 0 : 1;
    } else {
      weight += OVERHEAD + key.length();
    }
    value.usedAt = now;
    value.accounted = value.weight();
    weight += value.accounted;
    if (value.expiresAt != Value.NEVER) {
      expiring++;
      expiries.add(value.expiresAt, key);
    }
    if (value instanceof HashValue hash) {
      schedule(key, hash);
    }
    changes++;
  }

  /** Gives a key a value that expires at a time, or {@link Value#NEVER}. */
  public void put(Bytes key, Value value, long expiresAt) {
    value.expiresAt = expiresAt;
    put(key, value);
  }

  /**
   * Says that the value of a key was changed in place; an empty one is removed.
   *
   * @param value that is under the key
   */
  public void changed(Bytes key, Value value) {
    changes++;
    if (value.isEmpty()) {
      drop(key);
      return;
    }
    account(value);
  }

  /** Says that fields of a hash were changed in place, and when they expire was set. */
  public void expiriesChanged(Bytes key, HashValue hash) {
    changed(key, hash);
    if (!hash.isEmpty()) {
      schedule(key, hash);
    }
  }

  /** Removes a key; true if it was there. */
  public boolean remove(Bytes key) {
    if (peek(key) == null) {
      return false;
    }
    drop(key);
    changes++;
    return true;
  }

  /**
   * Sets when a key expires, or {@link Value#NEVER}.
   *
   * @param value that is under the key
   * @param at in ms of the epoch
   */
  public void expire(Bytes key, Value value, long at) {
    expiring += (at == Value.NEVER ? 0 : 1) - (value.expiresAt == Value.NEVER ? 0 : 1);
    value.expiresAt = at;
    if (at != Value.NEVER) {
      expiries.add(at, key);
      expiries.tidy();
    }
    changes++;
  }

  /**
   * Removes everything.
   *
   * <p>Nothing is reported as removed: the command that clears is journalled.
   */
  public void clear() {
    values.clear();
    expiries.clear();
    weight = 0;
    expiring = 0;
    changes++;
  }

  /**
   * Removes keys whose time has come, at most so many; returns how many.
   *
   * @param most a bound for the time it takes
   */
  public int removeExpired(int most) {
    int removed = 0;
    while (removed < most) {
      Bytes key = expiries.poll(now);
      if (key == null) {
        break;
      }
      // It is gone for whoever looks.
      peek(key);
      removed++;
    }
    return removed;
  }

  /**
   * Removes one key that has not been used for long, by a sample; true if there was one.
   *
   * <p>It takes the one that was used least recently of eight chosen by chance, of all keys or of
   * those that expire. It is reported as removed.
   */
  public boolean evict(Eviction eviction, RandomGenerator random) {
    if (eviction == Eviction.NONE || values.isEmpty()) {
      return false;
    }
    Bytes oldest = null;
    long used = Long.MAX_VALUE;
    for (int i = 0; i < SAMPLES; i++) {
      Bytes key = eviction == Eviction.ALL_KEYS ? values.sample(random) : expiries.sample(random);
      Value value = key == null ? null : values.get(key);
      if (value != null && value.usedAt < used) {
        oldest = key;
        used = value.usedAt;
      }
    }
    if (oldest == null) {
      return false;
    }
    drop(oldest);
    removals.key(oldest);
    return true;
  }

  /** Whether a key, or a field of its hash, still expires at a time. */
  private boolean expiresAt(Bytes key, long time) {
    Value value = values.get(key);
    return value != null
        && (value.expiresAt == time
            || (value instanceof HashValue hash && hash.earliest() == time));
  }

  /** Removes a key without telling anybody. */
  private void drop(Bytes key) {
    Value value = values.remove(key);
    if (value != null) {
      weight -= OVERHEAD + key.length() + value.accounted;
      expiring -= value.expiresAt == Value.NEVER ? 0 : 1;
    }
  }
}
