package dev.larder.server;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Identity;
import dev.larder.core.Origin;
import dev.larder.core.Put;
import dev.larder.core.Report;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page of metrics of a real server says after a workload that was counted. */
class MetricsIT {
  /** A sample: name, labels, value. */
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{[^}]*})? (\\S+)");

  private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]\\w*)=\"");

  /** Every label there may be: none names a key, a tag, a path or a process. */
  private static final List<String> LABELS =
      List.of(
          "namespace",
          "outcome",
          "kind",
          "version",
          "java",
          "store",
          "area",
          "id",
          "state",
          "mode",
          "waited",
          "via",
          "cause",
          "reason",
          "operation",
          "target",
          "le");

  private static final Path DEPLOY = Path.of("../deploy");

  /** A metric, as queries name it. */
  private static final Pattern NAME = Pattern.compile("larder_[a-z_]+");

  @TempDir private Path temporary = Path.of("");

  @Test
  void countersAreExact() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = client.hello().asOf();
      client.ask(new Request.Identify(Identity.NONE));
      assertThat(client.lookup("secret key", 0)).isInstanceOf(Response.Miss.class);
      put(client, asOf);
      for (int i = 0; i < 7; i++) {
        assertThat(client.lookup("secret key", 0)).isInstanceOf(Response.Fresh.class);
      }
      AsOf invalidated = client.invalidate("secret tag");
      assertThat(client.lookup("secret key", 0)).isInstanceOf(Response.Miss.class);
      // To the same as before.
      put(client, invalidated);
      client.ask(
          new Request.Report(
              new Report(
                  asOf,
                  new Report.Lookups(90, 0, 0, 0, 2, 3),
                  9_000,
                  new Report.Near(1, 1, 1),
                  List.of(),
                  List.of())));

      Map<String, Double> samples = samples(page(server.address(), "text/plain").body());

      assertThat(samples)
          .containsEntry("larder_lookups_total{namespace=\"shop\",outcome=\"fresh\"}", 7.0)
          .containsEntry("larder_lookups_total{namespace=\"shop\",outcome=\"miss\"}", 1.0)
          .containsEntry("larder_lookups_total{namespace=\"shop\",outcome=\"expired_tag\"}", 1.0)
          .containsEntry("larder_puts_total{namespace=\"shop\",outcome=\"stored\"}", 2.0)
          .containsEntry("larder_near_lookups_total{namespace=\"shop\",outcome=\"near\"}", 90.0)
          .containsEntry("larder_near_lookups_total{namespace=\"shop\",outcome=\"bypass\"}", 2.0)
          .containsEntry("larder_near_lookups_total{namespace=\"shop\",outcome=\"failed\"}", 3.0)
          // Seven times 100 ms here, and nine seconds in the near cache.
          .containsEntry("larder_saved_generation_seconds_total{namespace=\"shop\"}", 9.7)
          .containsEntry(
              "larder_generation_duration_seconds_count{kind=\"page\",namespace=\"shop\"}", 2.0)
          .containsEntry(
              "larder_generation_duration_seconds_sum{kind=\"page\",namespace=\"shop\"}", 0.2)
          .containsEntry("larder_generations_total{kind=\"page\",namespace=\"shop\"}", 2.0)
          .containsEntry("larder_generations_repeated_total{kind=\"page\",namespace=\"shop\"}", 1.0)
          .containsEntry(
              "larder_generations_unchanged_total{kind=\"page\",namespace=\"shop\"}", 1.0)
          .containsEntry("larder_invalidations_total{namespace=\"shop\",via=\"connection\"}", 1.0)
          .containsEntry("larder_invalidations_total{namespace=\"shop\",via=\"http\"}", 0.0)
          .containsEntry("larder_evictions_total{cause=\"size\",namespace=\"shop\"}", 0.0)
          .containsEntry("larder_revision{namespace=\"shop\"}", 1.0)
          .containsEntry("larder_clients{namespace=\"shop\"}", 1.0)
          .containsEntry("larder_store_available", 1.0)
          .containsEntry("larder_connections{namespace=\"shop\"}", 1.0)
          .containsEntry("larder_connection_lag_revisions{namespace=\"shop\"}", 1.0)
          .containsEntry("larder_lease_expirations_total{namespace=\"shop\"}", 0.0)
          .containsKey("larder_connections_limit")
          .containsEntry("larder_disk_bytes", 5.0)
          .containsKey("larder_disk_limit_bytes")
          .containsEntry(duration("lookup", "namespace=\"shop\",waited=\"false\""), 9.0)
          .containsEntry(duration("lookup", "namespace=\"shop\",waited=\"true\""), 0.0)
          .containsEntry(duration("invalidation", "namespace=\"shop\",via=\"connection\""), 1.0)
          .containsEntry(duration("store_operation", "operation=\"put\""), 2.0)
          .containsEntry(duration("store_operation", "operation=\"append\""), 1.0)
          .containsEntry("larder_store_errors_total{operation=\"put\"}", 0.0);
      assertThat(
              samples.get(
                  "larder_lookup_duration_seconds_sum{namespace=\"shop\",waited=\"false\"}"))
          .isBetween(1e-7, 9.0);
    }
  }

  /**
   * What the server does by itself when a copy of what was fresh is replaced is nobody's
   * invalidation; one that comes over HTTP is one of HTTP.
   */
  @Test
  void invalidationsAreCountedByHowTheyCameAndOnce() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      put(client, client.hello().asOf());
      put(client, client.hello().asOf());
      // Told to whoever keeps the copy: the server has appended it by itself.
      client.nextUnasked();
      invalidate(server.address(), "a");
      invalidate(server.address(), "b");
      AsOf third = client.invalidate("c");

      Map<String, Double> samples = samples(page(server.address(), "text/plain").body());

      assertThat(third.revision().number()).isEqualTo(4);
      assertThat(samples)
          .containsEntry("larder_revision{namespace=\"shop\"}", 4.0)
          .containsEntry("larder_invalidations_total{namespace=\"shop\",via=\"http\"}", 2.0)
          .containsEntry("larder_invalidations_total{namespace=\"shop\",via=\"connection\"}", 1.0)
          .containsEntry(duration("invalidation", "namespace=\"shop\",via=\"http\""), 2.0)
          .containsEntry(duration("invalidation", "namespace=\"shop\",via=\"connection\""), 1.0);
    }
  }

  /**
   * Every entry that was stored is there, or was removed and counted, for one reason or another.
   */
  @Test
  void whatLeavesTheDiskIsCounted() throws Exception {
    try (ServerProcess server =
            ServerProcess.start(temporary.resolve("data"), "--disk", "16", "--memory", "8");
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      AsOf asOf = client.hello().asOf();
      String value = "v".repeat(1 << 20);
      for (int i = 0; i < 40; i++) {
        client.put("key " + i, asOf, 0, value, i < 39 ? "tag" : "last");
      }
      Map<String, Double> full = samples(page(server.address(), "text/plain").body());
      double outgrown = of(full, "larder_evictions_total{cause=\"size\",namespace=\"shop\"}");
      double left = of(full, "larder_entries{namespace=\"shop\"}");
      assertThat(left).isBetween(1.0, 16.0);
      assertThat(outgrown).isEqualTo(40 - left);

      purge(server.address(), "tag");
      Map<String, Double> purged = samples(page(server.address(), "text/plain").body());
      assertThat(purged)
          .containsEntry(
              "larder_evictions_total{cause=\"expired\",namespace=\"shop\"}",
              left - of(purged, "larder_entries{namespace=\"shop\"}"))
          .containsEntry("larder_evictions_total{cause=\"size\",namespace=\"shop\"}", outgrown);
    }
  }

  private static double of(Map<String, Double> samples, String name) {
    return requireNonNull(samples.get(name), name);
  }

  private static void invalidate(URI server, String tag) throws IOException, InterruptedException {
    post(server, "/v1/shop/invalidate", tag);
  }

  private static void purge(URI server, String tag) throws IOException, InterruptedException {
    post(server, "/v1/shop/purge", tag);
  }

  private static void post(URI server, String path, String tag)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(server.resolve(path))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"tags\": [\"" + tag + "\"]}"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  @Test
  void thePageIsOpenMetricsWhereThatIsAskedForAndNamesNothingOfAnybody() throws Exception {
    try (ServerProcess server = ServerProcess.start(temporary.resolve("data"));
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      put(client, client.hello().asOf());
      client.invalidate("secret tag");
      HttpResponse<String> open = page(server.address(), "application/openmetrics-text");
      assertThat(open.headers().firstValue("content-type").orElse(""))
          .startsWith("application/openmetrics-text");
      assertThat(open.body()).endsWith("# EOF\n").doesNotContain("secret");
      HttpResponse<String> plain = page(server.address(), "*/*");
      assertThat(plain.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
      assertThat(plain.body()).doesNotContain("secret").doesNotContain("# EOF");
      assertThat(samples(open.body())).isNotEmpty();
      assertThat(samples(plain.body())).isNotEmpty();
    }
  }

  @Test
  void whoWasRefusedIsCountedByWhy() throws Exception {
    Path own = Files.writeString(temporary.resolve("own"), "the server's own");
    Path reads = Files.writeString(temporary.resolve("reads"), "what reads keys of Redis");
    try (ServerProcess server =
        ServerProcess.start(
            temporary.resolve("data"),
            "--token-file",
            own.toString(),
            "--redis-read-token-file",
            reads.toString())) {
      for (String nobody : List.of("", "Bearer guessed", "Bearer guessed again")) {
        assertThat(ask(server.address(), "Authorization", nobody).statusCode()).isEqualTo(401);
      }
      String reader = "Bearer " + Files.readString(reads);
      assertThat(ask(server.address(), "Authorization", reader).statusCode()).isEqualTo(403);
      String page =
          ask(server.address(), "Authorization", "Bearer " + Files.readString(own)).body();
      assertThat(samples(page))
          .containsEntry("larder_auth_failures_total{reason=\"unknown\"}", 3.0)
          .containsEntry("larder_auth_failures_total{reason=\"forbidden\"}", 1.0);
    }
  }

  @Test
  void prometheusFindsNothingWrongAndWhatIsAskedForIsThere() throws Exception {
    try (ServerProcess server =
            ServerProcess.start(
                temporary.resolve("data"), "--forward", "varnish:http://127.0.0.1:1");
        TestClient client = TestClient.welcomed(server.address(), "shop")) {
      put(client, client.hello().asOf());
      client.invalidate("tag");
      String page = page(server.address(), "text/plain").body();
      Promtool.checkMetrics(page);
      Promtool.checkRules(DEPLOY.resolve("prometheus/alerts.yaml"));
      Set<String> shown =
          samples(page).keySet().stream()
              .map(sample -> sample.replaceFirst("\\{.*", ""))
              .flatMap(name -> Stream.of(name, name.replaceFirst("_(bucket|sum|count)$", "")))
              .collect(Collectors.toSet());
      for (String file : List.of("prometheus/alerts.yaml", "grafana/larder.json")) {
        assertThat(NAME.matcher(Files.readString(DEPLOY.resolve(file))).results())
            .isNotEmpty()
            .allSatisfy(name -> assertThat(shown).as(file).contains(name.group()));
      }
    }
  }

  /** The name of the sample that says how many durations there are. */
  private static String duration(String of, String labels) {
    return "larder_%s_duration_seconds_count{%s}".formatted(of, labels);
  }

  private static void put(TestClient client, AsOf asOf) {
    byte[] value = "value".getBytes(StandardCharsets.UTF_8);
    var origin = new Origin("/secret/path", Origin.Kind.PAGE, "secret build", "secret", 100);
    var put =
        new Put(
            CacheKey.of("secret key".getBytes(StandardCharsets.UTF_8)),
            asOf,
            0,
            TagSet.of("secret tag"),
            new CacheLife(60, 600, 6000),
            0,
            CacheEntry.checksum(value),
            value,
            origin);
    assertThat(client.ask(new Request.Put(put))).isInstanceOf(Response.Stored.class);
  }

  /** The samples of a page by their names with labels; every line is one, or a comment. */
  private static Map<String, Double> samples(String page) {
    Map<String, Double> samples = new HashMap<>();
    for (String line : page.split("\n", -1)) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      Matcher sample = SAMPLE.matcher(line);
      assertThat(sample.matches()).as(line).isTrue();
      String labels = sample.group(2) == null ? "" : sample.group(2);
      Matcher label = LABEL.matcher(labels);
      while (label.find()) {
        assertThat(LABELS).as(line).contains(label.group(1));
      }
      assertThat(samples.put(sample.group(1) + labels, Double.valueOf(sample.group(3))))
          .as("one sample of %s", line)
          .isNull();
    }
    return samples;
  }

  private static HttpResponse<String> page(URI server, String accept)
      throws IOException, InterruptedException {
    HttpResponse<String> page = ask(server, "Accept", accept);
    assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
    return page;
  }

  private static HttpResponse<String> ask(URI server, String header, String value)
      throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(server.resolve("/metrics")).header(header, value).build(),
            HttpResponse.BodyHandlers.ofString());
  }
}
