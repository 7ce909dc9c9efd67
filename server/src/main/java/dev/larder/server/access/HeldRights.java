package dev.larder.server.access;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What lasts and ends with the right it was opened with: connections, streams of events. Safe for
 * use by many threads.
 */
final class HeldRights {
  private final Set<Held> held = ConcurrentHashMap.newKeySet();

  /** What ends with a principal's right. */
  private record Held(Principal principal, Runnable revoked) {
    // Two connections of one principal are two.
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  /**
   * Runs {@code revoked} when the principal's right ends first, at most once.
   *
   * @return ends that
   */
  Runnable hold(Principal principal, Runnable revoked) {
    var holding = new Held(principal, revoked);
    held.add(holding);
    return () -> held.remove(holding);
  }

  /** Ends what is held without a right. */
  void end(Predicate<Principal> right) {
    List<Held> ended = held.stream().filter(holding -> !right.test(holding.principal())).toList();
    for (Held holding : ended) {
      if (held.remove(holding)) {
        holding.revoked().run();
      }
    }
  }

  /** Names each principal that holds something, once for each. */
  void forEach(Consumer<Principal> holder) {
    held.forEach(holding -> holder.accept(holding.principal()));
  }
}
