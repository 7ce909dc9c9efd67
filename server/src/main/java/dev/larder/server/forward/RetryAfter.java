package dev.larder.server.forward;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** {@code Retry-After}: seconds, or a date of HTTP (RFC 9110, section 10.2.3). */
final class RetryAfter {
  private RetryAfter() {}

  /** How long from now; zero if there is none, or none that can be read. */
  static Duration of(Optional<String> header, Instant now) {
    return header.map(given -> read(given.strip(), now)).orElse(Duration.ZERO);
  }

  private static Duration read(String given, Instant now) {
    if (given.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(given));
    }
    try {
      Instant at = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(given));
      return at.isAfter(now) ? Duration.between(now, at) : Duration.ZERO;
    } catch (DateTimeException e) {
      return Duration.ZERO;
    }
  }
}
