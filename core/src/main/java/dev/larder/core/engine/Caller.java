package dev.larder.core.engine;

import dev.larder.core.CacheKey;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Somebody who may hold leases and wait for them: one connection. When it closes, its leases pass
 * on at once and its waits end.
 */
public final class Caller {
  private final Map<CacheKey, Long> leases = new LinkedHashMap<>();
  private final Set<Follower> waits = new LinkedHashSet<>();
  private boolean closed;

  private final Supplier<String> name;

  /** A caller who holds nothing, and does not say who it is. */
  public Caller() {
    this(() -> "");
  }

  /**
   * A caller who holds nothing.
   *
   * @param name who it is, for people
   */
  public Caller(Supplier<String> name) {
    this.name = name;
  }

  /** Who it is, for people; empty if it does not say. */
  String name() {
    return name.get();
  }

  /** Notes a lease this caller was granted; false if the caller is gone. */
  synchronized boolean holds(CacheKey key, long lease) {
    if (closed) {
      return false;
    }
    leases.put(key, lease);
    return true;
  }

  /** Notes that a lease ended. */
  synchronized void lost(CacheKey key, long lease) {
    leases.remove(key, lease);
  }

  /** Notes a wait; false if the caller is gone. */
  synchronized boolean waits(Follower follower) {
    if (closed) {
      return false;
    }
    waits.add(follower);
    return true;
  }

  /** Notes that a wait ended. */
  synchronized void waited(Follower follower) {
    waits.remove(follower);
  }

  /** Marks the caller as gone and returns what it held. */
  synchronized Belongings close() {
    closed = true;
    return new Belongings(new LinkedHashMap<>(leases), List.copyOf(waits));
  }

  /** What a caller leaves behind, the oldest first. */
  record Belongings(Map<CacheKey, Long> leases, List<Follower> waits) {}
}
