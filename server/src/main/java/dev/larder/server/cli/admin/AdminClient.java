package dev.larder.server.cli.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/** Asks one server. Whatever goes wrong is a {@link Failure} that says what to do about it. */
final class AdminClient implements AutoCloseable {
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);

  /** How long an answer may take; a walk through all entries takes up to 2 s. */
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);

  private static final int OK = 200;

  private final HttpClient http;
  private final URI address;
  private Optional<String> token;

  /**
   * A client that has asked nothing.
   *
   * @param authority the file of an own authority, in PEM
   * @throws Failure if that cannot be used
   */
  AdminClient(URI address, Optional<String> token, Optional<Path> authority) {
    HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(CONNECT_WITHIN);
    authority.ifPresent(file -> builder.sslContext(trusting(file)));
    this.http = builder.build();
    this.address = address;
    this.token = token;
  }

  /** The address of the server. */
  URI address() {
    return address;
  }

  /** True if it asks with a token. */
  boolean hasToken() {
    return token.isPresent();
  }

  /** Asks with that token from now on. */
  void use(String other) {
    token = Optional.of(other);
  }

  /** Asks a question; parameters that are empty are left out. */
  JsonObject get(String path, Map<String, String> parameters) {
    return json(send(request(path, parameters).GET().build()));
  }

  /** Asks a question. */
  JsonObject get(String path) {
    return get(path, Map.of());
  }

  /** Asks for something to be done. */
  JsonObject post(String path, JsonObject body) {
    return json(
        send(
            request(path, Map.of())
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body.encode()))
                .build()));
  }

  /**
   * The answer of an address, whatever its status.
   *
   * @throws Failure if there is none
   */
  HttpResponse<String> ask(String path) {
    return send(request(path, Map.of()).GET().build());
  }

  /**
   * The lines of an answer that does not end by itself. They fail with an {@link
   * java.io.UncheckedIOException} if the connection breaks.
   */
  Stream<String> lines(String path, Map<String, String> parameters) {
    HttpRequest request = started(path, parameters).GET().build();
    HttpResponse<Stream<String>> answer = sent(request, BodyHandlers.ofLines());
    if (answer.statusCode() == OK) {
      return answer.body();
    }
    try (Stream<String> body = answer.body()) {
      throw refused(answer.statusCode(), body.collect(Collectors.joining("\n")));
    }
  }

  /**
   * The bytes of an answer, as they come. Reading them fails if none comes for as long as an answer
   * may take.
   */
  InputStream bytes(String path) {
    HttpResponse<InputStream> answer =
        sent(request(path, Map.of()).GET().build(), BodyHandlers.ofInputStream());
    if (answer.statusCode() == OK) {
      return new Impatient(answer.body(), ANSWER_WITHIN);
    }
    try (InputStream body = answer.body()) {
      throw refused(answer.statusCode(), new String(body.readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new Failure(Failure.UNREACHABLE, unreachable(e));
    }
  }

  /** A segment of a path that stands for a text. */
  static String segment(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  private HttpRequest.Builder request(String path, Map<String, String> parameters) {
    return started(path, parameters).timeout(ANSWER_WITHIN);
  }

  private HttpRequest.Builder started(String path, Map<String, String> parameters) {
    String query =
        parameters.entrySet().stream()
            .filter(each -> !each.getValue().isEmpty())
            .map(each -> each.getKey() + "=" + segment(each.getValue()))
            .sorted()
            .collect(Collectors.joining("&"));
    var request =
        HttpRequest.newBuilder(address.resolve(query.isEmpty() ? path : path + "?" + query));
    token.ifPresent(secret -> request.header("authorization", "Bearer " + secret));
    return request;
  }

  private HttpResponse<String> send(HttpRequest request) {
    return sent(request, BodyHandlers.ofString());
  }

  private <T> HttpResponse<T> sent(HttpRequest request, BodyHandler<T> body) {
    try {
      return http.send(request, body);
    } catch (IOException e) {
      throw new Failure(Failure.UNREACHABLE, unreachable(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(Failure.FAILED, "interrupted");
    }
  }

  private String unreachable(IOException e) {
    String why =
        switch (e) {
          case HttpConnectTimeoutException timeout ->
              "nothing answers within %d s".formatted(CONNECT_WITHIN.toSeconds());
          case HttpTimeoutException timeout ->
              "no answer within %d s".formatted(ANSWER_WITHIN.toSeconds());
          case UnknownHostException unknown -> "there is no such host";
          case ConnectException refused
              when refused.getCause() instanceof UnresolvedAddressException ->
              "there is no such host";
          case ConnectException refused -> "the connection was refused";
          case SSLException tls ->
              "%s; of an own authority, --ca or LARDER_CA names the file"
                  .formatted(tls.getMessage());
          default -> String.valueOf(e.getMessage());
        };
    return "%s cannot be asked: %s; expected a server, by --url or LARDER_URL ('larder serve' starts one)"
        .formatted(shown(), why);
  }

  private JsonObject json(HttpResponse<String> answer) {
    if (answer.statusCode() != OK) {
      throw refused(answer.statusCode(), answer.body());
    }
    return parsed(answer.body())
        .orElseThrow(() ->
            new Failure(
                Failure.UNREACHABLE,
                "%s answers, but not as a server of Larder does; expected one, by --url or LARDER_URL"
                    .formatted(shown())));
  }

  /** What an answer of another status means to whoever asked. */
  private Failure refused(int status, String body) {
    String why =
        parsed(body)
            .map(json -> json.getJsonObject("error"))
            .map(error -> error.getString("message"))
            .orElse("status %d, without a word".formatted(status));
    return switch (status) {
      case 401 ->
          new Failure(
              Failure.FORBIDDEN,
              hasToken()
                  ? "%s does not know the token that it was given; 'larder token list' lists those it may know"
                      .formatted(shown())
                  : "%s asks for a token; expected one in LARDER_TOKEN or --token-file FILE ('larder token create --role read' makes one)"
                      .formatted(shown()));
      case 403 ->
          new Failure(
              Failure.FORBIDDEN,
              "%s does not allow that: %s; 'larder token create' makes a token of another role"
                  .formatted(shown(), why));
      case 404 ->
          new Failure(
              Failure.FAILED,
              why.startsWith("no namespace")
                  ? why + "; 'larder namespaces' lists those there are"
                  : why.startsWith("no such address")
                      ? "%s is of an earlier version: it has %s".formatted(shown(), why)
                      : why);
      default -> new Failure(Failure.FAILED, "%s: %s".formatted(shown(), why));
    };
  }

  /** What a body says, if it is an object. */
  static Optional<JsonObject> parsed(String body) {
    try {
      return Optional.of(new JsonObject(body));
    } catch (DecodeException e) {
      return Optional.empty();
    }
  }

  /** The address, without what might be a secret in it. */
  private String shown() {
    return "%s://%s%s"
        .formatted(
            address.getScheme(),
            address.getHost(),
            address.getPort() < 0 ? "" : ":" + address.getPort());
  }

  private static SSLContext trusting(Path file) {
    try (InputStream pem = Files.newInputStream(file)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        trusted.setCertificateEntry("authority-" + number++, each);
      }
      var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new Failure(
          Failure.USAGE,
          "the authority '%s' cannot be used; expected a certificate in PEM, by --ca or LARDER_CA"
              .formatted(file));
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
