package dev.larder.server.cli.admin;

import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import picocli.CommandLine.Command;

/**
 * {@code larder doctor}: checks what can be wrong with a server and those that use it. Each check
 * is a value, what was expected, and the remedy.
 */
@Command(
    name = "doctor",
    description = {
      "Check what can be wrong with a server and those that use it.",
      "Exit status 5 if something is."
    })
final class DoctorCommand extends AdminCommand {
  private static final int UNHEALTHY = 5;

  private static final String OK = "ok";
  private static final String WARNING = "warning";
  private static final String FAILED = "failed";
  private static final Map<String, String> SIGNS = Map.of(OK, "✓", WARNING, "!", FAILED, "✗");

  /** A certificate of fewer days is told about. */
  private static final int FEW_DAYS = 14;

  /** After how many ms without a report a process that reports is told about: three reports. */
  private static final long SILENCE = 30_000;

  /** Generations that take longer, in ms, are told about. */
  private static final long LONG_GENERATION = 60_000;

  /** Invalidations that a CDN has not taken for longer, in ms, are told about. */
  private static final long LONG_FORWARD = 60_000;

  /** The share of the ledger's limit from which on it is told about. */
  private static final double NEARLY_FULL = 0.8;

  /** The share of the disk's limit from which on entries are about to go. */
  private static final double FULL = 0.9;

  private static final Pattern LOOPBACK = Pattern.compile("localhost|127\\..*|\\[?::1]?");

  private final List<JsonObject> checks = new ArrayList<>();

  @Override
  int run(AdminClient client, Output output) {
    boolean ready = reachable(client);
    secured(client);
    // What is in use here is known to the server itself, whatever its store does.
    JsonObject overview = client.get("v1/overview");
    List<JsonObject> namespaces = objects(overview, "namespaces");
    if (ready) {
      token(client);
    }
    disk(overview.getJsonObject("server").getJsonObject("store"));
    // A server of before does not say.
    if (overview.containsKey("forwards")) {
      objects(overview, "forwards").forEach(this::forward);
    }
    namespaces.forEach(holds -> namespace(client, holds));
    return told(output);
  }

  private void token(AdminClient client) {
    int namespaces = client.get("v1").getJsonArray("namespaces").size();
    ok(
        "token",
        "it may look into %s".formatted(Shown.count(namespaces, "namespace", "namespaces")));
  }

  /** A CDN that is told what was invalidated. */
  private void forward(JsonObject forward) {
    String check = "forward " + forward.getString("target");
    long age = forward.getLong("ageMillis");
    long dropped = forward.getLong("dropped");
    String found =
        "%d requests taken, %d sent again, %d dropped, since the server started"
            .formatted(forward.getLong("forwarded"), forward.getLong("failed"), dropped);
    if (dropped > 0) {
      wrong(check, found, "purge the CDN by hand; 'larder events' has what was dropped");
    } else if (age > LONG_FORWARD) {
      doubtful(
          check,
          "%s wait, the oldest for %s"
              .formatted(
                  Shown.count(forward.getLong("queue"), "invalidation", "invalidations"),
                  Shown.duration(age)),
          "the log of the server says why the CDN does not take them");
    } else {
      ok(check, found);
    }
  }

  private int told(Output output) {
    long wrong = count(FAILED);
    long doubtful = count(WARNING);
    output.sentence(
        wrong > 0
            ? "unhealthy: %s of %d failed"
                .formatted(Shown.count(wrong, "check", "checks"), checks.size())
            : doubtful > 0
                ? "healthy, but look at %s of %d"
                    .formatted(Shown.count(doubtful, "check", "checks"), checks.size())
                : "healthy: all %d checks passed".formatted(checks.size()));
    output.rows(
        checks,
        List.of(
            Output.Column.of(" ", row -> SIGNS.getOrDefault(row.getString("result"), "?")),
            Output.Column.of("CHECK", row -> Shown.member(row, "check")),
            Output.Column.of("FOUND", row -> Shown.member(row, "found")),
            Output.Column.of("REMEDY", row -> Shown.member(row, "remedy"))));
    return wrong > 0 ? UNHEALTHY : 0;
  }

  /** True if the store does what it is asked. */
  private boolean reachable(AdminClient client) {
    long began = System.nanoTime();
    client.ask("healthz");
    ok(
        "reachable",
        "%s answers in %s"
            .formatted(
                client.address(),
                Shown.duration(Duration.ofNanos(System.nanoTime() - began).toMillis())));
    HttpResponse<String> ready = client.ask("readyz");
    if (ready.statusCode() == 200) {
      ok("ready", "the store does what it is asked");
    } else {
      wrong(
          "ready",
          AdminClient.parsed(ready.body())
              .map(answer -> answer.getString("status"))
              .orElse("status %d".formatted(ready.statusCode()))
              .replace("; the log of the server says why", ""),
          "the log of the server says why");
    }
    return ready.statusCode() == 200;
  }

  private void secured(AdminClient client) {
    HttpResponse<String> answer = client.ask("healthz");
    if (answer.sslSession().isEmpty()) {
      if (LOOPBACK.matcher(client.address().getHost()).matches()) {
        ok("secured", "in clear text, on this machine only");
      } else if (client.hasToken()) {
        doubtful(
            "secured",
            "a token travels in clear text",
            "serve with --tls-cert and --tls-key, or behind a proxy that has a certificate");
      } else {
        doubtful("secured", "in clear text", "serve with --tls-cert and --tls-key");
      }
      return;
    }
    try {
      var certificate =
          (X509Certificate) answer.sslSession().orElseThrow().getPeerCertificates()[0];
      long days = Duration.between(Instant.now(), certificate.getNotAfter().toInstant()).toDays();
      String found = "TLS, with a certificate for %s".formatted(Shown.count(days, "day", "days"));
      if (days < FEW_DAYS) {
        doubtful("secured", found, "replace the files of the certificate; the server follows");
      } else {
        ok("secured", found);
      }
    } catch (SSLPeerUnverifiedException e) {
      doubtful("secured", "TLS, without a certificate", "serve with --tls-cert and --tls-key");
    }
  }

  private void namespace(AdminClient client, JsonObject holds) {
    String name = holds.getString("namespace");
    String path = "v1/" + AdminClient.segment(name);
    kept(name, holds);
    ledger(name, holds.getJsonObject("ledger"));
    instances(name, objects(client.get(path + "/instances"), "instances"));
    long late =
        objects(client.get(path + "/leases"), "leases").stream()
            .filter(lease -> lease.getLong("heldMillis") > LONG_GENERATION)
            .count();
    if (late > 0) {
      doubtful(
          name + ": leases",
          "%s longer than %s"
              .formatted(
                  Shown.count(late, "generation takes", "generations take"),
                  Shown.duration(LONG_GENERATION)),
          "'larder leases' names their holders");
    } else {
      ok(
          name + ": leases",
          "%d held, %d wait".formatted(holds.getLong("leases"), holds.getLong("waiting")));
    }
  }

  /** That it is full is no fault: then those used least go. */
  private void disk(JsonObject store) {
    if (store.containsKey("limit")) {
      long bytes = store.getLong("bytes");
      long limit = store.getLong("limit");
      ok(
          "disk",
          "entries of %s, of at most %s%s"
              .formatted(
                  Shown.bytes(store, "bytes"),
                  Shown.bytes(store, "limit"),
                  bytes > FULL * limit ? ": full, those used least go" : ""));
    }
  }

  private void ledger(String name, JsonObject ledger) {
    long tags = ledger.getLong("tags");
    long limit = ledger.getLong("limit");
    String found = "%d of %d tags".formatted(tags, limit);
    if (tags > NEARLY_FULL * limit) {
      doubtful(name + ": ledger", found, "a larger --ledger-tags, before entries are forgotten");
    } else {
      ok(name + ": ledger", found);
    }
  }

  private void kept(String name, JsonObject holds) {
    long dropped = holds.getLong("dropped");
    long damaged = holds.getLong("damaged");
    String found =
        "%s; %d puts dropped, %d entries damaged, since the server started"
            .formatted(Shown.count(holds.getLong("entries"), "entry", "entries"), dropped, damaged);
    if (dropped + damaged > 0) {
      doubtful(name + ": entries", found, "the log of the server says why");
    } else {
      ok(name + ": entries", found);
    }
    if (holds.getLong("floor") > 0) {
      doubtful(
          name + ": floor",
          "invalidations before revision %d are forgotten, and older entries expired"
              .formatted(holds.getLong("floor")),
          "a larger --ledger-tags");
    }
  }

  private void instances(String name, List<JsonObject> instances) {
    String check = name + ": instances";
    TreeSet<String> versions =
        instances.stream()
            .map(each -> each.getString("client"))
            .filter(client -> !client.isEmpty())
            .collect(Collectors.toCollection(TreeSet::new));
    long mute = instances.stream().filter(each -> !each.getBoolean("reports")).count();
    long silent =
        instances.stream()
            .filter(each -> each.getBoolean("reports"))
            .filter(each ->
                Duration.between(Instant.parse(each.getString("heardAt")), Instant.now()).toMillis()
                    > SILENCE)
            .count();
    String found = Shown.count(instances.size(), "instance", "instances");
    if (silent > 0) {
      doubtful(
          check,
          "%s, %d of them silent for more than %s"
              .formatted(found, silent, Shown.duration(SILENCE)),
          "'larder instances' names them; a frozen process serves what it knew for a bounded time");
    } else if (versions.size() > 1) {
      doubtful(
          check, "%s, of %s".formatted(found, String.join(" and ", versions)), "finish the deploy");
    } else if (mute > 0) {
      doubtful(
          check,
          "%s, %d of them do not report (yet)".formatted(found, mute),
          "those of an earlier version of the adapter never do; the first report comes after 10 s");
    } else {
      ok(check, found);
    }
  }

  private void ok(String check, String found) {
    noted(OK, check, found, "");
  }

  private void doubtful(String check, String found, String remedy) {
    noted(WARNING, check, found, remedy);
  }

  private void wrong(String check, String found, String remedy) {
    noted(FAILED, check, found, remedy);
  }

  private long count(String result) {
    return checks.stream().filter(check -> check.getString("result").equals(result)).count();
  }

  private void noted(String result, String check, String found, String remedy) {
    checks.add(
        new JsonObject()
            .put("result", result)
            .put("check", check)
            .put("found", found)
            .put("remedy", remedy));
  }
}
