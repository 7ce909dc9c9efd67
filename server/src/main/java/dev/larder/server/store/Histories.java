package dev.larder.server.store;

import dev.larder.core.StoreIdentity;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Where every history in the database ends, and a digest of that: a sum over all, so that a change
 * of one changes it at little cost. Used by the thread that appends.
 */
final class Histories {
  private final Map<StoreIdentity, Long> last = new HashMap<>();
  private long digest;

  /** The digest of all histories. */
  long digest() {
    return digest;
  }

  /** True if there is such a history. */
  boolean has(StoreIdentity identity) {
    return last.containsKey(identity);
  }

  /** A history now ends at that revision; it may be new. */
  void put(StoreIdentity identity, long revision) {
    remove(identity);
    last.put(identity, revision);
    digest += share(identity, revision);
  }

  /** There is no such history any more. */
  void remove(StoreIdentity identity) {
    Long revision = last.remove(identity);
    if (revision != null) {
      digest -= share(identity, revision);
    }
  }

  /** Changes that can still be given up. */
  Draft draft() {
    return new Draft();
  }

  private static long share(StoreIdentity identity, long revision) {
    return mixed(identity.number() + mixed(revision + 1));
  }

  /** Spreads the bits of a number over all of it, as SplitMix64 does. */
  private static long mixed(long number) {
    long z = number + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** The histories with changes that are not made yet. */
  final class Draft {
    /** Where those that changed end; -1 for one that is removed. */
    private final Map<StoreIdentity, Long> changed = new HashMap<>();

    /** Where a history ends; empty if there is none. */
    OptionalLong last(StoreIdentity identity) {
      Long revision = changed.getOrDefault(identity, last.get(identity));
      return revision == null || revision < 0 ? OptionalLong.empty() : OptionalLong.of(revision);
    }

    /** A history is to end at that revision; it may be new. */
    void put(StoreIdentity identity, long revision) {
      changed.put(identity, revision);
    }

    /** A history is to be gone. */
    void remove(StoreIdentity identity) {
      changed.put(identity, -1L);
    }

    /** The digest once this is accepted. */
    long digest() {
      long sum = digest;
      for (Map.Entry<StoreIdentity, Long> change : changed.entrySet()) {
        Long before = last.get(change.getKey());
        sum -= before == null ? 0 : share(change.getKey(), before);
        sum += change.getValue() < 0 ? 0 : share(change.getKey(), change.getValue());
      }
      return sum;
    }

    /** Makes the changes. */
    void accept() {
      changed.forEach((identity, revision) -> {
        if (revision < 0) {
          Histories.this.remove(identity);
        } else {
          Histories.this.put(identity, revision);
        }
      });
    }
  }
}
