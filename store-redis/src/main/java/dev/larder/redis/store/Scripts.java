package dev.larder.redis.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.redis.client.Script;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The scripts that run inside the store, each from a file beside this class. The head of a file
 * says what its keys and arguments are, and what it replies.
 */
final class Scripts {
  /** Opens a history; a new one if there is none. */
  static final Script OPEN = load("open");

  /** Reads the invalidations after a point of a history. */
  static final Script SINCE = load("history", "since");

  /** Appends an invalidation to a history. */
  static final Script APPEND = load("history", "append");

  /** Keeps a snapshot in place of the invalidations before it. */
  static final Script COMPACT = load("history", "compact");

  /** Begins a history anew, under another identity. */
  static final Script BEGIN_ANEW = load("begin-anew");

  /** Deletes a history. */
  static final Script DELETE = load("delete");

  /** Records that a server is alive. */
  static final Script BEAT = load("beat");

  /** Reads what is to be told outside. */
  static final Script OUTBOX = load("outbox");

  /** Removes what was told. */
  static final Script TOLD = load("told");

  /** Makes a server the one that tells. */
  static final Script LEAD = load("lead");

  /** Reads a text that servers share. */
  static final Script TEXT = load("text");

  /** Replaces one, unless somebody else has. */
  static final Script REPLACE_TEXT = load("replace-text");

  /** Claims or renews the lease of a key. */
  static final Script CLAIM = load("claim");

  /** Takes over a lease that another server was granted. */
  static final Script ADOPT = load("adopt");

  /** Ends a lease without an entry. */
  static final Script RELEASE = load("release");

  /** Ends the lease of a key whose entry was stored. */
  static final Script STORED = load("stored");

  /** Stores an entry, unless a newer one is stored. */
  static final Script PUT = load("put");

  /** Removes an entry, unless it was replaced. */
  static final Script REMOVE_IF_STILL = load("remove-if-still");

  /** Tries the commands that the other scripts use. */
  static final Script RIGHTS = load("rights");

  /** All of them. */
  static final List<Script> ALL =
      List.of(
          OPEN,
          SINCE,
          APPEND,
          COMPACT,
          BEGIN_ANEW,
          DELETE,
          BEAT,
          OUTBOX,
          TOLD,
          LEAD,
          TEXT,
          REPLACE_TEXT,
          CLAIM,
          ADOPT,
          RELEASE,
          STORED,
          PUT,
          REMOVE_IF_STILL,
          RIGHTS);

  private Scripts() {}

  /** The script in these files, one after the other. */
  private static Script load(String... files) {
    var text = new StringBuilder();
    for (String file : files) {
      text.append(read(file));
    }
    return Script.of(text.toString());
  }

  private static String read(String name) {
    try (var file = Scripts.class.getResourceAsStream(name + ".lua")) {
      if (file == null) {
        throw new IllegalStateException("the script '%s' is missing".formatted(name));
      }
      return new String(file.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
