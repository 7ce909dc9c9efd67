package dev.larder.server.simulation;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Invalidation;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.StoreIdentity;
import dev.larder.testkit.Entries;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Who sees everything in the simulated fleet: the truth of the origin, every edit and what its
 * acknowledgement promises, every generation under way. It notes the first promise that is broken.
 *
 * <p>How the parts work together. An edit changes the origin at once ({@link #edit}); once its
 * invalidation is {@linkplain #acknowledged acknowledged} it becomes a promise: the oldest version
 * of a tag that a request may still be given which begins from then on. A request asks what is
 * {@linkplain #promised promised} when it begins, and {@link #given} compares that with what it was
 * given.
 *
 * <p>Leases are seen where the server sends them ({@link #granted}), a moment after they took
 * effect: so a lease is remembered with the earliest moment at which it can have been granted.
 * Generations of one key may overlap only if one of them is {@linkplain #excused excused}, because
 * the server can have given its lease to somebody else. Every excuse is a reason that the protocol
 * names; one too many, and the checker finds less than there is.
 *
 * <p>Lookups are seen where they reach a session and where they leave it, so that {@link #check}
 * can tell between any two steps which are overdue, and which wait for what is of no use to them.
 */
final class FleetChecker {
  /** How much later than granted the checker may learn of a lease, in ms. */
  private static final long MARGIN = 200;

  /** How much longer than its budget a lookup may take for the store's sake, in ms. */
  private static final long SLACK = 2_000;

  /**
   * How long all that a lookup waits for may be of no use to it, in ms: frames are on their way.
   */
  private static final long FUTILE = 2_000;

  private static final int SHOWN_STEPS = 80;

  private final InstantSource time;
  private final boolean calm;
  private final Supplier<Stream<AsOf>> servers;
  private final Map<String, Integer> origin = new HashMap<>();
  private final Map<String, List<Promise>> promises = new HashMap<>();
  private final Map<Asked, Edit> edits = new HashMap<>();
  private final Map<StoreIdentity, Long> acknowledged = new HashMap<>();
  private final Map<Long, Lease> leases = new HashMap<>();

  /**
   * When somebody without its lease last brought an entry of a key, by the revision of that entry:
   * it ended the leases granted by then.
   */
  private final Map<CacheKey, NavigableMap<Long, Long>> strangers = new HashMap<>();

  private long stoodFrom = Long.MIN_VALUE / 2;
  private long stoodUntil = Long.MIN_VALUE / 2;
  private final Set<Generation> generations = new LinkedHashSet<>();
  private final Map<Asked, Waiting> unanswered = new LinkedHashMap<>();

  /** Since when lookups wait for what is of no use to them. */
  private final Map<Asked, Long> futile = new HashMap<>();

  /** What was invalidated, by tag. */
  private final Map<String, Map<AsOf, Effect>> effects = new HashMap<>();

  private final Queue<String> steps = new ArrayDeque<>();
  private Optional<String> violation = Optional.empty();
  private final Map<FleetStats.Kind, Integer> counts = new EnumMap<>(FleetStats.Kind.class);

  /**
   * A checker of a fleet to which nothing has happened yet.
   *
   * @param calm whether every generation ends with its put, so that nobody waits in vain
   * @param servers what each server that is alive knows
   */
  FleetChecker(InstantSource time, boolean calm, Supplier<Stream<AsOf>> servers) {
    this.time = time;
    this.calm = calm;
    this.servers = servers;
  }

  /** Entries of a tag are at least of this version for whoever begins from that moment on. */
  private record Promise(long from, boolean soft, int version) {}

  /** A request by its connection or session, and id. */
  private record Asked(Object at, int id) {}

  /**
   * A lease the server granted or renewed at that moment, and that no entry has ended since.
   *
   * @param asOf the revision it was granted at, or an earlier one
   * @param granted the moment it was granted, or an earlier one
   */
  private record Lease(CacheKey key, SimulatedLink link, long asOf, long granted, long since) {}

  /** When an invalidation took effect on the first server and on the last, and its deadline. */
  private record Effect(AsOf asOf, long first, long last, long deadline) {}

  /** A lookup that is not answered yet, and until when it has to be. */
  private record Waiting(Lookup lookup, long deadline) {}

  /**
   * A change of the origin, and how its entries are invalidated.
   *
   * @param versions the new versions
   * @param expire in how many seconds what is older expires
   */
  record Edit(Map<String, Integer> versions, long expire) {}

  /** A generation under way. */
  static final class Generation {
    private final CacheKey key;
    private final long lease;
    private final Optional<SimulatedLink> link;
    private long began;
    private boolean excused;

    Generation(CacheKey key, long lease, Optional<SimulatedLink> link) {
      this.key = key;
      this.lease = lease;
      this.link = link;
      this.excused = lease == 0;
    }
  }

  void tell(String what) {
    steps.add(time.millis() + " ms: " + what);
    if (steps.size() > SHOWN_STEPS) {
      steps.remove();
    }
  }

  /** What was broken, with what happened before; empty if nothing was. */
  Optional<String> violation() {
    return violation;
  }

  FleetStats stats() {
    return new FleetStats(Map.copyOf(counts));
  }

  void count(FleetStats.Kind kind) {
    counts.merge(kind, 1, Integer::sum);
  }

  // The origin and its edits.

  int version(String tag) {
    return origin.getOrDefault(tag, 0);
  }

  Edit edit(Collection<String> tags, long expire) {
    Map<String, Integer> versions = new LinkedHashMap<>();
    tags.forEach(tag -> versions.put(tag, origin.merge(tag, 1, Integer::sum)));
    return new Edit(versions, expire);
  }

  void editing(SimulatedLink link, int id, Edit edit) {
    edits.put(new Asked(link, id), edit);
  }

  void acknowledged(SimulatedLink link, int id, AsOf asOf) {
    acknowledged(
        edits.getOrDefault(new Asked(link, id), new Edit(Map.of(), CacheLife.NEVER)), asOf);
  }

  void acknowledged(Edit edit, AsOf asOf) {
    tell("acknowledged as of %s: %s".formatted(asOf.revision(), edit));
    count(FleetStats.Kind.EDITS);
    acknowledged.merge(asOf.store(), asOf.revision().number(), Math::max);
    if (edit.expire() < CacheLife.NEVER) {
      long from = time.millis() + edit.expire() * 1000;
      edit.versions()
          .forEach((tag, version) -> promise(tag, new Promise(from, edit.expire() > 0, version)));
    }
  }

  /** Remembers a promise, and forgets those that promise less and no sooner. */
  private void promise(String tag, Promise made) {
    List<Promise> ofTag = promises.computeIfAbsent(tag, t -> new ArrayList<>());
    ofTag.removeIf(other ->
        other.version() <= made.version()
            && other.from() >= made.from()
            && (other.soft() || !made.soft()));
    ofTag.removeIf(
        other -> other.version() < made.version() && !made.soft() && other.from() <= made.from());
    ofTag.add(made);
  }

  /**
   * The oldest version of a tag that may be given to a request that begins now.
   *
   * @param lag how late soft deadlines may pass
   */
  int promised(String tag, long lag) {
    return promises.getOrDefault(tag, List.of()).stream()
        .filter(promise -> promise.from() + (promise.soft() ? lag : 0) <= time.millis())
        .mapToInt(Promise::version)
        .max()
        .orElse(0);
  }

  /** A request that was promised these versions was given those. */
  void given(String to, CacheKey key, Map<String, Integer> promised, Map<String, Integer> given) {
    count(FleetStats.Kind.GIVEN);
    promised.forEach((tag, version) -> {
      if (given.getOrDefault(tag, 0) < version) {
        violated(
            "%s was given %s with %s of version %d; it was promised %d"
                .formatted(to, Entries.name(key), tag, given.getOrDefault(tag, 0), version));
      }
    });
  }

  // The server and its store.

  void opened(AsOf asOf) {
    tell("a server opens as of " + asOf);
    long promised = acknowledged.getOrDefault(asOf.store(), 0L);
    if (asOf.revision().number() < promised) {
      violated("revision %d was acknowledged, and is lost".formatted(promised));
    }
  }

  /** A server died with the connections it had, and what was asked at its sessions. */
  void serverDied(Set<SimulatedLink> links, Collection<?> sessions) {
    tell("a server dies");
    count(FleetStats.Kind.CRASHES);
    unanswered.keySet().removeIf(asked -> sessions.contains(asked.at()));
    leases.values().removeIf(lease -> links.contains(lease.link()));
    generations.stream()
        .filter(generation -> generation.link.filter(links::contains).isPresent())
        .forEach(generation -> generation.excused = true);
  }

  void serverPaused(long millis) {
    tell("the server stands still for %d ms".formatted(millis));
    if (time.millis() - MARGIN > stoodUntil) {
      stoodFrom = time.millis();
    }
    stoodUntil = Math.max(stoodUntil, time.millis() + millis);
    unanswered.replaceAll(
        (asked, waiting) -> new Waiting(waiting.lookup(), waiting.deadline() + millis));
  }

  /** An invalidation has taken effect on a server. */
  void happened(StoreIdentity store, Invalidation invalidation) {
    var asOf = new AsOf(store, invalidation.revision());
    for (String tag : invalidation.tags()) {
      effects
          .computeIfAbsent(tag, t -> new HashMap<>())
          .merge(
              asOf,
              new Effect(asOf, time.millis(), time.millis(), invalidation.expiresAt()),
              (before, again) -> new Effect(asOf, before.first(), again.last(), before.deadline()));
    }
  }

  /** What invalidated one of these tags and has a deadline that is not after that. */
  private Stream<Effect> effects(Stream<String> tags, long deadline) {
    return tags.flatMap(tag -> effects.getOrDefault(tag, Map.of()).values().stream())
        .filter(effect -> effect.deadline() <= deadline);
  }

  void asked(Object session, int id, Lookup lookup) {
    long deadline = time.millis() + lookup.waitBudget() + SLACK;
    unanswered.put(new Asked(session, id), new Waiting(lookup, deadline));
  }

  void answered(Object session, int id) {
    unanswered.remove(new Asked(session, id));
  }

  // Generations and their leases.

  /** A lookup that began at that revision was given a lease, unless it is 0. */
  long granted(SimulatedLink link, CacheKey key, long asOf, long lease) {
    if (lease != 0) {
      // A server that stood still granted the lease before, and answers only now.
      boolean stood = time.millis() - MARGIN <= stoodUntil;
      long earliest = (stood ? stoodFrom : time.millis()) - MARGIN;
      boolean mayHaveEnded =
          strangers.getOrDefault(key, new TreeMap<>()).tailMap(asOf).values().stream()
              .anyMatch(brought -> brought >= earliest);
      if (!mayHaveEnded) {
        leases.put(lease, new Lease(key, link, asOf, earliest, earliest));
      }
      tell(
          "lease "
              + Long.toHexString(lease)
              + " of "
              + Entries.name(key)
              + (mayHaveEnded ? ", if it has not ended" : ""));
    }
    return lease;
  }

  /** A lease was asked to last as long again from that moment on. */
  void renewed(long lease, boolean held, long asked) {
    if (held) {
      leases.computeIfPresent(
          lease,
          (l, before) ->
              new Lease(before.key(), before.link(), before.asOf(), before.granted(), asked));
    }
  }

  /** What became of a put that came over this connection. */
  void stored(SimulatedLink link, Put put, PutOutcome outcome) {
    tell(
        "put "
            + Entries.name(put.key())
            + " as of "
            + put.asOf().revision()
            + " under lease "
            + Long.toHexString(put.lease())
            + ": "
            + outcome);
    if (outcome == PutOutcome.STORED) {
      long made = put.asOf().revision().number();
      Lease own = leases.get(put.lease());
      // One that is outdated may have been granted to somebody else in its place.
      if (own == null
          || !own.link().equals(link)
          || !link.healthy()
          || runOut(own)
          || outdated(own)) {
        strangers.computeIfAbsent(put.key(), key -> new TreeMap<>()).put(made, time.millis());
      }
      leases
          .entrySet()
          .removeIf(held ->
              held.getKey() != put.lease()
                  && held.getValue().key().equals(put.key())
                  && held.getValue().asOf() <= made);
    }
  }

  void begins(String where, Generation generation) {
    generation.began = time.millis();
    generations.add(generation);
    count(FleetStats.Kind.GENERATIONS);
    if (generation.lease == 0) {
      count(FleetStats.Kind.ALONE);
    }
    generations.forEach(other -> other.excused |= excused(other));
    tell(
        where
            + " generates "
            + Entries.name(generation.key)
            + (generation.excused ? " alone" : ""));
    long leading =
        generations.stream()
            .filter(other -> !other.excused && other.key.equals(generation.key))
            .count();
    if (leading > 1) {
      violated("%d generate %s at once".formatted(leading, Entries.name(generation.key)));
    }
  }

  void ends(Generation generation) {
    generations.remove(generation);
  }

  /** True if the server can have given the lease of this generation to somebody else. */
  private boolean excused(Generation generation) {
    Lease lease = leases.get(generation.lease);
    return lease == null
        // In calm weather whoever generates renews its lease in time.
        || (!calm && runOut(lease))
        || outdated(lease)
        || generation.link.filter(SimulatedLink::healthy).isEmpty();
  }

  /** True if somebody may need what is generated after an invalidation since the grant. */
  private boolean outdated(Lease lease) {
    Stream<String> tags = FleetSimulation.tags(lease.key()).stream();
    Stream<String> others =
        Stream.concat(FleetSimulation.PATHS.stream(), Stream.of(lease.key().purgeTag()));
    return effects(Stream.concat(tags, others), time.millis())
        .anyMatch(effect -> effect.last() >= lease.granted() || !knownToAll(effect));
  }

  /** False while a server may still grant leases as if it had not happened. */
  private boolean knownToAll(Effect effect) {
    return servers
        .get()
        .filter(server -> server.store().equals(effect.asOf().store()))
        .noneMatch(server -> effect.asOf().revision().isAfter(server.revision()));
  }

  private boolean runOut(Lease lease) {
    return time.millis() >= lease.since() + SimulatedServer.LEASE - MARGIN;
  }

  /** What has to hold between any two steps. */
  void check() {
    long now = time.millis();
    if (unanswered.values().stream().anyMatch(waiting -> waiting.deadline() < now)) {
      violated("a lookup was not answered within its budget");
    } else if (calm) {
      unanswered.forEach((asked, waiting) -> {
        if (!futile(waiting)) {
          futile.remove(asked);
        } else if (futile.computeIfAbsent(asked, first -> now) + FUTILE < now) {
          violated("a lookup waits for a generation that is of no use to it");
        }
      });
      futile.keySet().retainAll(unanswered.keySet());
    }
  }

  /** True if all that somebody waits for began before what expires it for this reader. */
  private boolean futile(Waiting waiting) {
    Lookup lookup = waiting.lookup();
    long useful =
        effects(lookup.softTags().names().stream(), Invalidation.NOW)
            .mapToLong(Effect::first)
            .max()
            .orElse(Long.MIN_VALUE);
    List<Generation> waitedFor =
        generations.stream().filter(running -> running.key.equals(lookup.key())).toList();
    return !waitedFor.isEmpty() && waitedFor.stream().allMatch(running -> running.began < useful);
  }

  /** What a process serves of a key has to be what is stored. */
  void kept(Object by, CacheKey key, CacheEntry copy, CacheEntry stored) {
    if (!Entries.text(copy).equals(Entries.text(stored))) {
      violated(
          "%s keeps %s of %s, and %s is stored"
              .formatted(by, Entries.text(copy), Entries.name(key), Entries.text(stored)));
    }
  }

  /** What has to hold once everybody has come to rest. */
  void checkAtRest(int openRequests, int held, int waiting) {
    if (openRequests > 0) {
      violated("%d requests never ended".formatted(openRequests));
    }
    if (held + waiting > 0) {
      violated("%d leases and %d waits are left".formatted(held, waiting));
    }
  }

  private void violated(String what) {
    if (violation.isEmpty()) {
      tell("VIOLATED: " + what);
      violation =
          Optional.of(what + System.lineSeparator() + String.join(System.lineSeparator(), steps));
    }
  }
}
