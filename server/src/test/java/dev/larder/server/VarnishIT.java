package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real Varnish with its module xkey, set up as the guide says, which {@code LARDER_VARNISH}
 * names.
 */
@Tag("full")
class VarnishIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Path GUIDE = Path.of("..", "docs", "guide", "cdn.md");
  private static final Pattern VCL = Pattern.compile("(?s)```vcl\n(.*?)```");

  @TempDir private Path temporary = Path.of("");

  private final AtomicInteger renders = new AtomicInteger();

  @Test
  void whatIsInvalidatedIsFetchedAnewAndNothingElse() throws Exception {
    HttpServer origin =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    origin.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          exchange.getResponseHeaders().set("cache-control", "s-maxage=3600");
          exchange.getResponseHeaders().set("xkey", "page " + path.substring(1));
          byte[] body = "%s %d".formatted(path, renders.incrementAndGet()).getBytes(UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    origin.start();
    int port = freePort();
    Process varnish = varnish(port, origin.getAddress().getPort());
    URI front = URI.create("http://127.0.0.1:" + port);
    try (ServerProcess server =
        ServerProcess.start(temporary.resolve("data"), "--forward", "varnish:" + front + "/")) {
      eventually(SOON, () -> answers(front));
      String three = get(front, "/product-3");
      String four = get(front, "/product-4");
      assertThat(get(front, "/product-3")).isEqualTo(three);
      assertThat(three).doesNotContainIgnoringCase("xkey:");

      invalidate(server, new JsonObject().put("tags", new JsonArray(List.of("product-3"))));
      eventually(SOON, () -> !get(front, "/product-3").equals(three));
      assertThat(get(front, "/product-4")).isEqualTo(four);

      // Stale: served once more, and fetched behind.
      String before = get(front, "/product-4");
      invalidate(
          server,
          new JsonObject().put("tags", new JsonArray(List.of("product-4"))).put("expire", 600));
      eventually(SOON, () -> !get(front, "/product-4").equals(before));
    } finally {
      varnish.destroy();
      varnish.waitFor(10, TimeUnit.SECONDS);
      origin.stop(0);
    }
  }

  private Process varnish(int port, int origin) throws IOException {
    Matcher vcl = VCL.matcher(Files.readString(GUIDE));
    assertThat(vcl.find()).as("a VCL in the guide").isTrue();
    String backend = "backend app { .host = \"127.0.0.1\"; .port = \"%d\"; }%n".formatted(origin);
    // Names of the guide are of nobody here.
    String text =
        vcl.group(1)
            .replace("import xkey;", "import xkey;\n" + backend)
            .replace(" \"larder\";", "");
    Path file = Files.writeString(temporary.resolve("larder.vcl"), text);
    return new ProcessBuilder(
            System.getenv().getOrDefault("LARDER_VARNISH", "varnishd"),
            "-F",
            // As whoever runs the test, who may read its directory.
            "-j",
            "none",
            "-n",
            temporary.resolve("varnish").toString(),
            "-a",
            "127.0.0.1:" + port,
            "-f",
            file.toString(),
            "-s",
            "malloc,32m")
        .redirectErrorStream(true)
        .redirectOutput(temporary.resolve("varnish.log").toFile())
        .start();
  }

  private static void invalidate(ServerProcess server, JsonObject body) throws Exception {
    new Admin(server.address()).post("/v1/shop/invalidate", body);
  }

  private static boolean answers(URI front) {
    try {
      return get(front, "/up").contains(" 200 ");
    } catch (IOException e) {
      return false;
    }
  }

  /** What is answered, without what differs each time. */
  private static String get(URI front, String path) throws IOException {
    try (var client = new RawClient(front)) {
      client.text("GET %s HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".formatted(path));
      return client.rest().replaceAll("(?i)(x-varnish|age|date|via): [^\r]*\r\n", "");
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
