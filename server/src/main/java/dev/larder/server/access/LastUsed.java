package dev.larder.server.access;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When each token was last used, to the hour, so that one that nobody needs any more can be found.
 * Kept in a file beside that of the tokens, whose name ends in {@code .used}: a server only reads
 * the tokens. Where it cannot be written, it is not kept.
 *
 * <p>{@link #used} is for many threads, {@link #save} for one. Servers that are given the same file
 * add to what is there.
 */
final class LastUsed {
  private static final Logger LOG = System.getLogger(LastUsed.class.getName());

  /** The largest file that is read, in bytes. */
  private static final int MOST = 8 << 20;

  private final Path file;
  private final InstantSource clock;

  /** By id, the hour, as far as it was not saved. */
  private final Map<String, Instant> unsaved = new ConcurrentHashMap<>();

  /** By id, the hour that was saved last. */
  private final Map<String, Instant> saved = new ConcurrentHashMap<>();

  private boolean failed;

  /**
   * Of the tokens in a file.
   *
   * @param tokens that file
   */
  LastUsed(Path tokens, InstantSource clock) {
    this.file = beside(tokens);
    this.clock = clock;
  }

  /** A token is used now. */
  void used(String id) {
    Instant hour = clock.instant().truncatedTo(ChronoUnit.HOURS);
    if (!hour.equals(saved.get(id))) {
      unsaved.put(id, hour);
    }
  }

  /**
   * Writes what is new, if anything is.
   *
   * @param known the ids of all tokens; of others nothing is kept
   */
  void save(Set<String> known) {
    Map<String, Instant> added = new HashMap<>(unsaved);
    added.keySet().retainAll(known);
    unsaved.keySet().retainAll(known);
    if (added.isEmpty()) {
      return;
    }
    var json = new JsonObject();
    var all = new TreeMap<>(read(file));
    all.keySet().retainAll(known);
    added.forEach((id, hour) -> all.merge(id, hour, (a, b) -> a.isAfter(b) ? a : b));
    all.forEach((id, hour) -> json.put(id, hour.toString()));
    try {
      PrivateFile.replace(file, json.encodePrettily() + "\n");
      failed = false;
    } catch (IOException e) {
      if (!failed) {
        LOG.log(Level.INFO, "when tokens were last used cannot be kept in ''{0}'': {1}", file, e);
      }
      failed = true;
    }
    saved.keySet().retainAll(known);
    saved.putAll(added);
    added.forEach(unsaved::remove);
  }

  /** When each token of a file was last used, by its id, as far as it is known. */
  static Map<String, Instant> of(Path tokens) {
    return read(beside(tokens));
  }

  private static Path beside(Path tokens) {
    return tokens.resolveSibling(tokens.getFileName() + ".used");
  }

  /** What nobody can read is begun anew: nothing depends on it. */
  private static Map<String, Instant> read(Path file) {
    var hours = new HashMap<String, Instant>();
    try {
      if (Files.size(file) <= MOST) {
        for (Map.Entry<String, Object> each : new JsonObject(Files.readString(file))) {
          hours.put(each.getKey(), Instant.parse(String.valueOf(each.getValue())));
        }
      }
    } catch (NoSuchFileException e) {
      // No token was used yet.
    } catch (IOException | DecodeException | DateTimeException e) {
      LOG.log(Level.INFO, "''{0}'' cannot be read: {1}", file, e.getMessage());
    }
    return hours;
  }
}
