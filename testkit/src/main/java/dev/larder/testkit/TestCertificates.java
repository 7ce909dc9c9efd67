package dev.larder.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An authority of its own, and certificates that it signs, as files in PEM.
 *
 * <p>They are made with the {@code keytool} of this JDK, of elliptic curves, and are valid for 90
 * days. Nobody must trust them: their keys are protected by a password that is written here.
 */
public final class TestCertificates {
  private static final String PASSWORD = "changeit";

  private final Path directory;
  private final Path keys;

  private TestCertificates(Path directory) {
    this.directory = directory;
    this.keys = directory.resolve("keys.p12");
  }

  /**
   * An authority whose files are in {@code directory}, which is empty and stays the caller's.
   *
   * @throws AssertionError with what {@code keytool} printed, if it fails
   */
  public static TestCertificates in(Path directory) {
    var certificates = new TestCertificates(directory);
    certificates.generate("ca", "-ext", "bc:c");
    return certificates;
  }

  /**
   * Signs a certificate.
   *
   * @param name of whom
   * @param hosts what it is for, such as {@code ip:127.0.0.1} or {@code dns:localhost}
   * @return this
   */
  public TestCertificates sign(String name, String hosts) {
    generate(name, "-signer", "ca", "-ext", "san=" + hosts);
    return this;
  }

  /** The authority's own certificate, which a client is told to trust. */
  public Path authority() {
    return certificate("ca");
  }

  /** The certificate of that name, which was signed before. */
  public Path certificate(String name) {
    return directory.resolve(name + ".crt");
  }

  /** The key of the certificate of that name, without a password. */
  public Path key(String name) {
    return directory.resolve(name + ".key");
  }

  /** Has {@code keytool} make a pair of keys with a certificate, and writes both as PEM. */
  private void generate(String name, String... options) {
    var command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of("-genkeypair", "-alias", name, "-dname", "CN=" + name));
    command.addAll(List.of("-keyalg", "EC", "-keystore", keys.toString(), "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", PASSWORD));
    command.addAll(List.of(options));
    try {
      Process keytool =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("keytool.log").toFile())
              .start();
      if (!keytool.waitFor(20, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
        keytool.destroyForcibly();
        throw new AssertionError(Files.readString(directory.resolve("keytool.log")));
      }
      var store = KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray());
      write(certificate(name), "CERTIFICATE", store.getCertificate(name).getEncoded());
      write(key(name), "PRIVATE KEY", store.getKey(name, PASSWORD.toCharArray()).getEncoded());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Writes one PEM file. */
  private static void write(Path file, String kind, byte[] content) throws IOException {
    String encoded =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(content);
    Files.writeString(
        file, "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(kind, encoded));
  }
}
