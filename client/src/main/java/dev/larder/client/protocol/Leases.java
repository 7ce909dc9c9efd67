package dev.larder.client.protocol;

import dev.larder.core.CacheKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The leases under which a process generates. Outlives conversations: where servers share a store,
 * the next one takes them over.
 */
public final class Leases {
  /** How many times a lease is renewed in its term, so that one renewal may be lost. */
  private static final int RENEWALS_PER_TERM = 3;

  private final Map<Long, Held> held = new LinkedHashMap<>();

  /** No leases. */
  public Leases() {}

  /**
   * A lease that is renewed.
   *
   * @param until when it is left to lapse, in ms
   * @param renewal when it is renewed next, in ms
   */
  private record Held(CacheKey key, long until, long renewal) {}

  /** A lease to be renewed now. */
  record Due(CacheKey key, long lease) {}

  /** How many are held. */
  public int size() {
    return held.size();
  }

  /** Renews a lease no more: it was given back, or its generation was given up and it may lapse. */
  public void letGo(long lease) {
    held.remove(lease);
  }

  /** Renews a lease from now on until that moment. */
  void hold(CacheKey key, long lease, long now, long until, int term) {
    held.put(lease, new Held(key, until, now + interval(term)));
  }

  /** Lets all be renewed at once: over the connection they are renewed over they end with it. */
  void move(long now) {
    held.replaceAll((lease, before) -> new Held(before.key(), before.until(), now));
  }

  /** Those that are to be renewed now, and will be again after a part of the term. */
  List<Due> due(long now, int term) {
    held.values().removeIf(lease -> lease.until() <= now);
    var due = new ArrayList<Due>();
    held.replaceAll((lease, before) -> {
      if (before.renewal() > now) {
        return before;
      }
      due.add(new Due(before.key(), lease));
      return new Held(before.key(), before.until(), now + interval(term));
    });
    return due;
  }

  /** When the next is to be renewed or lapses, in ms; {@link Long#MAX_VALUE} if there is none. */
  long next() {
    return held.values().stream()
        .mapToLong(lease -> Math.min(lease.renewal(), lease.until()))
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private static long interval(int term) {
    return Math.max(1, term / RENEWALS_PER_TERM);
  }
}
