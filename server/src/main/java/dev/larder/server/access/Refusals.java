package dev.larder.server.access;

import dev.larder.core.Namespace;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * Says whom the server refused, by the id of the token: each once in a while, however often.
 *
 * <p>An attack must not fill the log, and no secret may be in it: of a token that was presented
 * only the id is said. Safe for use by many threads.
 */
final class Refusals {
  /** How long the same is not said again, in ms. */
  private static final long QUIET = 10_000;

  /**
   * How many different ones are told apart.
   *
   * <p>Beyond that the oldest is forgotten, and may be said again.
   */
  private static final int MOST = 1024;

  private static final Logger LOG = System.getLogger(Refusals.class.getName());

  private final InstantSource clock;
  private final EventLog events;

  private final LongAdder unknown = new LongAdder();
  private final LongAdder forbidden = new LongAdder();

  /** When each was last said, in ms, the oldest first. */
  private final Map<String, Long> said = new LinkedHashMap<>();

  Refusals(InstantSource clock, EventLog events) {
    this.clock = clock;
    this.events = events;
  }

  /** How many there were, by why. */
  Map<String, LongAdder> counted() {
    return Map.of("unknown", unknown, "forbidden", forbidden);
  }

  /**
   * Somebody came without a token of use.
   *
   * @param id of the token that was presented; empty if there was none, or it had not the form of
   *     one
   */
  void unknown(Optional<String> id, String from) {
    unknown.increment();
    String who =
        id.map("token %s is unknown, or of no use any more"::formatted)
            .orElse("a request without a token, or with none of ours");
    say(who, Optional.empty(), id.orElse(""), from);
  }

  /**
   * A token did not suffice.
   *
   * @param id of the token
   * @param why a sentence without a secret
   */
  void forbidden(String id, String why, Optional<Namespace> namespace, String from) {
    forbidden.increment();
    say(why, namespace, id, from);
  }

  private synchronized void say(String why, Optional<Namespace> namespace, String id, String from) {
    String what = why + ", from " + from;
    long now = clock.millis();
    Long last = said.get(what);
    if (last != null && now - last < QUIET) {
      return;
    }
    said.remove(what);
    if (said.size() >= MOST) {
      said.remove(said.keySet().iterator().next());
    }
    said.put(what, now);
    LOG.log(Level.WARNING, "refused: {0}", what);
    events.add(
        Event.Kind.REFUSED, namespace, "refused: " + what, Map.of("token", id, "from", from));
  }
}
