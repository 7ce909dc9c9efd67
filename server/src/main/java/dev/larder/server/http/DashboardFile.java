package dev.larder.server.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A file of the dashboard, which the build puts into the jar: a page, a script or a style sheet. It
 * holds nothing of any namespace, so that everybody may read it.
 *
 * <p>It is read when it is first asked for, and kept, also compressed. A browser keeps it too, and
 * asks each time whether it has changed.
 */
final class DashboardFile {
  /**
   * What the page may do: its own script and style, and requests to this server. Nothing that is
   * shown can become a script, whatever it holds.
   */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'";

  private static final String MISSING =
      "This server was built without its dashboard: './larder build' makes a server that has one."
          + " The API is at /v1, as docs/guide/operations.md says.\n";

  private final String name;
  private final String type;
  private @Nullable Content content;

  private DashboardFile(String name, String type) {
    this.name = name;
    this.type = type;
  }

  /** What a file holds, as it is and compressed, and a digest of it. */
  private record Content(int status, String type, Buffer plain, Buffer gzip, String etag) {}

  /** Every file, by its path. */
  static Map<String, DashboardFile> all() {
    return Map.of(
        "/", new DashboardFile("index.html", "text/html; charset=utf-8"),
        "/dashboard/app.js", new DashboardFile("app.js", "text/javascript; charset=utf-8"),
        "/dashboard/app.css", new DashboardFile("app.css", "text/css; charset=utf-8"));
  }

  /** Answers with it: 404 and a sentence if the server was built without. */
  CompletionStage<?> show(HttpServerRequest request) {
    Content found = content();
    HttpServerResponse response =
        request
            .response()
            .putHeader(HttpHeaders.CONTENT_TYPE, found.type())
            .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
            .putHeader(HttpHeaders.ETAG, found.etag())
            .putHeader(HttpHeaders.VARY, "accept-encoding")
            .putHeader("content-security-policy", POLICY)
            .putHeader("x-content-type-options", "nosniff")
            .putHeader("referrer-policy", "no-referrer")
            .putHeader("cross-origin-opener-policy", "same-origin");
    if (found.etag().equals(request.getHeader(HttpHeaders.IF_NONE_MATCH))) {
      return response.setStatusCode(304).end().toCompletionStage();
    }
    String accepted = request.getHeader(HttpHeaders.ACCEPT_ENCODING);
    boolean gzip = accepted != null && accepted.contains("gzip");
    if (gzip) {
      response.putHeader(HttpHeaders.CONTENT_ENCODING, "gzip");
    }
    return response
        .setStatusCode(found.status())
        .end(gzip ? found.gzip() : found.plain())
        .toCompletionStage();
  }

  private synchronized Content content() {
    Content read = content == null ? load() : content;
    content = read;
    return read;
  }

  private Content load() {
    try (InputStream file = DashboardFile.class.getResourceAsStream("/dashboard/" + name)) {
      return file == null
          ? content(404, "text/plain; charset=utf-8", MISSING.getBytes(StandardCharsets.UTF_8))
          : content(200, type, file.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Content content(int status, String type, byte[] bytes) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      gzip.write(bytes);
    }
    return new Content(
        status, type, Buffer.buffer(bytes), Buffer.buffer(packed.toByteArray()), etag(bytes));
  }

  private static String etag(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return '"' + HexFormat.of().formatHex(digest, 0, 16) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
