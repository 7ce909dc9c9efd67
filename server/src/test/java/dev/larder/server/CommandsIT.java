package dev.larder.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Lookup;
import dev.larder.core.Origin;
import dev.larder.core.Put;
import dev.larder.core.Report;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Request;
import dev.larder.testkit.Entries;
import dev.larder.testkit.TestCertificates;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of whoever is on call, as processes, against real servers: what they print, and what
 * they end with.
 *
 * <p>One server serves most tests, with a page that an instance has reported and a tag has made
 * stale. First come the commands, for people and with {@code --json}; then what all of them share:
 * exit codes, colours, certificates, and what a server loads of them, which is nothing.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandsIT {
  private static final CacheKey PAGE = Entries.key("a page of the shop");

  @TempDir private static Path temporary = Path.of("");

  private ServerProcess server;
  private TestClient shop;

  /** What a command said and ended with. */
  private record Ran(int status, String out, String err) {
    List<JsonObject> objects() {
      return out.lines().map(JsonObject::new).toList();
    }
  }

  @BeforeAll
  void start() throws IOException {
    server = ServerProcess.start(temporary.resolve("data"), "--token", "master");
    shop = TestClient.welcomed(server.address(), "shop", "Authorization", "Bearer master");
    AsOf asOf = shop.hello().asOf();
    shop.identify("shop-1", "host-1", "b7");
    byte[] value = "a page".repeat(500).getBytes(UTF_8);
    var origin = new Origin("/product/3", Origin.Kind.PAGE, "b7", "shop-1", 1_200);
    shop.ask(
        new Request.Put(
            new Put(
                PAGE,
                asOf,
                0,
                TagSet.of("product:3", "\033[31mred"),
                new CacheLife(60, 600, 6000),
                0,
                CacheEntry.checksum(value),
                value,
                origin)));
    shop.ask(
        new Request.Report(
            new Report(
                asOf,
                new Report.Lookups(90, 10, 0, 0, 0, 0),
                0,
                new Report.Near(1, 6, 1 << 20),
                List.of(new Report.Reads(PAGE, 15)),
                List.of(new Report.Render("/product/3", List.of(PAGE))))));
    shop.ask(
        new Request.Invalidate(
            TagSet.of("product:3"), 600, new InvalidationSource("revalidateTag", "/buy", "")));
  }

  @AfterAll
  void stop() throws IOException {
    shop.close();
    server.close();
  }

  private Ran larder(String... arguments) throws Exception {
    return larder(Map.of("LARDER_TOKEN", "master"), arguments);
  }

  private Ran larder(Map<String, String> environment, String... arguments) throws Exception {
    return ran(
        List.of(), Map.of("LARDER_URL", server.address().toString()), environment, arguments);
  }

  private static Ran ran(
      List<String> jvm,
      Map<String, String> environment,
      Map<String, String> more,
      String... arguments)
      throws Exception {
    Path out = Files.createTempFile(temporary, "out", "");
    Path err = Files.createTempFile(temporary, "err", "");
    var builder =
        program(jvm, environment, arguments)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(more);
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private static Process started(
      List<String> jvm, Map<String, String> environment, String... arguments) throws IOException {
    return program(jvm, environment, arguments)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static ProcessBuilder program(
      List<String> jvm, Map<String, String> environment, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:+UseSerialGC"));
    command.addAll(jvm);
    command.addAll(List.of("-jar", System.getProperty("larder.jar", "")));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("LARDER_"));
    builder.environment().putAll(environment);
    return builder;
  }

  @Test
  void aStalePageIsExplainedByItsPathAndByTheBeginningOfItsKey() throws Exception {
    Ran path = larder("explain", "/product/3");
    assertThat(path.status()).as(path.err()).isZero();
    assertThat(path.out().lines().findFirst().orElseThrow())
        .startsWith("/product/3: stale since ")
        .endsWith(
            "tag product:3 was invalidated at revision 1 by shop-1 (revalidateTag in /buy, via"
                + " connection)");
    assertThat(path.out()).contains("Rendered by shop-1", "STATE", "INVALIDATED TAG", "the entry");
    assertThat(path.out()).as("colours where no terminal is").doesNotContain("\033");

    Ran beginning = larder("explain", PAGE.toString().substring(0, 11));
    assertThat(beginning.out())
        .startsWith("Stale since ")
        .contains(PAGE.toString().substring(0, 16));
    Ran tag = larder("explain", "product:3", "--json");
    assertThat(tag.objects()).hasSize(1);
    assertThat(tag.objects().getFirst().getLong("served")).isEqualTo(1);
    assertThat(larder("explain", "0123456789abcdef").out()).contains("Nothing is stored under");
  }

  @Test
  void listsAreTablesForPeopleAndLinesForPrograms() throws Exception {
    Ran entries = larder("entries", "--state", "stale");
    assertThat(entries.out()).startsWith("1 entry, by bytes").contains("2.9 KiB", "90", "1.2 s");
    assertThat(entries.out()).as("what would control the terminal").doesNotContain("\033");
    assertThat(larder("entries", "--state", "fresh").out().strip()).isEqualTo("No such entries");
    JsonObject row = larder("entries", "--json").objects().getFirst();
    assertThat(row.getString("key")).isEqualTo(PAGE.toString());
    assertThat(larder("tags").out())
        .startsWith("2 tags")
        .contains("revalidateTag in /buy by shop-1");
    assertThat(larder("tags", "product:3").out()).startsWith("Tag product:3: 1 entry");
    assertThat(larder("invalidations", "--tag", "product:3").out())
        .contains("revalidateTag in /buy");
    assertThat(larder("instances").out()).contains("shop-1", "90 %");
    assertThat(larder("leases").out()).startsWith("0 leases are held, 0 lookups wait");
    assertThat(larder("builds").out()).contains("b7");
    assertThat(larder("namespaces", "--json").objects().getFirst().getString("namespace"))
        .isEqualTo("shop");
  }

  @Test
  void whatAServerDoesIsShownInRates() throws Exception {
    TestClient reader =
        TestClient.welcomed(server.address(), "shop", "Authorization", "Bearer master");
    var done = new AtomicBoolean();
    var read = new Request.Lookup(new Lookup(PAGE, TagSet.EMPTY, false, 0));
    Thread reading =
        Thread.ofVirtual()
            .start(() -> {
              while (!done.get()) {
                reader.ask(read);
              }
            });
    try {
      Ran top = larder("top", "--once", "--interval", "1");
      assertThat(top.out())
          .startsWith("The store does what it is asked: larder ")
          .contains("100.0 %")
          .contains("SAVED");
      JsonObject row = larder("top", "--once", "--interval", "1", "--json").objects().getFirst();
      assertThat(row.getDouble("readsPerSecond")).isPositive();
      assertThat(row.getDouble("lookupP99Millis"))
          .isGreaterThanOrEqualTo(row.getDouble("lookupP50Millis"))
          .isPositive();
      assertThat(row.getInteger("instances")).isEqualTo(2);
      assertThat(row.getLong("savedMillis")).isPositive();
    } finally {
      done.set(true);
      reading.join();
      reader.close();
    }
    assertThat(larder("top", "--interval", "0").status()).isEqualTo(2);
  }

  @Test
  void whatHappenedIsPrintedAndThenWhatHappens() throws Exception {
    Ran events = larder("events", "--kind", "invalidation", "--namespace", "shop");
    assertThat(events.out().lines().findFirst().orElseThrow())
        .contains("shop: tag product:3 was invalidated at revision 1 by shop-1");
    List<JsonObject> all = larder("events", "--json").objects();
    assertThat(all)
        .extracting(each -> each.getString("kind"))
        .contains("server-started", "instance-joined", "invalidation");
    long first = all.getFirst().getLong("number");
    assertThat(larder("events", "--json", "--since", "" + first).objects())
        .first()
        .satisfies(each -> assertThat(each.getLong("number")).isGreaterThan(first));
    assertThat(larder("events", "--since", "x").err()).contains("'since'", "x");

    Process following =
        started(
            List.of(),
            Map.of("LARDER_URL", server.address().toString(), "LARDER_TOKEN", "master"),
            "events",
            "--follow",
            "--since",
            "0");
    try (var said = following.inputReader()) {
      String line = said.readLine();
      while (!line.contains("server-started")) {
        line = said.readLine();
      }
      assertThat(larder("invalidate", "followed").status()).isZero();
      while (!line.contains("tag followed was invalidated")) {
        line = said.readLine();
      }
    } finally {
      following.destroyForcibly().waitFor();
    }
  }

  @Test
  void whatIsPurgedAndInvalidatedIsSaidBeforeAndAfter() throws Exception {
    Ran tried = larder("purge", "product:3", "--dry-run");
    assertThat(tried.out())
        .startsWith("A purge would remove 1 entry of 3000 bytes, 1 of them stale");
    assertThat(larder("entries", "--json").objects()).hasSize(1);
    long before =
        larder("invalidations", "--json", "--limit", "1").objects().getFirst().getLong("revision");
    Ran invalidated = larder("invalidate", "nobody", "--path", "/nowhere", "--expire", "5m");
    assertThat(invalidated.out())
        .startsWith("Invalidated at revision %d".formatted(before + 1))
        .contains("stale for 5 min");
    JsonObject listed = larder("invalidations", "--json", "--limit", "1").objects().getFirst();
    assertThat(listed.getJsonArray("tags")).containsExactly("nobody", "_N_T_/nowhere");
    assertThat(listed.getJsonObject("source").getString("token")).isEqualTo("server");
    Ran purged = larder("purge", "nobody");
    assertThat(purged.out())
        .contains("A purge would remove no entry that could be served", "Purged at revision");
  }

  @Test
  void whatCannotBeDoneIsSaidWithARemedyAndAStatusOfItsOwn() throws Exception {
    Ran unknown = larder("entries", "--namespace", "other");
    assertThat(unknown.status()).isEqualTo(1);
    assertThat(unknown.err()).contains("no namespace 'other'", "larder namespaces");
    Ran usage = larder("entries", "--sort");
    assertThat(usage.status()).isEqualTo(2);
    assertThat(larder("invalidate").status()).isEqualTo(2);
    assertThat(larder("invalidate", "t", "--expire", "soon").err()).contains("'soon'", "60s");

    int nobody;
    try (var free = new ServerSocket(0)) {
      nobody = free.getLocalPort();
    }
    Ran unreachable = larder("doctor", "--url", "http://127.0.0.1:" + nobody);
    assertThat(unreachable.status()).isEqualTo(3);
    assertThat(unreachable.err()).contains("127.0.0.1:" + nobody, "refused", "LARDER_URL");
    Ran nonsense = larder("doctor", "--url", "shop.example");
    assertThat(nonsense.status()).isEqualTo(2);
    assertThat(nonsense.err()).contains("'shop.example'", "http://127.0.0.1:7400");

    Ran nobodyKnown = larder(Map.of(), "entries");
    assertThat(nobodyKnown.status()).isEqualTo(4);
    assertThat(nobodyKnown.err()).contains("asks for a token", "LARDER_TOKEN");
    Ran wrong = larder(Map.of("LARDER_TOKEN", "wrong-secret"), "entries");
    assertThat(wrong.status()).isEqualTo(4);
    assertThat(wrong.err()).contains("does not know the token").doesNotContain("wrong-secret");
    Ran seen = larder(Map.of(), "entries", "--token", "master");
    assertThat(seen.status()).isZero();
    assertThat(seen.err()).contains("can be seen", "--token-file").doesNotContain("master");
    Path file = Files.writeString(temporary.resolve("token"), "master\n");
    assertThat(larder(Map.of(), "entries", "--token-file", file.toString()).status()).isZero();
    assertThat(larder(Map.of(), "entries", "--token-file", "/nowhere").err()).contains("/nowhere");
  }

  @Test
  void aTerminalIsShownBoldUnlessItWantsNoColour() throws Exception {
    for (boolean bold : List.of(true, false)) {
      var command = program(List.of(), Map.of(), "namespaces", "--url", "" + server.address());
      var terminal =
          new ProcessBuilder("script", "-qec", String.join(" ", command.command()), "/dev/null");
      terminal.environment().putAll(Map.of("LARDER_TOKEN", "master", "NO_COLOR", "1"));
      terminal.environment().remove(bold ? "NO_COLOR" : "");
      String said = new String(terminal.start().getInputStream().readAllBytes(), UTF_8);
      assertThat(said.contains("\033[1m1 namespace at")).as(said).isEqualTo(bold);
    }
  }

  @Test
  void theDoctorFindsWhatIsWrong() throws Exception {
    Ran healthy = larder("doctor");
    assertThat(healthy.status()).as(healthy.out()).isZero();
    assertThat(healthy.out())
        .startsWith("Healthy")
        .contains("✓", "ready", "ledger", "shop: instances");
  }

  @Test
  void theDoctorSaysThatAStoreIsAway() throws Exception {
    int nobody;
    try (var free = new ServerSocket(0)) {
      nobody = free.getLocalPort();
    }
    try (ServerProcess away =
        ServerProcess.start(temporary.resolve("away"), "--store", "redis://127.0.0.1:" + nobody)) {
      Ran unhealthy = larder(Map.of(), "doctor", "--url", away.address().toString());
      assertThat(unhealthy.status()).as(unhealthy.err()).isEqualTo(5);
      assertThat(unhealthy.out()).startsWith("Unhealthy: 1 check of").contains("✗  ready");
    }
  }

  @Test
  void anOwnAuthorityIsTrustedWhenItIsNamed() throws Exception {
    TestCertificates certificates =
        TestCertificates.in(Files.createDirectory(temporary.resolve("tls")))
            .sign("localhost", "dns:localhost,ip:127.0.0.1");
    try (ServerProcess secured =
        ServerProcess.start(
            temporary.resolve("secured"),
            "--tls-cert",
            certificates.certificate("localhost").toString(),
            "--tls-key",
            certificates.key("localhost").toString())) {
      String url = "https://localhost:" + secured.address().getPort();
      Ran stranger = ran(List.of(), Map.of("LARDER_URL", url), Map.of(), "namespaces");
      assertThat(stranger.status()).isEqualTo(3);
      assertThat(stranger.err()).contains("LARDER_CA");
      Ran known =
          ran(
              List.of(),
              Map.of("LARDER_URL", url),
              Map.of("LARDER_CA", certificates.authority().toString()),
              "doctor",
              "--json");
      assertThat(known.status()).as(known.err()).isZero();
      assertThat(known.objects())
          .anySatisfy(check -> {
            assertThat(check.getString("check")).isEqualTo("secured");
            assertThat(check.getString("found")).contains("TLS");
          });
    }
  }

  @Test
  void aServerLoadsNoClassOfOtherCommands() throws Exception {
    Path loaded = temporary.resolve("loaded");
    Ran help =
        ran(List.of("-Xlog:class+load=info:file=" + loaded), Map.of(), Map.of(), "serve", "--help");
    assertThat(help.status()).isZero();
    List<String> ours =
        Files.readAllLines(loaded).stream()
            .filter(line -> line.contains("dev.larder.server.cli."))
            .toList();
    assertThat(ours)
        .anyMatch(line -> line.contains("cli.ServeCommand "))
        .noneMatch(line -> line.contains("cli.admin."))
        .noneMatch(line -> line.contains("cli.TokenCommand"))
        .noneMatch(line -> line.contains("cli.TrainCommand"));

    Ran completion = ran(List.of(), Map.of(), Map.of(), "completion");
    assertThat(completion.out()).contains("complete -F", "invalidations", "--dry-run");
  }
}
