package dev.larder.redis;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;

/** What an operator can do about a store that refuses to be used, told by what it said. */
final class Refusals {
  private Refusals() {}

  /** What is wrong and, where it is known, what was expected. */
  static String explained(Throwable failure, RedisAddress address) {
    return known(failure, address)
        .orElseGet(() -> {
          Throwable innermost = failure;
          while (innermost.getCause() != null) {
            innermost = innermost.getCause();
          }
          String said = String.valueOf(failure.getMessage());
          String within = String.valueOf(innermost.getMessage());
          return said.contains(within) ? said : said + ": " + within;
        });
  }

  private static Optional<String> known(Throwable failure, RedisAddress address) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Throwable> behind = new ArrayDeque<>();
    behind.add(failure);
    Optional<String> first = Optional.empty();
    while (!behind.isEmpty()) {
      Throwable each = behind.poll();
      if (!seen.add(each)) {
        continue;
      }
      Optional<String> explained = one(each, address);
      if (explained.isPresent()) {
        // The innermost says most: why a handshake failed, not that it did.
        first = explained;
      }
      if (each.getCause() != null) {
        behind.add(each.getCause());
      }
      Collections.addAll(behind, each.getSuppressed());
    }
    return first;
  }

  private static Optional<String> one(Throwable failure, RedisAddress address) {
    String said = String.valueOf(failure.getMessage());
    if (said.startsWith("WRONGPASS") || said.contains("without any password configured")) {
      return Optional.of(
          "it refuses the user '%s' or its password; expected those of a user it knows"
              .formatted(address.user()));
    }
    if (said.startsWith("NOAUTH")) {
      return Optional.of("it asks for a password; expected user:password@ before the host");
    }
    if (said.contains("DB index is out of range") || said.contains("invalid DB index")) {
      return Optional.of(
          "it has no database %d; expected a number below its setting 'databases', 16 unless set"
              .formatted(address.nodes().getFirst().getDatabase()));
    }
    if (said.startsWith("NOPERM")) {
      return Optional.of(
          "%s; expected the rights that docs/guide/scaling-out.md lists".formatted(said));
    }
    if (said.startsWith("OOM")) {
      return Optional.of(
          "its memory is full, and it refuses every put and every invalidation (%s); expected"
                  .formatted(said)
              + " maxmemory-policy volatile-lru, or more memory");
    }
    if (said.startsWith("MISCONF") || said.startsWith("NOREPLICAS")) {
      return Optional.of("it refuses every put and every invalidation: " + said);
    }
    if (failure instanceof NotSslRecordException
        || failure instanceof SslHandshakeTimeoutException) {
      return Optional.of(
          "it does not speak TLS there; expected an address without the second 's' of 'rediss'");
    }
    if (said.contains("No subject alternative") || said.contains("No name matching")) {
      return Optional.of(
          "its certificate is for another host (%s); expected one that names it, or verifyPeer=CA"
              .formatted(said));
    }
    if (said.contains("unable to find valid certification path")) {
      return Optional.of(
          "its certificate is signed by nobody who is trusted here; expected ca=FILE with the"
              + " authority's certificate, or an authority that Java knows");
    }
    if (said.contains("certificate_required")) {
      return Optional.of(
          "it asks for a certificate of the client; expected cert=FILE and key=FILE, or"
              + " tls-auth-clients no");
    }
    if (!address.nodes().getFirst().isSsl()
        && (said.contains("Connection closed prematurely") || said.contains("Connection reset"))) {
      return Optional.of(
          "it ended the connection; expected an address that begins with 'rediss' if it wants TLS");
    }
    return failure instanceof SSLException ? Optional.of("TLS fails: " + said) : Optional.empty();
  }
}
