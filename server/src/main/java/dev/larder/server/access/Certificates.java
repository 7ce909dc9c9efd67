package dev.larder.server.access;

import dev.larder.core.InvalidValueException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.X509KeyManager;

/**
 * The certificate a server shows, its key, and who must have signed the certificates of its
 * clients: files in PEM, which may be replaced while it runs. What cannot be used is an error, so
 * that it is not shown to anybody.
 *
 * <p>The key may be of RSA, of an elliptic curve, or of an algorithm that Java signs with by the
 * same name, such as EdDSA. Used by one thread at a time.
 */
public final class Certificates {
  /** How often {@link #changed} is to be asked, in ms. */
  public static final long CHECK_INTERVAL = 1000;

  /** The largest file that is read, in bytes. */
  private static final int MOST = 1 << 20;

  private final Vertx vertx;
  private final Paths paths;
  private final InstantSource clock;

  /** As the files were when they were last read. */
  private List<Optional<FileState>> used;

  /** As they were when they were last looked at. */
  private List<Optional<FileState>> seen;

  /**
   * Where they are.
   *
   * @param certificate the chain, the server's own first
   * @param key of the server's certificate
   * @param clientAuthority who must have signed the certificates of clients; none: they need none
   */
  public record Paths(Path certificate, Path key, Optional<Path> clientAuthority) {
    private List<Optional<FileState>> states() {
      return List.of(
          FileState.of(certificate), FileState.of(key), clientAuthority.flatMap(FileState::of));
    }
  }

  /** The certificates in those files. */
  public Certificates(Vertx vertx, Paths paths, InstantSource clock) {
    this.vertx = vertx;
    this.paths = paths;
    this.clock = clock;
    this.used = paths.states();
    this.seen = used;
  }

  /**
   * What the files say. Blocks while they are read.
   *
   * @throws InvalidValueException if they cannot be used; the message names the file and says why
   */
  public ServerSSLOptions read() {
    used = paths.states();
    var pem =
        new PemKeyCertOptions()
            .setCertValue(content("certificate", paths.certificate()))
            .setKeyValue(content("key", paths.key()));
    check(pem);
    var options = new ServerSSLOptions().setKeyCertOptions(pem);
    paths
        .clientAuthority()
        .ifPresent(path -> {
          var authority = new PemTrustOptions().addCertValue(content("authority of clients", path));
          try {
            authority.getTrustManagerFactory(vertx);
          } catch (Exception e) {
            throw unusable("authority of clients", path, e);
          }
          options.setTrustOptions(authority).setClientAuth(ClientAuth.REQUIRED);
        });
    return options;
  }

  /**
   * What the files say, if they are others than when they were last read, and have not changed
   * since the last time this was asked: a certificate and its key are rarely replaced in one
   * moment.
   *
   * @throws InvalidValueException as {@link #read}, once for each state of the files
   */
  public Optional<ServerSSLOptions> changed() {
    List<Optional<FileState>> now = paths.states();
    boolean settled = now.equals(seen);
    seen = now;
    return settled && !now.equals(used) ? Optional.of(read()) : Optional.empty();
  }

  /**
   * Refuses what would fail at the first handshake only: no PEM, a certificate that has expired, a
   * key of another certificate.
   */
  private void check(PemKeyCertOptions pem) {
    X509Certificate certificate;
    PrivateKey key;
    try {
      var manager = (X509KeyManager) pem.getKeyManagerFactory(vertx).getKeyManagers()[0];
      String alias = pem.loadKeyStore(vertx).aliases().nextElement();
      certificate = manager.getCertificateChain(alias)[0];
      key = manager.getPrivateKey(alias);
    } catch (Exception e) {
      throw new InvalidValueException(
          "the certificate '%s' and its key '%s' cannot be used: %s; expected PEM"
              .formatted(paths.certificate(), paths.key(), e));
    }
    if (clock.instant().isAfter(certificate.getNotAfter().toInstant())) {
      throw new InvalidValueException(
          "the certificate '%s' expired at %s"
              .formatted(paths.certificate(), certificate.getNotAfter().toInstant()));
    }
    if (!belong(certificate, key)) {
      throw new InvalidValueException(
          "the key '%s' is not that of the certificate '%s'"
              .formatted(paths.key(), paths.certificate()));
    }
  }

  /** Whether what one signs is what the other confirms. */
  private static boolean belong(X509Certificate certificate, PrivateKey key) {
    byte[] text = {1, 2, 3};
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    try {
      Signature signing = Signature.getInstance(algorithm);
      signing.initSign(key);
      signing.update(text);
      byte[] signature = signing.sign();
      signing.initVerify(certificate.getPublicKey());
      signing.update(text);
      return signing.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** The bytes of a file of at most 1 MiB. */
  private static Buffer content(String what, Path path) {
    try {
      if (Files.size(path) > MOST) {
        throw new InvalidValueException(
            "the %s '%s' is larger than %d bytes".formatted(what, path, MOST));
      }
      return Buffer.buffer(Files.readAllBytes(path));
    } catch (IOException e) {
      throw unusable(what, path, e);
    }
  }

  private static InvalidValueException unusable(String what, Path path, Exception why) {
    // Of a file's content nothing is shown: it may be a key.
    return new InvalidValueException(
        "the %s '%s' cannot be used: %s; expected PEM".formatted(what, path, why));
  }
}
