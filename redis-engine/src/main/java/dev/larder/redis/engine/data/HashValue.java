package dev.larder.redis.engine.data;

import dev.larder.redis.engine.resp.Bytes;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Fields, and a string for each. */
public final class HashValue extends Value {
  /** Bytes that an entry takes beside what it says. */
  private static final int OVERHEAD = 96;

  private final Dict<Bytes> fields = new Dict<>();
  private long weight;

  /** The fields, which are changed through this class only. */
  public Dict<Bytes> fields() {
    return fields;
  }

  /** The string of a field, or null. */
  public @Nullable Bytes get(Bytes field) {
    return fields.get(field);
  }

  /** Sets a field; true if it was not here. */
  public boolean put(Bytes field, Bytes value) {
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

  @Override
  public HashValue copy() {
    var copy = new HashValue();
    fields.forEach(copy::put);
    return copy;
  }
}
