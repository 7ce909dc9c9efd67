package dev.larder.server.access;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Tokens in a file: {@code {"tokens": [{"id", "name", "role", "namespaces", "tagPrefix", "sha256",
 * "created", "expires"}]}}. It is read as a whole or not at all, and replaced as a whole, so that
 * nobody ever reads half of one.
 *
 * <p>{@code namespaces} is {@code "*"} for everywhere, or an array of at least one name; {@code
 * created} and {@code expires} are times in ISO 8601; {@code tagPrefix} and {@code expires} may be
 * missing. A field that is unknown is an error, since it may be a misspelt limit. The file is for
 * its owner only, as is the lock beside it.
 */
public final class TokenFile {
  /** The largest file that is read, in bytes. */
  private static final int MOST = 8 << 20;

  /** SHA-256 in hexadecimal. */
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  /** As {@link Secret} makes them. */
  private static final Pattern ID = Pattern.compile("[0-9A-Za-z]{10}");

  private static final Set<String> FIELDS =
      Set.of("id", "name", "role", "namespaces", "tagPrefix", "sha256", "created", "expires");

  private final Path path;

  /** By what it was last seen; empty: never read. */
  private Optional<FileState> seen = Optional.empty();

  /** The tokens in that file. */
  public TokenFile(Path path) {
    this.path = path;
  }

  /** When each token was last used, to the hour, by its id, as far as a server has said so. */
  public Map<String, Instant> lastUsed() {
    return LastUsed.of(path);
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /**
   * All tokens, in the order of the file.
   *
   * <p>Used by one thread at a time, as {@link #changed}.
   *
   * @throws InvalidValueException if there is no such file, it cannot be read, or something in it
   *     is not as it must be; the message names it, and what is to be done
   */
  public List<Token> read() {
    try {
      // What is written between the two is seen as a change the next time.
      seen = FileState.of(path);
      return parsed(Files.size(path) > MOST ? tooLarge() : Files.readString(path));
    } catch (NoSuchFileException e) {
      throw new InvalidValueException(
          "no file of tokens at '%s'; 'larder token create' makes one".formatted(path));
    } catch (IOException e) {
      throw new InvalidValueException(
          "the file of tokens '%s' cannot be read: %s".formatted(path, e));
    }
  }

  /**
   * All tokens, if the file is another one than the last time it was read or asked about.
   *
   * @throws InvalidValueException as {@link #read}, once for each state of the file
   */
  Optional<List<Token>> changed() {
    Optional<FileState> now = FileState.of(path);
    if (now.equals(seen)) {
      return Optional.empty();
    }
    seen = now;
    return Optional.of(read());
  }

  /**
   * Changes the tokens. Whoever else does so at the same time waits.
   *
   * <p>The lock is of the operating system, on a file beside this one whose name ends in {@code
   * .lock}, so processes wait for each other, too.
   *
   * @param change from all tokens to all tokens; a file that is not there has none
   * @throws InvalidValueException if the file is not as it must be, or cannot be written
   */
  public void update(UnaryOperator<List<Token>> change) {
    try {
      Path directory = Objects.requireNonNull(path.toAbsolutePath().getParent());
      Files.createDirectories(directory);
      Path lock = directory.resolve(path.getFileName() + ".lock");
      try (var channel =
          FileChannel.open(
              lock,
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              PrivateFile.owner())) {
        // Held until the file is closed.
        channel.lock();
        List<Token> before = Files.exists(path) ? read() : List.of();
        PrivateFile.replace(path, json(change.apply(before)));
      }
    } catch (IOException e) {
      throw new InvalidValueException(
          "the file of tokens '%s' cannot be written: %s".formatted(path, e));
    }
  }

  /** Whether others than its owner may read the file. */
  boolean isReadByOthers() {
    try {
      Set<PosixFilePermission> given = Files.getPosixFilePermissions(path);
      return given.contains(PosixFilePermission.OTHERS_READ);
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private String tooLarge() {
    throw new InvalidValueException(
        "the file of tokens '%s' is larger than %d bytes".formatted(path, MOST));
  }

  private List<Token> parsed(String text) {
    JsonObject json;
    try {
      json = new JsonObject(text);
    } catch (DecodeException e) {
      throw wrong("is no JSON object");
    }
    if (!(json.getValue("tokens") instanceof JsonArray array)) {
      throw wrong("has no array 'tokens'");
    }
    Map<String, Token> tokens = new HashMap<>();
    var inOrder = new ArrayList<Token>();
    for (int i = 0; i < array.size(); i++) {
      Token token = token(array.getValue(i), i);
      if (tokens.put(token.id(), token) != null) {
        throw wrong("has token %s twice".formatted(token.id()));
      }
      inOrder.add(token);
    }
    return List.copyOf(inOrder);
  }

  private Token token(Object given, int index) {
    if (!(given instanceof JsonObject json)) {
      throw wrong("has something else than an object as token %d".formatted(index + 1));
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
      throw wrong("has a token %d with %s".formatted(index + 1, e.getMessage()));
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

  /** An error that names the file. */
  private InvalidValueException wrong(String why) {
    return new InvalidValueException("the file of tokens '%s' %s".formatted(path, why));
  }

  private static String json(List<Token> tokens) {
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
