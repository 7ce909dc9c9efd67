package dev.larder.server.metrics;

import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Namespace;
import dev.larder.core.PutOutcome;
import dev.larder.core.engine.Cache;
import dev.larder.core.spi.CacheObserver.StoreOperation;
import dev.larder.core.spi.CacheObserver.WaitEnd;
import dev.larder.server.forward.Forwarder;
import dev.larder.server.session.Fleet;
import dev.larder.server.session.Namespaces;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * The page of metrics, in the text format of Prometheus or of OpenMetrics. Made when it is first
 * asked for; read by one thread at a time.
 *
 * <p>Names become those of Prometheus: {@code larder.lookups} is {@code larder_lookups_total}, a
 * base unit follows it where it has one. Every number of Larder has the label {@code namespace},
 * but for those that are of the whole server, such as {@code larder_info}; beside them are those of
 * the JVM and the process, from Micrometer.
 *
 * <p>Counters begin at 0 with the server. What caches count is read when the page is asked for;
 * what stores and processes hold is read once for a page. What the counters of a deleted namespace
 * say stays, its gauges are 0.
 */
public final class MetricsPage {
  /** The content type of OpenMetrics, as it is asked for and answered. */
  public static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  /** The content type of the text format of Prometheus. */
  public static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  /**
   * What each number is, in a sentence.
   *
   * <p>By the name as it is registered.
   */
  private static final Map<String, String> HELP =
      Map.ofEntries(
          Map.entry("larder.lookups", "Lookups answered by this server, by how they ended."),
          Map.entry("larder.puts", "Entries that were brought, by what became of them."),
          Map.entry(
              "larder.invalidations",
              "Invalidations that were asked of this server and are durable, by how they came."),
          Map.entry(
              "larder.evictions",
              "Entries that were removed: because nobody could be served them any more, or to make"
                  + " room for others."),
          Map.entry(
              "larder.lease.arrivals", "Waits for the entry of another caller that ended with it."),
          Map.entry(
              "larder.lease.promotions",
              "Waits that ended with the lease, because its holder failed or went away."),
          Map.entry(
              "larder.lease.expirations",
              "Leases that ended by their deadline: nobody brought the entry, nor renewed them."),
          Map.entry("larder.connections", "Connections that processes keep."),
          Map.entry(
              "larder.connection.lag.revisions",
              "How many revisions the process is behind that is most, as processes last said."),
          Map.entry("larder.wait.exhausted", "Waits that ended without an entry."),
          Map.entry(
              "larder.near.lookups",
              "Lookups that no server answered with an entry or a miss, as far as processes report"
                  + " them: from their near caches, without a server, or answered with an error."),
          Map.entry(
              "larder.saved.generation.seconds",
              "How long the generations took whose results were served, at each use."),
          Map.entry("larder.generations", "Entries that were brought and said how long they took."),
          Map.entry(
              "larder.generations.repeated",
              "Those of them that were stored, of a key whose generation before is remembered."),
          Map.entry(
              "larder.generations.unchanged", "Those of the repeated ones that came to the same."),
          Map.entry("larder.puts.dropped", "Entries the store could not take."),
          Map.entry("larder.entries.damaged", "Entries that could not be read back."),
          Map.entry("larder.revision", "The revision of the last invalidation."),
          Map.entry(
              "larder.floor.revision",
              "Entries of an earlier revision count as expired: older invalidations are forgotten."),
          Map.entry("larder.ledger.tags", "Tags whose invalidations are remembered."),
          Map.entry(
              "larder.ledger.tags.limit", "The most tags whose invalidations are remembered."),
          Map.entry("larder.leases", "Leases that are held."),
          Map.entry("larder.waiting", "Lookups that wait for the entry of another caller."),
          Map.entry(
              "larder.entries",
              "Entries stored; over a shared store those in the memory of this server."),
          Map.entry("larder.entry.bytes", "The bytes of their values."),
          Map.entry("larder.clients", "Processes that are connected, or were heard lately."),
          Map.entry("larder.clients.reporting", "Those of them that report."));

  private final ServerMetrics metrics;
  private final Namespaces namespaces;
  private final Limits limits;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** The names of namespaces, with kinds of generations too, that are on the page already. */
  private final Set<String> registered = new HashSet<>();

  /** What the gauges show: as things stood when the page was asked for last. */
  private Map<String, State> states = Map.of();

  /**
   * What a server is allowed, which is shown beside what it takes of that.
   *
   * @param ledgerTags how many tags a ledger may remember
   * @param connections how many connections may be open
   * @param diskBytes how many bytes of entries an embedded store keeps; empty if it is shared
   */
  public record Limits(int ledgerTags, int connections, OptionalLong diskBytes) {}

  /**
   * A page of what is counted.
   *
   * @param version of the server
   * @param store what kind it has: {@code embedded} or {@code shared}
   * @param refused how many requests were refused, by why; always the same ones
   * @param forwards how those stand who are told what was invalidated; always the same ones
   */
  public MetricsPage(
      ServerMetrics metrics,
      Namespaces namespaces,
      String version,
      String store,
      Limits limits,
      Map<String, LongAdder> refused,
      Supplier<List<Forwarder.State>> forwards) {
    this.metrics = metrics;
    this.namespaces = namespaces;
    this.limits = limits;
    registry
        .config()
        // Promtool finds fault with their names, and others say the same.
        .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"))
        .meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"));
    Gauge.builder("larder.info", () -> 1)
        .description("What the server is.")
        .tags("version", version, "java", Runtime.version().toString(), "store", store)
        .register(registry);
    Gauge.builder("larder.store.available", () -> namespaces.ready() ? 1 : 0)
        .description("1 while the store does what it is asked.")
        .register(registry);
    Gauge.builder("larder.connections.limit", limits::connections)
        .description("The most connections that may be open, of all namespaces together.")
        .register(registry);
    limits.diskBytes().ifPresent(this::registerDisk);
    refused.forEach((reason, count) ->
        FunctionCounter.builder("larder.auth.failures", count, LongAdder::sum)
            .description("Requests that were refused: without a token of use, or by its rights.")
            .tags("reason", reason)
            .register(registry));
    new ForwardMetrics(forwards).bindTo(registry);
    List.of(
            new JvmMemoryMetrics(),
            new JvmThreadMetrics(),
            new ClassLoaderMetrics(),
            new ProcessorMetrics(),
            new FileDescriptorMetrics(),
            new UptimeMetrics())
        .forEach(binder -> binder.bindTo(registry));
    DurationSamples.of(metrics)
        .forEach(samples -> registry.getPrometheusRegistry().register(samples));
    for (StoreOperation operation : StoreOperation.values()) {
      FunctionCounter.builder(
              "larder.store.errors", metrics.store().failures(operation), LongAdder::sum)
          .description("What the store was asked for and could not do.")
          .tags("operation", word(operation))
          .register(registry);
    }
  }

  /**
   * What a namespace holds, added up for those that are not told apart.
   *
   * <p>Revisions, tags and what a process is behind are the largest of those namespaces, all else
   * is a sum.
   */
  private static final class State {
    private double revision;
    private double floor;
    private double tags;
    private double leases;
    private double waiting;
    private double entries;
    private double bytes;
    private double dropped;
    private double damaged;
    private double expired;
    private double outgrown;
    private double clients;
    private double connections;
    private double lag;
    private double clientsThatReport;
    private double near;
    private double bypass;
    private double failed;
    private double saved;

    void add(Cache.Stats stats, Fleet fleet) {
      long current = stats.asOf().revision().number();
      revision = Math.max(revision, (double) current);
      floor = Math.max(floor, (double) stats.floor().number());
      tags = Math.max(tags, stats.tags());
      leases += stats.leases();
      waiting += stats.waiting();
      entries += stats.entries().entries();
      bytes += stats.entries().bytes();
      dropped += stats.entries().dropped();
      damaged += stats.entries().damaged();
      expired += stats.entries().expired();
      outgrown += stats.entries().outgrown();
      List<Fleet.Member> members = fleet.members();
      clients += members.size();
      for (Fleet.Member member : members) {
        connections += member.via() == Via.CONNECTION ? 1 : 0;
        if (member.lastReport().isPresent()) {
          lag = Math.max(lag, (double) (current - member.known().revision().number()));
        }
      }
      clientsThatReport +=
          members.stream().filter(member -> member.lastReport().isPresent()).count();
      near += fleet.nearLookups();
      bypass += fleet.bypassed();
      failed += fleet.failed();
      saved += fleet.savedMillis();
    }
  }

  /**
   * The page as it is now.
   *
   * <p>Takes longer the more namespaces are open: not for an event loop.
   *
   * @param contentType {@link #PROMETHEUS} or {@link #OPEN_METRICS}
   */
  public synchronized String text(String contentType) {
    look();
    return registry.scrape(contentType);
  }

  /** The same numbers, for who writes them in another form. */
  synchronized MetricSnapshots snapshots() {
    look();
    return registry.getPrometheusRegistry().scrape();
  }

  /** Looks how things stand, and puts on the page what is new. */
  private void look() {
    Map<String, State> now = new HashMap<>();
    for (Map.Entry<Namespace, Cache> open : namespaces.inUse().entrySet()) {
      now.computeIfAbsent(metrics.nameOf(open.getKey()), name -> new State())
          .add(open.getValue().stats(), namespaces.fleet(open.getKey()));
    }
    states = now;
    for (String name : metrics.names()) {
      if (registered.add(name)) {
        register(name);
      }
      metrics
          .of(name)
          .generations()
          .forEach((kind, generations) -> {
            if (registered.add(name + " " + kind)) {
              register(Tags.of("namespace", name, "kind", kind.label()), generations);
            }
          });
    }
  }

  private void registerDisk(long limit) {
    Gauge.builder(
            "larder.disk.bytes", () -> states.values().stream().mapToDouble(s -> s.bytes).sum())
        .description("The bytes of the values of all entries of the embedded store.")
        .register(registry);
    Gauge.builder("larder.disk.limit.bytes", () -> limit)
        .description("The most bytes that entries may take there; those used least go.")
        .register(registry);
  }

  /** Puts the numbers of one more namespace on the page. */
  private void register(String name) {
    var of = new Of(registry, Tags.of("namespace", name), metrics.of(name));
    ServerMetrics.lookups()
        .forEach((outcome, count) -> of.counter("larder.lookups", count, "outcome", outcome));
    for (PutOutcome outcome : PutOutcome.values()) {
      of.counter("larder.puts", each -> each.puts(outcome).sum(), "outcome", word(outcome));
    }
    metrics
        .of(name)
        .invalidations()
        .forEach((via, durations) ->
            of.counter("larder.invalidations", each -> durations.count(), "via", via.label()));
    reported(
        "larder.evictions",
        name,
        state -> of.counters.evictions.sum() + state.expired,
        of.tags.and("cause", "expired"));
    reported("larder.evictions", name, state -> state.outgrown, of.tags.and("cause", "size"));
    of.counter("larder.lease.arrivals", each -> each.waits(WaitEnd.ARRIVED).sum());
    of.counter("larder.lease.promotions", each -> each.waits(WaitEnd.PROMOTED).sum());
    of.counter("larder.lease.expirations", each -> each.leasesExpired.sum());
    of.counter("larder.wait.exhausted", each -> each.waits(WaitEnd.SPENT).sum());
    reported("larder.near.lookups", name, state -> state.near, of.tags.and("outcome", "near"));
    reported("larder.near.lookups", name, state -> state.bypass, of.tags.and("outcome", "bypass"));
    reported("larder.near.lookups", name, state -> state.failed, of.tags.and("outcome", "failed"));
    reported("larder.saved.generation.seconds", name, state -> state.saved / 1000, of.tags);
    reported("larder.puts.dropped", name, state -> state.dropped, of.tags);
    reported("larder.entries.damaged", name, state -> state.damaged, of.tags);
    gauge("larder.revision", name, state -> state.revision, of.tags);
    gauge("larder.floor.revision", name, state -> state.floor, of.tags);
    gauge("larder.ledger.tags", name, state -> state.tags, of.tags);
    gauge("larder.ledger.tags.limit", name, state -> limits.ledgerTags(), of.tags);
    gauge("larder.leases", name, state -> state.leases, of.tags);
    gauge("larder.waiting", name, state -> state.waiting, of.tags);
    gauge("larder.entries", name, state -> state.entries, of.tags);
    gauge("larder.entry.bytes", name, state -> state.bytes, of.tags);
    gauge("larder.connections", name, state -> state.connections, of.tags);
    gauge("larder.connection.lag.revisions", name, state -> state.lag, of.tags);
    gauge("larder.clients", name, state -> state.clients, of.tags);
    gauge("larder.clients.reporting", name, state -> state.clientsThatReport, of.tags);
  }

  /** Puts the numbers of one more kind of generations on the page. */
  private void register(Tags tags, NamespaceCounters.Generations generations) {
    Map<String, ToDoubleFunction<NamespaceCounters.Generations>> counts =
        Map.of(
            "larder.generations", each -> each.durations.count(),
            "larder.generations.repeated", each -> each.repeated.sum(),
            "larder.generations.unchanged", each -> each.unchanged.sum());
    counts.forEach((name, count) ->
        FunctionCounter.builder(name, generations, count)
            .description(HELP.get(name))
            .tags(tags)
            .register(registry));
  }

  /** Where counters of one namespace are registered. */
  private record Of(MeterRegistry registry, Tags tags, NamespaceCounters counters) {
    void counter(String name, ToDoubleFunction<NamespaceCounters> count, String... labels) {
      FunctionCounter.builder(name, counters, count)
          .description(HELP.get(name))
          .tags(tags.and(labels))
          .register(registry);
    }
  }

  /** A counter of what the store or processes count, as of when the page was asked for. */
  private void reported(String metric, String name, ToDoubleFunction<State> count, Tags tags) {
    FunctionCounter.builder(metric, this, page -> page.of(name, count))
        .description(HELP.get(metric))
        .tags(tags)
        .register(registry);
  }

  private void gauge(String metric, String name, ToDoubleFunction<State> value, Tags tags) {
    Gauge.builder(metric, this, page -> page.of(name, value))
        .description(HELP.get(metric))
        .tags(tags)
        .register(registry);
  }

  /** 0 for a namespace that is not open. */
  private double of(String name, ToDoubleFunction<State> value) {
    State state = states.get(name);
    return state == null ? 0 : value.applyAsDouble(state);
  }

  static String word(Enum<?> outcome) {
    return outcome.name().toLowerCase(Locale.ROOT);
  }
}
