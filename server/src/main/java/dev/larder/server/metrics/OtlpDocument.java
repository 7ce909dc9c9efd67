package dev.larder.server.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The numbers of the page of metrics as a request of OTLP, in its form as JSON.
 *
 * <p>Names are those of OpenTelemetry: {@code larder_lookup_duration_seconds} is {@code
 * larder.lookup.duration} in the unit {@code s}. Whoever makes names of Prometheus of them, such as
 * a collector, has those of the page again. Counters and histograms are cumulative since the start.
 *
 * @param resource what the server is, by attributes
 * @param startMillis when it was started, in ms since 1970
 * @param nowMillis what time it is, in ms since 1970
 */
record OtlpDocument(Map<String, String> resource, long startMillis, long nowMillis) {
  /** In OTLP: what is told is since the start. */
  private static final int CUMULATIVE = 2;

  private static final Map<String, String> UNITS = Map.of("_seconds", "s", "_bytes", "By");

  /** The request that says this. */
  JsonObject of(MetricSnapshots snapshots) {
    var metrics = new JsonArray();
    for (MetricSnapshot snapshot : snapshots) {
      shown(snapshot).ifPresent(metrics::add);
    }
    var attributes = new JsonArray();
    resource.forEach((name, value) -> attributes.add(attribute(name, value)));
    var scope =
        new JsonObject()
            .put("scope", new JsonObject().put("name", "larder"))
            .put("metrics", metrics);
    return new JsonObject()
        .put(
            "resourceMetrics",
            new JsonArray()
                .add(
                    new JsonObject()
                        .put("resource", new JsonObject().put("attributes", attributes))
                        .put("scopeMetrics", new JsonArray().add(scope))));
  }

  /** Empty for what the page has in no form of OTLP, which is nothing as of now. */
  private Optional<JsonObject> shown(MetricSnapshot snapshot) {
    return switch (snapshot) {
      case CounterSnapshot counter ->
          Optional.of(
              metric(snapshot)
                  .put(
                      "sum",
                      points(
                              counter.getDataPoints().stream()
                                  .map(each -> point(each).put("asDouble", each.getValue())))
                          .put("isMonotonic", true)
                          .put("aggregationTemporality", CUMULATIVE)));
      case GaugeSnapshot gauge ->
          Optional.of(
              metric(snapshot)
                  .put(
                      "gauge",
                      points(
                          gauge.getDataPoints().stream()
                              .filter(each -> Double.isFinite(each.getValue()))
                              .map(each -> point(each).put("asDouble", each.getValue())))));
      case HistogramSnapshot histogram ->
          Optional.of(
              metric(snapshot)
                  .put(
                      "histogram",
                      points(histogram.getDataPoints().stream().map(this::durations))
                          .put("aggregationTemporality", CUMULATIVE)));
      default -> Optional.empty();
    };
  }

  private static JsonObject points(Stream<JsonObject> points) {
    return new JsonObject().put("dataPoints", new JsonArray(points.toList()));
  }

  private static JsonObject metric(MetricSnapshot snapshot) {
    String name = snapshot.getMetadata().getPrometheusName();
    String unit = "1";
    for (Map.Entry<String, String> known : UNITS.entrySet()) {
      if (name.endsWith(known.getKey())) {
        name = name.substring(0, name.length() - known.getKey().length());
        unit = known.getValue();
      }
    }
    String help = snapshot.getMetadata().getHelp();
    return new JsonObject()
        .put("name", name.replace('_', '.'))
        .put("description", help == null ? "" : help)
        .put("unit", unit);
  }

  /** 64-bit numbers are texts in OTLP. */
  private JsonObject durations(HistogramSnapshot.HistogramDataPointSnapshot point) {
    ClassicHistogramBuckets buckets = point.getClassicBuckets();
    var bounds = new JsonArray();
    var counts = new JsonArray();
    for (int i = 0; i < buckets.size(); i++) {
      counts.add(Long.toString(buckets.getCount(i)));
      if (buckets.getUpperBound(i) < Double.POSITIVE_INFINITY) {
        bounds.add(buckets.getUpperBound(i));
      }
    }
    return point(point)
        .put("count", Long.toString(point.getCount()))
        .put("sum", point.getSum())
        .put("bucketCounts", counts)
        .put("explicitBounds", bounds);
  }

  private JsonObject point(DataPointSnapshot point) {
    var attributes = new JsonArray();
    for (Label label : point.getLabels()) {
      attributes.add(attribute(label.getName(), label.getValue()));
    }
    return new JsonObject()
        .put("attributes", attributes)
        .put("startTimeUnixNano", nanos(startMillis))
        .put("timeUnixNano", nanos(nowMillis));
  }

  private static JsonObject attribute(String name, String value) {
    return new JsonObject()
        .put("key", name)
        .put("value", new JsonObject().put("stringValue", value));
  }

  private static String nanos(long millis) {
    return Long.toString(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
