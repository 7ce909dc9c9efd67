package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
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
      "Rates are of the last 10 s: as often processes report reads in their near caches."
    })
final class TopCommand extends AdminCommand {
  /** Over how long rates are, at most. */
  private static final long WINDOW = TimeUnit.SECONDS.toNanos(10);

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

  private final ArrayDeque<Measures> samples = new ArrayDeque<>();

  @Override
  int run(AdminClient client, Output output) {
    if (interval < 1 || interval > MOST_SECONDS) {
      throw new Failure(
          Failure.USAGE,
          "--interval is %d; expected from 1 to %d seconds".formatted(interval, MOST_SECONDS));
    }
    samples.add(Measures.of(client.text("metrics")));
    do {
      pause();
      samples.add(Measures.of(client.text("metrics")));
      while (samples.size() > 2 && samples.getLast().at() - samples.getFirst().at() > WINDOW) {
        samples.removeFirst();
      }
      show(client, output);
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

  private void show(AdminClient client, Output output) {
    Measures now = samples.getLast();
    boolean available = now.sum("larder_store_available").orElse(0) > 0;
    List<JsonObject> rows =
        client.get("v1").getJsonArray("namespaces").stream()
            .map(name -> row(client, name.toString()))
            .toList();
    if (!once && !output.json() && Ansi.AUTO.enabled()) {
      output.raw(AGAIN);
    }
    output.sentence(
        "%s: larder %s over a store that is %s, up %s"
            .formatted(
                available ? "the store does what it is asked" : "THE STORE FAILS",
                now.label("larder_info", "version"),
                now.label("larder_info", "store"),
                Shown.duration((long) (1000 * now.sum("process_uptime_seconds").orElse(0)))));
    output.rows(
        rows,
        List.of(
            Output.Column.of("NAMESPACE", row -> Shown.member(row, "namespace")),
            Output.Column.number("READS/S", row -> number(row, "readsPerSecond")),
            Output.Column.number("HITS", TopCommand::hits),
            Output.Column.number("GEN/S", row -> number(row, "generationsPerSecond")),
            Output.Column.number("INVAL/S", row -> number(row, "invalidationsPerSecond")),
            Output.Column.number("LEASES", row -> Shown.member(row, "leases")),
            Output.Column.number("WAITING", row -> Shown.member(row, "waiting")),
            Output.Column.number("ENTRIES", row -> Shown.member(row, "entries")),
            Output.Column.number("SIZE", row -> Shown.bytes(row, "bytes")),
            Output.Column.number("INSTANCES", row -> Shown.member(row, "instances")),
            Output.Column.number("BEHIND", row -> Shown.member(row, "behind"))));
  }

  private JsonObject row(AdminClient client, String name) {
    String path = "v1/" + AdminClient.segment(name);
    JsonObject holds = client.get(path);
    List<JsonObject> instances = objects(client.get(path + "/instances"), "instances");
    String of = Measures.namespace(name);
    double near = rate("larder_near_lookups_total", of, "outcome=\"near\"");
    double served =
        near
            + rate("larder_lookups_total", of, "outcome=\"fresh\"")
            + rate("larder_lookups_total", of, "outcome=\"stale\"");
    double reads = near + rate("larder_lookups_total", of);
    var row =
        new JsonObject()
            .put("namespace", name)
            .put("readsPerSecond", reads)
            .put("generationsPerSecond", rate("larder_generation_duration_seconds_count", of))
            .put("invalidationsPerSecond", rate("larder_invalidations_total", of))
            .put("leases", holds.getValue("leases"))
            .put("waiting", holds.getValue("waiting"))
            .put("entries", holds.getValue("entries"))
            .put("bytes", holds.getValue("bytes"))
            .put("instances", instances.size())
            .put(
                "behind",
                instances.stream().mapToLong(each -> each.getLong("behind")).max().orElse(0));
    return reads > 0 ? row.put("hitRatio", served / reads) : row;
  }

  /** By how much a counter grew, for each second of the time that is looked at. */
  private double rate(String metric, String... labels) {
    Measures first = samples.getFirst();
    Measures last = samples.getLast();
    double grown = last.sum(metric, labels).orElse(0) - first.sum(metric, labels).orElse(0);
    double seconds = Duration.ofNanos(last.at() - first.at()).toMillis() / 1000.0;
    return seconds > 0 ? Math.max(0, grown / seconds) : 0;
  }

  private static String number(JsonObject row, String name) {
    return String.format(Locale.ROOT, "%.1f", row.getDouble(name));
  }

  private static String hits(JsonObject row) {
    return row.containsKey("hitRatio")
        ? String.format(Locale.ROOT, "%.1f %%", 100 * row.getDouble("hitRatio"))
        : "–";
  }
}
