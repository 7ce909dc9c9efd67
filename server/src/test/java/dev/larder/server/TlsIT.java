package dev.larder.server;

import static dev.larder.server.Eventually.eventually;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that speaks HTTPS, whose certificate is replaced while it runs. */
class TlsIT {
  private static final char[] PASSWORD = "password".toCharArray();

  /** Within which a replaced certificate is shown: two checks of the files, each a second. */
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private Path temporary = Path.of("");

  @Test
  void aCertificateIsReplacedUnderTheConnectionsThatAreOpen() throws Exception {
    KeyStore first = made("first", "-ext", "san=ip:127.0.0.1");
    KeyStore second = made("second", "-ext", "san=ip:127.0.0.1");
    use(first);
    SSLContext trusting = trusting(first, second);
    try (ServerProcess server = start();
        var load = new Load(server, trusting)) {
      try (SSLSocket open = connect(server, trusting)) {
        assertThat(shown(open)).isEqualTo(certificate(first));
        assertThat(asked(open)).startsWith("HTTP/1.1 200 ");

        write("certificate.pem", "-----BEGIN CERTIFICATE-----\nnone\n");
        eventually(
            SOON, () -> server.linesWith("the certificate that was shown before remains") > 0);
        use(second);
        eventually(SOON, () -> server.linesWith("the certificate was replaced") > 0);

        assertThat(asked(open)).as("on the connection from before").startsWith("HTTP/1.1 200 ");
        try (SSLSocket next = connect(server, trusting)) {
          assertThat(shown(next)).isEqualTo(certificate(second));
          assertThat(asked(next)).startsWith("HTTP/1.1 200 ");
        }
        load.expectMore();
      }
    }
  }

  /** Requests that are sent all the time: some on one connection, some each on one of its own. */
  private static final class Load implements AutoCloseable {
    private final Queue<String> failed = new ConcurrentLinkedQueue<>();
    private final AtomicLong answered = new AtomicLong();
    private volatile boolean closed;

    Load(ServerProcess server, SSLContext context) {
      for (int each : new int[] {1, 1, 1_000_000}) {
        Thread.ofVirtual().start(() -> ask(server, context, each));
      }
    }

    /**
     * Asks until it is closed.
     *
     * @param each how many requests a connection has
     */
    private void ask(ServerProcess server, SSLContext context, int each) {
      while (!closed) {
        try (SSLSocket socket = connect(server, context)) {
          for (int n = 0; n < each && !closed; n++) {
            String head = asked(socket);
            if (!head.startsWith("HTTP/1.1 200 ")) {
              failed.add(head);
            }
            answered.incrementAndGet();
          }
        } catch (IOException e) {
          failed.add(e.toString());
        }
      }
    }

    /** Waits for further answers; nothing may have failed by then. */
    void expectMore() throws Exception {
      long before = answered.get();
      eventually(SOON, () -> answered.get() > before + 100);
      assertThat(failed).as("what failed, beside %d answers", before).isEmpty();
    }

    /** Each ends with the request it sends now. */
    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void whatCannotBeUsedIsRefusedAndTheOldRemains() throws Exception {
    KeyStore right = made("right", "-ext", "san=ip:127.0.0.1");
    KeyStore other = made("other");
    KeyStore expired = made("expired", "-startdate", "-2d", "-validity", "1");
    use(right);
    SSLContext trusting = trusting(right);
    try (ServerProcess server = start()) {
      Runnable[] wrongs = {
        () -> write("key.pem", key(other)),
        () -> {
          write("certificate.pem", pem("CERTIFICATE", encoded(expired)));
          write("key.pem", key(expired));
        },
        () -> write("certificate.pem", "-----BEGIN CERTIFICATE-----\nnone\n"),
        () -> write("certificate.pem", ""),
      };
      for (Runnable wrong : wrongs) {
        long before = server.linesWith("the certificate that was shown before remains");
        wrong.run();
        eventually(
            SOON, () -> server.linesWith("the certificate that was shown before remains") > before);
        try (SSLSocket socket = connect(server, trusting)) {
          assertThat(shown(socket)).isEqualTo(certificate(right));
        }
      }
      assertThat(server.linesWith("PRIVATE KEY")).isZero();
    }
  }

  @Test
  void aServerDoesNotStartWithWhatCannotBeUsed() throws Exception {
    KeyStore right = made("right");
    KeyStore other = made("other");
    use(right);
    write("key.pem", key(other));
    Process process = ServerProcess.launch(temporary.resolve("data"), options());
    try (BufferedReader output = process.inputReader()) {
      assertThat(String.join("\n", output.readAllLines()))
          .contains("certificate.pem", "key.pem", "is not that of the certificate")
          .doesNotContain("\tat ");
      assertThat(process.waitFor()).isEqualTo(1);
    }
  }

  @Test
  void clientsShowCertificatesOfTheirAuthority() throws Exception {
    KeyStore own = made("own", "-ext", "san=ip:127.0.0.1");
    KeyStore client = made("client");
    KeyStore stranger = made("stranger");
    use(own);
    write("clients.pem", pem("CERTIFICATE", encoded(client)));
    try (ServerProcess server = start("--tls-client-ca", file("clients.pem").toString())) {
      try (SSLSocket socket = connect(server, context(own, client))) {
        assertThat(asked(socket)).startsWith("HTTP/1.1 200 ");
      }
      for (SSLContext refused : List.of(trusting(own), context(own, stranger))) {
        assertThatThrownBy(
                () -> {
                  try (SSLSocket socket = connect(server, refused)) {
                    asked(socket);
                  }
                })
            .isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void nothingIsSaidInTheClear() throws Exception {
    use(made("own", "-ext", "san=ip:127.0.0.1"));
    try (ServerProcess server = start();
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout((int) SOON.toMillis());
      socket
          .getOutputStream()
          .write("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".getBytes(US_ASCII));
      byte[] answer = socket.getInputStream().readAllBytes();
      assertThat(new String(answer, US_ASCII)).doesNotContain("HTTP");
    }
  }

  private ServerProcess start(String... more) throws IOException {
    List<String> options = new ArrayList<>(List.of(options()));
    options.addAll(List.of(more));
    return ServerProcess.start(temporary.resolve("data"), options.toArray(String[]::new));
  }

  private String[] options() {
    return new String[] {
      "--tls-cert", file("certificate.pem").toString(), "--tls-key", file("key.pem").toString()
    };
  }

  private Path file(String name) {
    return temporary.resolve(name);
  }

  private void use(KeyStore store) {
    write("certificate.pem", pem("CERTIFICATE", encoded(store)));
    write("key.pem", key(store));
  }

  /** Replaces a file as a whole. */
  private void write(String name, String text) {
    try {
      Path made = Files.createTempFile(temporary, name, ".new");
      Files.writeString(made, text);
      Files.move(made, file(name), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A key, and a certificate that signs itself. */
  private KeyStore made(String name, String... options) throws Exception {
    Path path = file(name + ".p12");
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-storetype",
                "PKCS12",
                "-storepass",
                String.valueOf(PASSWORD),
                "-keystore",
                path.toString()));
    command.addAll(List.of(options));
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(keytool.getInputStream().readAllBytes(), US_ASCII);
    assertThat(keytool.waitFor()).as(said).isZero();
    return KeyStore.getInstance(path.toFile(), PASSWORD);
  }

  private static SSLContext trusting(KeyStore... servers) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust(servers).getTrustManagers(), null);
    return context;
  }

  private static SSLContext context(KeyStore server, KeyStore client) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(client, PASSWORD);
    context.init(keys.getKeyManagers(), trust(server).getTrustManagers(), null);
    return context;
  }

  private static TrustManagerFactory trust(KeyStore... servers) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    for (KeyStore server : servers) {
      trusted.setCertificateEntry(alias(server), certificate(server));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    return trust;
  }

  private static SSLSocket connect(ServerProcess server, SSLContext context) throws IOException {
    URI address = server.address();
    var socket =
        (SSLSocket) context.getSocketFactory().createSocket(address.getHost(), address.getPort());
    socket.setSoTimeout((int) SOON.toMillis());
    try {
      socket.startHandshake();
    } catch (SSLException e) {
      socket.close();
      throw e;
    }
    return socket;
  }

  private static X509Certificate shown(SSLSocket socket) throws SSLException {
    return (X509Certificate) socket.getSession().getPeerCertificates()[0];
  }

  /** The head line of an answer, whose rest is read, too. */
  private static String asked(SSLSocket socket) throws IOException {
    socket
        .getOutputStream()
        .write("GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".getBytes(US_ASCII));
    var reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
    String head = reader.readLine();
    if (head == null) {
      throw new IOException("the connection ended");
    }
    for (String line = head; !line.contains("\"status\""); line = reader.readLine()) {
      assertThat(line).isNotNull();
    }
    return head;
  }

  private static String alias(KeyStore store) {
    try {
      return Collections.list(store.aliases()).getFirst();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509Certificate certificate(KeyStore store) {
    try {
      return (X509Certificate) store.getCertificate(alias(store));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] encoded(KeyStore store) {
    try {
      return certificate(store).getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String key(KeyStore store) {
    try {
      return pem("PRIVATE KEY", store.getKey(alias(store), PASSWORD).getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String pem(String what, byte[] content) {
    String lines = Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(content);
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(what, lines, what);
  }
}
