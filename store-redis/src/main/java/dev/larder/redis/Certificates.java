package dev.larder.redis;

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
 * address name them.
 *
 * @param ca who is trusted to have signed the store's certificate; without it, whom Java trusts
 * @param cert what is shown to a store that asks for a certificate of its clients
 * @param key the key of that, in PKCS #8
 */
record Certificates(Optional<Path> ca, Optional<Path> cert, Optional<Path> key) {
  private static final Duration HANDSHAKE_WITHIN = Duration.ofSeconds(2);

  /**
   * What an address names.
   *
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

  /** That, as Lettuce takes it. */
  SslOptions options() {
    var options = SslOptions.builder().jdkSslProvider().handshakeTimeout(HANDSHAKE_WITHIN);
    ca.ifPresent(file -> options.trustManager(file.toFile()));
    cert.ifPresent(
        shown -> options.keyManager(shown.toFile(), key.orElseThrow().toFile(), new char[0]));
    return options.build();
  }
}
