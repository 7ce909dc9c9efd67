package dev.larder.server.metrics;

import dev.larder.core.Freshness;
import dev.larder.core.Namespace;
import dev.larder.core.spi.CacheObserver;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * What a server counts, for {@code GET /metrics}. Counting costs a few nanoseconds a lookup; the
 * registry behind the page is made when the page is first asked for.
 *
 * <p>Labels cost memory wherever they are stored, so only the first namespaces that are used have
 * one of their own; the others share {@value #OTHER}. Safe for use by many threads.
 */
public final class ServerMetrics {
  /** How many namespaces are told apart; what happens in all others is counted together. */
  static final int MAX_NAMESPACES = 50;

  /** What the namespaces are called that are not told apart. */
  static final String OTHER = "other";

  private final Map<String, NamespaceCounters> counters = new ConcurrentHashMap<>();

  /** Nothing is counted yet. */
  public ServerMetrics() {}

  /** Counts what the cache of a namespace does. */
  public CacheObserver observer(Namespace namespace) {
    return counters(namespace);
  }

  private synchronized NamespaceCounters counters(Namespace namespace) {
    boolean known = counters.containsKey(namespace.name());
    String name = known || counters.size() < MAX_NAMESPACES ? namespace.name() : OTHER;
    return counters.computeIfAbsent(name, first -> new NamespaceCounters());
  }

  /** The names by which namespaces are told apart, with {@link #OTHER} if there are more. */
  Set<String> names() {
    return new LinkedHashSet<>(counters.keySet());
  }

  /**
   * What was counted under such a name.
   *
   * <p>Nothing yet, for a name that was never seen.
   */
  NamespaceCounters of(String name) {
    return counters.computeIfAbsent(name, first -> new NamespaceCounters());
  }

  /** The name under which a namespace is counted. */
  String nameOf(Namespace namespace) {
    return counters.containsKey(namespace.name()) ? namespace.name() : OTHER;
  }

  /** How many lookups of a namespace's cache ended so: {@code fresh}, {@code stale} and so on. */
  static Map<String, ToDoubleFunction<NamespaceCounters>> lookups() {
    return Map.of(
        "fresh", each -> each.fresh.sum(),
        "stale", each -> each.stale.sum(),
        "miss", each -> each.miss.sum(),
        "expired_tag", each -> each.expired(Freshness.Cause.TAG).sum(),
        "expired_age", each -> each.expired(Freshness.Cause.AGE).sum(),
        "forgotten", each -> each.expired(Freshness.Cause.FORGOTTEN).sum(),
        "failed", each -> each.failed.sum());
  }
}
