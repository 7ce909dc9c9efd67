package dev.larder.server.metrics;

import dev.larder.core.spi.CacheObserver.StoreOperation;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Durations as histograms of Prometheus. They are read when the page is asked for: those who
 * measure know nothing of the page.
 *
 * @param name as Prometheus has it
 * @param help what it is, in a sentence
 * @param durations what there is to show, by its labels
 */
record DurationSamples(String name, String help, Supplier<Map<Labels, Durations>> durations)
    implements Collector {
  private static final List<Double> UPPER_BOUNDS =
      Stream.concat(Durations.BOUNDS.stream(), Stream.of(Double.POSITIVE_INFINITY)).toList();

  /** All that is measured by a server. */
  static List<DurationSamples> of(ServerMetrics metrics) {
    return List.of(
        new DurationSamples(
            "larder_lookup_duration_seconds",
            "How long lookups took; apart those that waited for the generation of another caller.",
            () -> {
              var durations = new LinkedHashMap<Labels, Durations>();
              for (String name : metrics.names()) {
                NamespaceCounters counted = metrics.of(name);
                durations.put(Labels.of("namespace", name, "waited", "false"), counted.lookups);
                durations.put(Labels.of("namespace", name, "waited", "true"), counted.waited);
              }
              return durations;
            }),
        new DurationSamples(
            "larder_invalidation_duration_seconds",
            "How long invalidations took that were asked of this server, until they were durable.",
            () -> {
              var durations = new LinkedHashMap<Labels, Durations>();
              for (String name : metrics.names()) {
                metrics
                    .of(name)
                    .invalidations()
                    .forEach((via, measured) ->
                        durations.put(Labels.of("namespace", name, "via", via.label()), measured));
              }
              return durations;
            }),
        new DurationSamples(
            "larder_generation_duration_seconds",
            "How long generations took, of the entries that were brought.",
            () -> {
              var durations = new LinkedHashMap<Labels, Durations>();
              for (String name : metrics.names()) {
                metrics
                    .of(name)
                    .generations()
                    .forEach((kind, generations) ->
                        durations.put(
                            Labels.of("namespace", name, "kind", kind.label()),
                            generations.durations));
              }
              return durations;
            }),
        new DurationSamples(
            "larder_store_operation_duration_seconds",
            "How long the store took for what it was asked, whether it could do it or not.",
            () -> {
              var durations = new LinkedHashMap<Labels, Durations>();
              for (StoreOperation operation : StoreOperation.values()) {
                durations.put(
                    Labels.of("operation", MetricsPage.word(operation)),
                    metrics.store().of(operation));
              }
              return durations;
            }));
  }

  @Override
  public MetricSnapshot collect() {
    HistogramSnapshot.Builder samples = HistogramSnapshot.builder().name(name).help(help);
    durations
        .get()
        .forEach((labels, measured) ->
            samples.dataPoint(
                HistogramDataPointSnapshot.builder()
                    .labels(labels)
                    .classicHistogramBuckets(
                        ClassicHistogramBuckets.of(UPPER_BOUNDS, measured.counts()))
                    .sum(measured.seconds())
                    .build()));
    return samples.build();
  }
}
