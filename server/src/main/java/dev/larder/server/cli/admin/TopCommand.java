package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/**
 * {@code larder top}: what a server does now, a row for each namespace, over and over. Rates are of
 * the last ten seconds at most: as often processes report what they read in their near caches.
 */
@Command(
    name = "top",
    description = {
      "Show what a server does now, a row for each namespace, until Ctrl-C.",
      "Rates are of the last 10 s: as often processes report reads in their near caches.",
      "P50 and P99 are of lookups at the server that waited for nobody's generation."
    })
final class TopCommand extends AdminCommand {
  /** Over how long rates are, at most. */
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private static final int MOST_SECONDS = 3_600;

  /** Clears a terminal, and begins again at its top. */
  private static final String AGAIN = "\033[H\033[2J";

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "2",
      description = "How often, from 1 to 3600. Default: ${DEFAULT-VALUE}.")
  private int interval;

  @Option(names = "--once", description = "Once, over one interval.")
  private boolean once;

  private final ArrayDeque<Sample> samples = new ArrayDeque<>();

  /**
   * How a server was.
   *
   * @param at when it was asked, in ns
   */
  private record Sample(long at, JsonObject overview) {
    static Sample of(AdminClient client) {
      JsonObject overview = client.get("v1/overview");
      return new Sample(System.nanoTime(), overview);
    }

    Map<String, JsonObject> namespaces() {
      return objects(overview, "namespaces").stream()
          .collect(Collectors.toMap(each -> each.getString("namespace"), each -> each));
    }
  }

  @Override
  int run(AdminClient client, Output output) {
    if (interval < 1 || interval > MOST_SECONDS) {
      throw new Failure(
          Failure.USAGE,
          "--interval is %d; expected from 1 to %d seconds".formatted(interval, MOST_SECONDS));
    }
    samples.add(Sample.of(client));
    do {
      pause();
      samples.add(Sample.of(client));
      while (samples.size() > 2
          && samples.getLast().at() - samples.getFirst().at() > WINDOW.toNanos()) {
        samples.removeFirst();
      }
      show(output);
    } while (!once);
    return 0;
  }

  private void pause() {
    try {
      TimeUnit.SECONDS.sleep(interval);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(Failure.FAILED, "interrupted");
    }
  }

  private void show(Output output) {
    Map<String, JsonObject> before = samples.getFirst().namespaces();
    JsonObject overview = samples.getLast().overview();
    JsonObject server = overview.getJsonObject("server");
    JsonObject store = server.getJsonObject("store");
    List<JsonObject> rows =
        objects(overview, "namespaces").stream()
            .map(now -> row(now, Optional.ofNullable(before.get(now.getString("namespace")))))
            .toList();
    if (!once && !output.json() && Ansi.AUTO.enabled()) {
      output.raw(AGAIN);
    }
    output.sentence(
        "%s: larder %s over a store that is %s, up %s"
            .formatted(
                store.getBoolean("ready") ? "the store does what it is asked" : "THE STORE FAILS",
                server.getString("version"),
                store.getString("kind"),
                Shown.millis(server, "uptimeMillis")));
    output.rows(
        rows,
        List.of(
            Output.Column.of("NAMESPACE", row -> Shown.member(row, "namespace")),
            Output.Column.number("READS/S", row -> number(row, "readsPerSecond")),
            Output.Column.number("HITS", TopCommand::hits),
            Output.Column.number("P50", row -> duration(row, "lookupP50Millis")),
            Output.Column.number("P99", row -> duration(row, "lookupP99Millis")),
            Output.Column.number("GEN/S", row -> number(row, "generationsPerSecond")),
            Output.Column.number("SAVED", row -> Shown.millis(row, "savedMillis")),
            Output.Column.number("INVAL/S", row -> number(row, "invalidationsPerSecond")),
            Output.Column.number("LEASES", row -> Shown.member(row, "leases")),
            Output.Column.number("WAITING", row -> Shown.member(row, "waiting")),
            Output.Column.number("ENTRIES", row -> Shown.member(row, "entries")),
            Output.Column.number("SIZE", row -> Shown.bytes(row, "bytes")),
            Output.Column.number("INSTANCES", row -> Shown.member(row, "instances")),
            Output.Column.number("BEHIND", row -> Shown.member(row, "behind"))));
  }

  private JsonObject row(JsonObject now, Optional<JsonObject> before) {
    JsonObject then = before.orElse(now);
    double served =
        Stream.of("near", "fresh", "early", "stale")
            .mapToDouble(each -> rate(now, then, "lookups", each))
            .sum();
    double reads =
        now.getJsonObject("lookups", new JsonObject()).fieldNames().stream()
            .filter(each -> !each.equals("bypass"))
            .mapToDouble(each -> rate(now, then, "lookups", each))
            .sum();
    JsonObject instances = now.getJsonObject("instances");
    var row =
        new JsonObject()
            .put("namespace", now.getString("namespace"))
            .put("readsPerSecond", reads)
            .put("generationsPerSecond", rate(now, then, "generations", "count"))
            .put(
                "invalidationsPerSecond",
                perSecond(now.getLong("invalidations", 0L) - then.getLong("invalidations", 0L)))
            .put("savedMillis", now.getLong("savedMillis", 0L))
            .put("leases", now.getValue("leases"))
            .put("waiting", now.getValue("waiting"))
            .put("entries", now.getValue("entries"))
            .put("bytes", now.getValue("bytes"))
            .put("instances", instances.getValue("total"))
            .put("behind", instances.getValue("behind"));
    percentile(0.5, now, then).ifPresent(millis -> row.put("lookupP50Millis", millis));
    percentile(0.99, now, then).ifPresent(millis -> row.put("lookupP99Millis", millis));
    return reads > 0 ? row.put("hitRatio", served / reads) : row;
  }

  /** How long lookups took at the server, in ms; empty if there were none. */
  private OptionalDouble percentile(double share, JsonObject now, JsonObject then) {
    var none = new JsonArray();
    List<Double> bounds =
        samples.getLast().overview().getJsonArray("durationBounds", none).stream()
            .map(bound -> ((Number) bound).doubleValue())
            .toList();
    OptionalDouble seconds =
        Percentile.of(
            share,
            bounds,
            then.getJsonArray("lookupDurations", none),
            now.getJsonArray("lookupDurations", none));
    return seconds.isPresent()
        ? OptionalDouble.of(seconds.getAsDouble() * TimeUnit.SECONDS.toMillis(1))
        : seconds;
  }

  /** By how much a counter grew, for each second of the time that is looked at. */
  private double rate(JsonObject now, JsonObject then, String group, String counter) {
    var none = new JsonObject();
    return perSecond(
        now.getJsonObject(group, none).getLong(counter, 0L)
            - then.getJsonObject(group, none).getLong(counter, 0L));
  }

  private double perSecond(long grown) {
    double seconds = (samples.getLast().at() - samples.getFirst().at()) / 1e9;
    return seconds > 0 ? Math.max(0, grown / seconds) : 0;
  }

  private static String number(JsonObject row, String name) {
    return String.format(Locale.ROOT, "%.1f", row.getDouble(name));
  }

  private static String duration(JsonObject row, String name) {
    return row.containsKey(name) ? String.format(Locale.ROOT, "%.2f ms", row.getDouble(name)) : "–";
  }

  private static String hits(JsonObject row) {
    return row.containsKey("hitRatio")
        ? String.format(Locale.ROOT, "%.1f %%", 100 * row.getDouble("hitRatio"))
        : "–";
  }
}
