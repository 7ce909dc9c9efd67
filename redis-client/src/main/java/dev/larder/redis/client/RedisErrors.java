package dev.larder.redis.client;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;

/**
 * Errors of Redis, TLS and the network in words for an operator: what is wrong, what was expected,
 * and where it is known the remedy.
 */
final class RedisErrors {
  private RedisErrors() {}

  /**
   * An error in words.
   *
   * @param failure what Lettuce failed with; all of its causes are looked at
   * @param address where the store is, for the names in the message
   * @return a known error with its remedy, any other one as its own message says it
   */
  static String explained(Throwable failure, RedisAddress address) {
    return known(failure, address)
        .orElseGet(() -> {
          Throwable innermost = failure;
          while (innermost.getCause() != null) {
            innermost = innermost.getCause();
          }
          String message = String.valueOf(failure.getMessage());
          String within = String.valueOf(innermost.getMessage());
          return message.contains(within) ? message : message + ": " + within;
        });
  }

  /** The innermost error that is known, among a failure, its causes and what they suppressed. */
  private static Optional<String> known(Throwable failure, RedisAddress address) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Throwable> unseen = new ArrayDeque<>();
    unseen.add(failure);
    Optional<String> first = Optional.empty();
    while (!unseen.isEmpty()) {
      Throwable each = unseen.poll();
      if (!seen.add(each)) {
        continue;
      }
      Optional<String> explained = one(each, address);
      if (explained.isPresent()) {
        // The innermost says most: why a handshake failed, not that it did.
        first = explained;
      }
      if (each.getCause() != null) {
        unseen.add(each.getCause());
      }
      Collections.addAll(unseen, each.getSuppressed());
    }
    return first;
  }

  /** One error in words, without its causes; empty if it is not known. */
  private static Optional<String> one(Throwable failure, RedisAddress address) {
    String message = String.valueOf(failure.getMessage());
    if (message.startsWith("WRONGPASS") || message.contains("without any password configured")) {
      return Optional.of(
          "it refuses the user '%s' or its password; expected those of a user it knows"
              .formatted(address.user()));
    }
    if (message.startsWith("NOAUTH")) {
      return Optional.of("it asks for a password; expected user:password@ before the host");
    }
    if (message.contains("DB index is out of range") || message.contains("invalid DB index")) {
      return Optional.of(
          "it has no database %d; expected a number below its setting 'databases', 16 unless set"
              .formatted(address.database()));
    }
    if (message.startsWith("NOPERM")) {
      return Optional.of(
          "%s; expected the rights that docs/guide/scaling-out.md lists".formatted(message));
    }
    if (message.startsWith("OOM")) {
      return Optional.of(
          "its memory is full, and it refuses every put and every invalidation (%s); expected"
                  .formatted(message)
              + " maxmemory-policy volatile-lru, or more memory");
    }
    if (message.startsWith("MISCONF") || message.startsWith("NOREPLICAS")) {
      return Optional.of("it refuses every put and every invalidation: " + message);
    }
    if (failure instanceof NotSslRecordException
        || failure instanceof SslHandshakeTimeoutException) {
      return Optional.of(
          "it does not speak TLS there; expected an address without the second 's' of 'rediss'");
    }
    if (message.contains("No subject alternative") || message.contains("No name matching")) {
      return Optional.of(
          "its certificate is for another host (%s); expected one that names it, or verifyPeer=CA"
              .formatted(message));
    }
    if (message.contains("unable to find valid certification path")) {
      return Optional.of(
          "its certificate is signed by nobody who is trusted here; expected ca=FILE with the"
              + " authority's certificate, or an authority that Java knows");
    }
    if (message.contains("certificate_required")) {
      return Optional.of(
          "it asks for a certificate of the client; expected cert=FILE and key=FILE, or"
              + " tls-auth-clients no");
    }
    if (!address.tls()
        && (message.contains("Connection closed prematurely")
            || message.contains("Connection reset"))) {
      return Optional.of(
          "it ended the connection; expected an address that begins with 'rediss' if it wants TLS");
    }
    return failure instanceof SSLException
        ? Optional.of("TLS fails: " + message)
        : Optional.empty();
  }
}
