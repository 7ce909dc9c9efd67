package dev.larder.redis.client;

import dev.larder.core.spi.StoreException;
import io.lettuce.core.SslOptions;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of TLS, all in PEM, as the options {@code ca}, {@code cert} and {@code key} of an
 * address name them. They are read again for every connection.
 *
 * @param ca the authorities that may have signed the store's certificate; without it, those Java
 *     trusts
 * @param cert the certificate shown to a store that asks its clients for one
 * @param key the private key of {@code cert}, in PKCS #8, not encrypted
 */
record Certificates(Optional<Path> ca, Optional<Path> cert, Optional<Path> key) {
  /** How long a TLS handshake may take. */
  private static final Duration HANDSHAKE_WITHIN = Duration.ofSeconds(2);

  /**
   * The files that an address names in its options.
   *
   * @param address the whole address, with percent-encoded paths
   * @throws StoreException if it names a file that cannot be read, or one of two that belong
   *     together
   */
  static Certificates of(String address) {
    var named = new Certificates(file(address, "ca"), file(address, "cert"), file(address, "key"));
    if (named.cert.isPresent() != named.key.isPresent()) {
      throw new StoreException(
          "the store's address names only one of cert=FILE and key=FILE; expected both, or none");
    }
    return named;
  }

  private static Optional<Path> file(String address, String name) {
    Matcher named = Pattern.compile("[?&]" + name + "=([^&#]*)").matcher(address);
    if (!named.find()) {
      return Optional.empty();
    }
    Path file = Path.of(URLDecoder.decode(named.group(1), StandardCharsets.UTF_8));
    if (!Files.isReadable(file)) {
      throw new StoreException(
          "the store's address names %s=%s, which cannot be read; expected a file in PEM"
              .formatted(name, file));
    }
    return Optional.of(file);
  }

  /** The same as options of Lettuce. */
  SslOptions options() {
    var options = SslOptions.builder().jdkSslProvider().handshakeTimeout(HANDSHAKE_WITHIN);
    ca.ifPresent(file -> options.trustManager(file.toFile()));
    cert.ifPresent(
        shown -> options.keyManager(shown.toFile(), key.orElseThrow().toFile(), new char[0]));
    return options.build();
  }
}
