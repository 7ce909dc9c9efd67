package dev.larder.server.events;

import dev.larder.core.Namespace;
import java.util.Map;
import java.util.Optional;

/**
 * Something that happened.
 *
 * @param number greater than that of every event before it, also of those before the server was
 *     started
 * @param at when, in ms since 1970
 * @param kind what it is
 * @param namespace where; empty if it is about the whole server
 * @param sentence what happened, for people; no secret is in it
 * @param details the same for programs: texts, numbers, booleans and lists of texts, by their names
 */
public record Event(
    long number,
    long at,
    Kind kind,
    Optional<Namespace> namespace,
    String sentence,
    Map<String, Object> details) {

  /** What happens on a server. */
  public enum Kind {
    /** Tags were invalidated, or a key was purged. */
    INVALIDATION("invalidation", false),
    /** A process has connected, or was heard for the first time. */
    INSTANCE_JOINED("instance-joined", false),
    /** A process has gone, or was not heard for a while. */
    INSTANCE_LEFT("instance-left", false),
    /** No process of a build runs any more, and its entries were removed. */
    BUILD_ENDED("build-ended", false),
    /** Leases ended because their holder went away. */
    LEASES_LOST("leases-lost", false),
    /** A lease ended because its holder neither stored an entry nor renewed it in time. */
    LEASE_EXPIRED("lease-expired", false),
    /** The store cannot do what it is asked. */
    STORE_AWAY("store-away", false),
    /** The store can do it again. */
    STORE_BACK("store-back", false),
    /** Somebody was not let in, or may not do what was asked. */
    REFUSED("refused", true),
    /** Connections were ended because others waited for the memory they held. */
    CONNECTIONS_ENDED("connections-ended", true),
    /** Processes were asked to go to servers that carry less. */
    CONNECTIONS_MOVED("connections-moved", false),
    /** A CDN does not take what was invalidated; it is told again. */
    FORWARD_FAILING("forward-failing", true),
    /** It takes it again. */
    FORWARD_BACK("forward-back", true),
    /** A CDN will not be told of something that was invalidated. */
    FORWARD_DROPPED("forward-dropped", true),
    /** The server has started. */
    SERVER_STARTED("server-started", false),
    /** The server is to stop, and lets everybody go. */
    SERVER_DRAINING("server-draining", false);

    private final String label;
    private final boolean forOperators;

    Kind(String label, boolean forOperators) {
      this.label = label;
      this.forOperators = forOperators;
    }

    /** Its name on the wire and in docs. */
    public String label() {
      return label;
    }

    /** Whether only whoever runs the server may see it: it names addresses and tokens of others. */
    public boolean forOperators() {
      return forOperators;
    }
  }
}
