package dev.larder.server.metrics;

import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.Namespace;
import dev.larder.core.PutOutcome;
import dev.larder.core.spi.CacheObserver;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
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
  private final StoreDurations store = new StoreDurations();

  /** Nothing is counted yet. */
  public ServerMetrics() {}

  /** Counts what the cache of a namespace does. */
  public CacheObserver observer(Namespace namespace) {
    return counters(namespace);
  }

  private synchronized NamespaceCounters counters(Namespace namespace) {
    boolean known = counters.containsKey(namespace.name());
    String name = known || counters.size() < MAX_NAMESPACES ? namespace.name() : OTHER;
    return counters.computeIfAbsent(name, first -> new NamespaceCounters(store));
  }

  /** How long the store took for what it was asked. */
  StoreDurations store() {
    return store;
  }

  /**
   * What was counted of a namespace so far, since the server started.
   *
   * @param lookups by how they ended
   * @param puts by what became of them
   * @param generations entries that were brought and said how long they took
   * @param generationMillis how long these took together, in ms
   * @param unchanged those of them that came to what was stored before
   * @param lookupDurations how long lookups took that waited for nobody's generation: how many for
   *     each of {@link #durationBounds}, and more than the last
   * @param invalidations those that were asked of this server
   * @param invalidationDurations how long these took, in the same form
   * @param evictions entries that the cache removed because nobody could be served them
   * @param promotions waits that ended with the lease, because its holder failed or went away
   * @param exhausted waits that ended without an entry
   */
  public record Totals(
      Map<String, Long> lookups,
      Map<String, Long> puts,
      long generations,
      long generationMillis,
      long unchanged,
      List<Long> lookupDurations,
      long invalidations,
      List<Long> invalidationDurations,
      long evictions,
      long promotions,
      long exhausted) {}

  /** The bounds that durations are counted by, in s, the smallest first. */
  public static List<Double> durationBounds() {
    return Durations.BOUNDS;
  }

  /** What was counted of a namespace; empty if it is not told apart from others. */
  public Optional<Totals> totals(Namespace namespace) {
    return apart(namespace).map(ServerMetrics::totals);
  }

  /** What was counted of a namespace; empty if it is not told apart from others. */
  private Optional<NamespaceCounters> apart(Namespace namespace) {
    return namespace.name().equals(OTHER)
        ? Optional.empty()
        : Optional.ofNullable(counters.get(namespace.name()));
  }

  /**
   * How often keys of a namespace were looked up a minute here, in the last ten to twenty: of those
   * that were most; in the first minute, how often they were at all.
   */
  public Map<CacheKey, Long> lookupsPerMinute(Namespace namespace) {
    return apart(namespace).map(counted -> counted.hot.perMinute()).orElse(Map.of());
  }

  /**
   * How often a key was generated again.
   *
   * @param times how often in the last ten to twenty minutes
   * @param unchanged how often of those it came to what was stored before
   */
  public record Regenerated(long times, long unchanged) {}

  /** What keys of a namespace were generated again, as many as are remembered. */
  public Map<CacheKey, Regenerated> regenerated(Namespace namespace) {
    return apart(namespace).map(counted -> counted.regenerations.lately()).orElse(Map.of());
  }

  /** What is stored under a key, if it was generated lately and its process has said so. */
  public Optional<String> label(Namespace namespace, CacheKey key) {
    return apart(namespace).flatMap(counted -> counted.regenerations.label(key));
  }

  /**
   * What invalidations of a tag have cost in the last ten to twenty minutes.
   *
   * @param regenerations how often somebody had to generate because of it
   * @param generationMillis how long that took, in ms, as far as it is done
   */
  public record TagCost(long regenerations, long generationMillis) {}

  /** What invalidations have cost, by tag, of as many as are remembered. */
  public Map<String, TagCost> tagCosts(Namespace namespace) {
    return apart(namespace).map(counted -> counted.tagCosts.lately()).orElse(Map.of());
  }

  private static Totals totals(NamespaceCounters counted) {
    var lookups = new TreeMap<String, Long>();
    lookups()
        .forEach((outcome, count) -> lookups.put(outcome, (long) count.applyAsDouble(counted)));
    var puts = new TreeMap<String, Long>();
    for (PutOutcome outcome : PutOutcome.values()) {
      puts.put(outcome.name().toLowerCase(Locale.ROOT), counted.puts(outcome).sum());
    }
    long generations = 0;
    long millis = 0;
    long unchanged = 0;
    for (NamespaceCounters.Generations ofKind : counted.generations().values()) {
      generations += ofKind.durations.count();
      millis += Math.round(ofKind.durations.seconds() * TimeUnit.SECONDS.toMillis(1));
      unchanged += ofKind.unchanged.sum();
    }
    Collection<Durations> invalidations = counted.invalidations().values();
    return new Totals(
        lookups,
        puts,
        generations,
        millis,
        unchanged,
        counted.lookups.counts(),
        invalidations.stream().mapToLong(Durations::count).sum(),
        Durations.sum(invalidations),
        counted.evictions.sum(),
        counted.waits(CacheObserver.WaitEnd.PROMOTED).sum(),
        counted.waits(CacheObserver.WaitEnd.SPENT).sum());
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
    return counters.computeIfAbsent(name, first -> new NamespaceCounters(store));
  }

  /** The name under which a namespace is counted. */
  String nameOf(Namespace namespace) {
    return counters.containsKey(namespace.name()) ? namespace.name() : OTHER;
  }

  /** How many lookups of a namespace's cache ended so: {@code fresh}, {@code stale} and so on. */
  static Map<String, ToDoubleFunction<NamespaceCounters>> lookups() {
    return Map.of(
        "fresh", each -> each.fresh.sum(),
        "early", each -> each.early.sum(),
        "stale", each -> each.stale.sum(),
        "miss", each -> each.miss.sum(),
        "expired_tag", each -> each.expired(Freshness.Cause.TAG).sum(),
        "expired_age", each -> each.expired(Freshness.Cause.AGE).sum(),
        "forgotten", each -> each.expired(Freshness.Cause.FORGOTTEN).sum(),
        "failed", each -> each.failed.sum());
  }
}
