package dev.larder.server.http;

import dev.larder.core.CacheKey;
import dev.larder.core.InvalidValueException;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The parameters of a question, checked one by one. What is not of the form that is expected
 * becomes a 400 that names it.
 */
final class Parameters {
  private final HttpServerRequest request;

  Parameters(HttpServerRequest request) {
    this.request = request;
  }

  /** A text; empty if it is not given. */
  String text(String name) {
    return request.getParam(name, "");
  }

  /** One of some words; the first of them if it is not given. */
  String choice(String name, List<String> words) {
    String given = request.getParam(name, words.getFirst());
    if (!words.contains(given)) {
      throw new InvalidValueException(
          "'%s' is '%s'; expected %s"
              .formatted(name, InvalidValueException.shortened(given), String.join(", ", words)));
    }
    return given;
  }

  /** A whole number from 1 to {@code most}; {@code otherwise} if it is not given. */
  long number(String name, long otherwise, long most) {
    String text = request.getParam(name);
    if (text == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= 1 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below, as what it is.
    }
    throw new InvalidValueException(
        "'%s' is %s; expected a whole number from 1 to %d"
            .formatted(name, InvalidValueException.shortened(text), most));
  }

  /**
   * A place in an ordered list, as an answer before named it: a number and a text.
   *
   * @return none if it is not given
   */
  Optional<Cursor> cursor() {
    String text = text("cursor");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    int colon = text.indexOf(':');
    try {
      return Optional.of(
          new Cursor(Long.parseLong(text.substring(0, colon)), text.substring(colon + 1)));
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      throw new InvalidValueException(
          "'cursor' is '%s'; expected one that an answer has named"
              .formatted(InvalidValueException.shortened(text)));
    }
  }

  /**
   * Where a list goes on.
   *
   * @param rank of the last row in the answer
   * @param name of that row
   */
  record Cursor(long rank, String name) {
    @Override
    public String toString() {
      return rank + ":" + name;
    }
  }

  /** A key, of its bytes in hexadecimal. */
  static CacheKey key(String hex) {
    try {
      return CacheKey.of(HexFormat.of().parseHex(hex));
    } catch (IllegalArgumentException e) {
      throw new InvalidValueException(
          "key '%s'; expected its bytes in hexadecimal"
              .formatted(InvalidValueException.shortened(hex)));
    }
  }

  /** What a segment of a path stands for: RFC 3986, section 2.1. */
  static String decoded(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new InvalidValueException(
          "'%s'; expected percent signs before two hexadecimal digits"
              .formatted(InvalidValueException.shortened(segment)));
    }
  }
}
