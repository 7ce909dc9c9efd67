package dev.larder.server.access;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tokens as a text: {@code {"tokens": [{"id", "name", "role", "namespaces", "tagPrefix", "sha256",
 * "created", "expires"}]}}. It is read as a whole or not at all.
 *
 * <p>{@code namespaces} is {@code "*"} for everywhere, or an array of at least one name; {@code
 * created} and {@code expires} are times in ISO 8601; {@code tagPrefix} and {@code expires} may be
 * missing. A field that is unknown is an error, since it may be a misspelt limit.
 */
final class TokenText {
  /** SHA-256 in hexadecimal. */
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  /** As {@link Secret} makes them. */
  private static final Pattern ID = Pattern.compile("[0-9A-Za-z]{10}");

  private static final Set<String> FIELDS =
      Set.of("id", "name", "role", "namespaces", "tagPrefix", "sha256", "created", "expires");

  private TokenText() {}

  /**
   * All tokens, in the order of the text.
   *
   * @throws InvalidValueException if something in it is not as it must be; the message says what,
   *     and begins with a verb
   */
  static List<Token> parse(String text) {
    JsonObject json;
    try {
      json = new JsonObject(text);
    } catch (DecodeException e) {
      throw new InvalidValueException("is no JSON object");
    }
    if (!(json.getValue("tokens") instanceof JsonArray array)) {
      throw new InvalidValueException("has no array 'tokens'");
    }
    var ids = new HashSet<String>();
    var tokens = new ArrayList<Token>();
    for (int i = 0; i < array.size(); i++) {
      Token token = token(array.getValue(i), i);
      if (!ids.add(token.id())) {
        throw new InvalidValueException("has token %s twice".formatted(token.id()));
      }
      tokens.add(token);
    }
    return List.copyOf(tokens);
  }

  private static Token token(Object given, int index) {
    if (!(given instanceof JsonObject json)) {
      throw new InvalidValueException(
          "has something else than an object as token %d".formatted(index + 1));
    }
    try {
      for (String field : json.fieldNames()) {
        if (!FIELDS.contains(field)) {
          throw new InvalidValueException(
              "an unknown field '%s'".formatted(InvalidValueException.shortened(field)));
        }
      }
      return new Token(
          matching(ID, string(json, "id"), "id"),
          string(json, "name"),
          Role.of(string(json, "role")),
          namespaces(json.getValue("namespaces")),
          json.containsKey("tagPrefix") ? string(json, "tagPrefix") : "",
          matching(HASH, string(json, "sha256"), "sha256"),
          instant(string(json, "created"), "created"),
          json.getValue("expires") == null
              ? Optional.empty()
              : Optional.of(instant(string(json, "expires"), "expires")));
    } catch (InvalidValueException e) {
      throw new InvalidValueException(
          "has a token %d with %s".formatted(index + 1, e.getMessage()));
    }
  }

  private static String string(JsonObject json, String field) {
    if (json.getValue(field) instanceof String text) {
      return text;
    }
    throw new InvalidValueException("no text as '%s'".formatted(field));
  }

  private static String matching(Pattern pattern, String given, String field) {
    if (pattern.matcher(given).matches()) {
      return given;
    }
    // What it says is not shown: somebody may have put a secret where its hash belongs.
    throw new InvalidValueException("a '%s' that is not %s".formatted(field, pattern));
  }

  private static Instant instant(String given, String field) {
    try {
      return Instant.parse(given);
    } catch (DateTimeException e) {
      throw new InvalidValueException(
          "'%s' as '%s'; expected a time such as 2030-01-31T12:00:00Z"
              .formatted(InvalidValueException.shortened(given), field));
    }
  }

  private static Set<Namespace> namespaces(Object given) {
    if ("*".equals(given)) {
      return Set.of();
    }
    if (given instanceof JsonArray array
        && !array.isEmpty()
        && array.stream().allMatch(String.class::isInstance)) {
      var namespaces = new HashSet<Namespace>();
      array.forEach(name -> namespaces.add(new Namespace((String) name)));
      return namespaces;
    }
    throw new InvalidValueException("'namespaces' that are neither \"*\" nor an array of names");
  }

  /** The text of these tokens. */
  static String of(List<Token> tokens) {
    var array = new JsonArray();
    for (Token token : tokens) {
      var json =
          new JsonObject()
              .put("id", token.id())
              .put("name", token.name())
              .put("role", token.role().label())
              .put(
                  "namespaces",
                  token.namespaces().isEmpty()
                      ? "*"
                      : new JsonArray(
                          token.namespaces().stream().map(Namespace::name).sorted().toList()))
              .put("sha256", token.hash())
              .put("created", token.created().toString());
      if (!token.tagPrefix().isEmpty()) {
        json.put("tagPrefix", token.tagPrefix());
      }
      token.expires().ifPresent(end -> json.put("expires", end.toString()));
      array.add(json);
    }
    return new JsonObject().put("tokens", array).encodePrettily() + "\n";
  }
}
