package dev.larder.server.access;

import dev.larder.core.spi.SharedText;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * When each token was last used, to the hour, so that one that nobody needs any more can be found.
 * Kept in a text beside that of the tokens, which a server only reads. Where it cannot be written,
 * it is not kept.
 *
 * <p>{@link #used} is for many threads, {@link #save} for one. Servers with the same text add to
 * what is there.
 */
final class LastUsed {
  private static final Logger LOG = System.getLogger(LastUsed.class.getName());

  private final SharedText kept;
  private final InstantSource clock;

  /** By id, the hour, as far as it was not saved. */
  private final Map<String, Instant> unsaved = new ConcurrentHashMap<>();

  /** By id, the hour that was saved last. */
  private final Map<String, Instant> saved = new ConcurrentHashMap<>();

  private final AtomicBoolean saving = new AtomicBoolean();
  private volatile boolean failed;

  /**
   * Of the tokens beside which {@code kept} is.
   *
   * @param kept where it is noted
   */
  LastUsed(SharedText kept, InstantSource clock) {
    this.kept = kept;
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
   * Writes what is new, if anything is. What another server has written meanwhile is seen the next
   * time.
   *
   * @param known the ids of all tokens; of others nothing is kept
   */
  void save(Set<String> known) {
    Map<String, Instant> added = new HashMap<>(unsaved);
    added.keySet().retainAll(known);
    unsaved.keySet().retainAll(known);
    saved.keySet().retainAll(known);
    if (added.isEmpty() || saving.getAndSet(true)) {
      return;
    }
    var _ =
        kept.read()
            .thenCompose(before -> kept.replace(before, text(before, added, known)))
            .whenComplete((replaced, failure) -> {
              if (failure != null && !failed) {
                LOG.log(
                    Level.INFO,
                    "when tokens were last used is not kept: {0}",
                    failure.getMessage());
              }
              failed = failure != null;
              // What cannot be written is noted anew in the next hour; whoever was faster is seen.
              if (failure != null || replaced) {
                saved.putAll(added);
                added.forEach(unsaved::remove);
              }
              saving.set(false);
            });
  }

  private static String text(
      Optional<String> before, Map<String, Instant> added, Set<String> known) {
    var all = new TreeMap<>(before.map(LastUsed::parsed).orElse(Map.of()));
    all.keySet().retainAll(known);
    added.forEach((id, hour) -> all.merge(id, hour, (a, b) -> a.isAfter(b) ? a : b));
    var json = new JsonObject();
    all.forEach((id, hour) -> json.put(id, hour.toString()));
    return json.encodePrettily() + "\n";
  }

  /** By id. What nobody can read is begun anew: nothing depends on it. */
  static Map<String, Instant> parsed(String text) {
    var hours = new HashMap<String, Instant>();
    try {
      for (Map.Entry<String, Object> each : new JsonObject(text)) {
        hours.put(each.getKey(), Instant.parse(String.valueOf(each.getValue())));
      }
    } catch (DecodeException | DateTimeException e) {
      LOG.log(Level.INFO, "when tokens were last used cannot be read: {0}", e.getMessage());
    }
    return hours;
  }
}
