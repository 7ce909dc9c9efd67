package dev.larder.server.session;

import dev.larder.core.AsOf;
import dev.larder.core.CacheKey;
import dev.larder.core.Identity;
import dev.larder.core.InvalidationSource;
import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Namespace;
import dev.larder.core.PathReads;
import dev.larder.core.Report;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import dev.larder.server.metrics.hot.Hottest;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * The processes that talk to one namespace, as far as they say who they are, and what they report.
 * Safe for use by many threads.
 *
 * <p>What is here is what processes say of themselves: for people who look at them, never for a
 * decision about what is fresh. Everything is bounded and lost with the process; over a shared
 * store each server knows the processes that talk to it.
 *
 * <p>How a process is followed. It {@linkplain #join joins} with its connection, or with each of
 * its batches, as a {@link Member}; that it has come is told once it has said who it is, or speaks
 * a version that cannot say it. One that keeps a connection is here until that ends. One that sends
 * batches has none: it is known by the name of its instance, takes over what was known under that
 * name, and is gone when it was not heard for a while.
 *
 * <p>What comes with a report is kept in three forms. Numbers are added up for the whole server's
 * life (near hits, time saved) and by build, so that a deployment can be compared with what it
 * replaced. What a path was made of when it was rendered last is kept by path, the latest of them:
 * from this {@code explain} knows the keys of a page. Which paths are read most is counted in a
 * sketch, of which a new instance is warmed up. The last report of each process stays with it.
 *
 * <p>Locks: one for those without a connection, one for renders; everything else is concurrent.
 */
public final class Fleet {
  /** How long a process without a connection is listed after it was last heard, in ms. */
  private static final long ABSENCE = Duration.ofMinutes(2).toMillis();

  /** The most processes without a connection that are listed. */
  private static final int MAX_DETACHED = 1_000;

  /** The most paths, and the most keys of all of them, whose renders are remembered. */
  private static final int MAX_PATHS = 4_096;

  private static final int MAX_KEYS = 65_536;

  /** The size of the sketch of paths: three quarters of it are counted at a time. */
  private static final int COUNTED_PATHS = 2_048;

  /** How often a path must have been read to be named: what was read once is for one reader. */
  private static final int NAMED_FROM = 2;

  /** How often a process reports; docs/protocol.md says so. */
  private static final long REPORTS_PER_MINUTE = 6;

  private final Set<Member> connected = ConcurrentHashMap.newKeySet();

  /** By instance, in the order they were last heard. */
  private final Map<String, Member> detached = new LinkedHashMap<>();

  /** By path, the one rendered last at the end. */
  private final Map<String, Rendered> renders = new LinkedHashMap<>();

  private int renderedKeys;

  private final Hottest<String> paths = new Hottest<>(COUNTED_PATHS);

  private final ReportedBuilds builds = new ReportedBuilds();
  private final LongAdder nearLookups = new LongAdder();
  private final LongAdder bypassed = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder savedMillis = new LongAdder();

  private final Namespace namespace;
  private final EventLog events;

  /**
   * A fleet of nobody.
   *
   * @param events is told who comes and goes
   */
  public Fleet(Namespace namespace, EventLog events) {
    this.namespace = namespace;
    this.events = events;
  }

  /**
   * What a path was made of.
   *
   * @param keys what was read for it
   * @param instance which process rendered it
   * @param at when that was reported, in ms since the epoch
   */
  public record Rendered(List<CacheKey> keys, String instance, long at) {}

  /**
   * A process joins: over a connection, until it {@linkplain Member#left leaves}; or in a batch.
   */
  public Member join(Via via) {
    var member = new Member(via);
    if (via == Via.CONNECTION) {
      connected.add(member);
    }
    return member;
  }

  /**
   * Everybody who is connected, or was heard lately.
   *
   * <p>First those with a connection, in no order, then those without, in the order they were last
   * heard.
   */
  public List<Member> members() {
    long now = System.currentTimeMillis();
    synchronized (detached) {
      detached
          .values()
          .removeIf(member -> {
            boolean absent = now - member.heardAt > ABSENCE;
            if (absent) {
              member.tellLeft("was not heard for two minutes");
            }
            return absent;
          });
      return Stream.of(connected, detached.values()).flatMap(Collection::stream).toList();
    }
  }

  /** How many lookups its processes served from their near caches, as far as they report it. */
  public long nearLookups() {
    return nearLookups.sum();
  }

  /** How many lookups could not be asked of any server, as far as processes report it. */
  public long bypassed() {
    return bypassed.sum();
  }

  /** How many lookups a server answered with an error, as far as processes report it. */
  public long failed() {
    return failed.sum();
  }

  /**
   * How long the generations took whose results were served, in ms, counted at each use: here, and
   * in near caches as far as processes report it.
   */
  public long savedMillis() {
    return savedMillis.sum();
  }

  /** How the lookups of a build's processes ended, if any has reported since the server started. */
  public Optional<Report.Lookups> lookups(String build) {
    return builds.lookups(build);
  }

  /**
   * What a path was made of when it was last rendered, if that was reported.
   *
   * @param path as the framework names it, such as {@code /products/42}
   */
  public Optional<Rendered> rendered(String path) {
    synchronized (renders) {
      return Optional.ofNullable(renders.get(path));
    }
  }

  /** Of these keys, those of which it is known, the path for which each was last read. */
  public Map<CacheKey, String> paths(Set<CacheKey> keys) {
    var paths = new HashMap<CacheKey, String>();
    synchronized (renders) {
      renders.forEach((path, rendered) ->
          rendered.keys().stream().filter(keys::contains).forEach(key -> paths.put(key, path)));
    }
    return paths;
  }

  /**
   * How often keys are read a minute in near caches, as far as processes reported that last: of
   * each its hottest keys.
   *
   * @return empty if no process reports
   */
  public Optional<Map<CacheKey, Long>> readsPerMinute() {
    List<Report> reports =
        members().stream().map(Member::lastReport).flatMap(Optional::stream).toList();
    if (reports.isEmpty()) {
      return Optional.empty();
    }
    var reads = new HashMap<CacheKey, Long>();
    reports.stream()
        .flatMap(report -> report.hottest().stream())
        .forEach(hot -> reads.merge(hot.key(), hot.count() * REPORTS_PER_MINUTE, Long::sum));
    return Optional.of(reads);
  }

  /**
   * The paths that were read most in the last ten to twenty minutes, as far as processes say it,
   * the one that was read most first. One that was read once is not among them.
   *
   * @param most how many at most
   */
  public List<PathReads> hottestPaths(int most) {
    return paths.counts().entrySet().stream()
        .filter(path -> path.getValue() >= NAMED_FROM)
        .map(path -> new PathReads(path.getKey(), path.getValue()))
        .sorted(
            Comparator.comparingLong(PathReads::count).reversed().thenComparing(PathReads::path))
        .limit(most)
        .toList();
  }

  /** What was rendered longest ago is forgotten first. */
  private void rendered(Report.Render render, String instance) {
    synchronized (renders) {
      forget(render.path());
      renders.put(render.path(), new Rendered(render.keys(), instance, System.currentTimeMillis()));
      renderedKeys += render.keys().size();
      while (renders.size() > MAX_PATHS || renderedKeys > MAX_KEYS) {
        forget(renders.keySet().iterator().next());
      }
    }
  }

  private void forget(String path) {
    Rendered before = renders.remove(path);
    renderedKeys -= before == null ? 0 : before.keys().size();
  }

  /** Lists a process without a connection, in place of what it sent before. */
  private void detach(Member member) {
    String instance = member.identity.instance();
    synchronized (detached) {
      Member before = detached.remove(instance);
      if (before == null) {
        member.tellJoined();
      } else {
        member.takeOver(before);
      }
      detached.put(instance, member);
      if (detached.size() > MAX_DETACHED) {
        detached.remove(detached.keySet().iterator().next());
      }
    }
  }

  /** One process, for as long as its connection, or what it sent over HTTP, lasts. */
  public final class Member {
    private final Via via;
    private volatile long since = System.currentTimeMillis();
    private volatile long heardAt = since;
    private volatile int version;
    private volatile Identity identity = Identity.NONE;
    private volatile Optional<Report> lastReport = Optional.empty();
    private volatile AsOf known = AsOf.NONE;

    /** How it goes, as the end of a sentence. */
    private volatile String parting = "has gone";

    /** Whether it was told that it has come. */
    private volatile boolean told;

    private Member(Via via) {
      this.via = via;
    }

    /** It speaks that version of the protocol, calls itself so, and knew so much. */
    void greeted(int speaks, String client, AsOf knew) {
      version = speaks;
      known = knew;
      if (identity.instance().isEmpty()) {
        identity = new Identity("", "", 0, client, "", "", "", "", "");
      }
      if (speaks == 1) {
        // It will not say more of itself.
        tellJoined();
      }
    }

    /** It says who it is. */
    void identified(Identity says) {
      identity = says;
      heardAt = System.currentTimeMillis();
      if (via == Via.CONNECTION) {
        tellJoined();
      } else if (!says.instance().isEmpty()) {
        detach(this);
      }
    }

    /** It says what only it knows. */
    void reported(Report report) {
      lastReport = Optional.of(report);
      known = report.known();
      builds.add(identity.build(), report.lookups());
      nearLookups.add(report.lookups().near());
      bypassed.add(report.lookups().bypass());
      failed.add(report.lookups().failed());
      savedMillis.add(report.saved());
      heardAt = System.currentTimeMillis();
      report.renders().forEach(render -> rendered(render, identity.instance()));
    }

    /** It says which paths it was asked for most, and how often, since it said so before. */
    void read(List<PathReads> reads) {
      heardAt = System.currentTimeMillis();
      reads.forEach(read -> paths.add(read.path(), read.count()));
    }

    /** It is given a result whose generation took so long, in ms. */
    void served(long generation) {
      if (generation > 0) {
        savedMillis.add(generation);
      }
    }

    /** It says nothing any more, and its connection is to be closed for that. */
    void unheard() {
      parting =
          "was not heard for %d heartbeats: it is frozen, or cannot be reached"
              .formatted(Liveness.PATIENCE);
    }

    /**
     * Its connection is closed.
     *
     * @param leases how many it held, which pass on to whoever waits
     */
    void left(int leases) {
      if (!connected.remove(this)) {
        return;
      }
      tellLeft(parting);
      if (leases > 0) {
        events.add(
            Event.Kind.LEASES_LOST,
            namespace,
            "%s went away with %d lease%s; whoever waits for what it generated goes on"
                .formatted(name(), leases, leases == 1 ? "" : "s"),
            Map.of("instance", identity.instance(), "leases", leases));
      }
    }

    private void tellJoined() {
      if (told || (via == Via.CONNECTION && !connected.contains(this))) {
        return;
      }
      told = true;
      events.add(
          Event.Kind.INSTANCE_JOINED,
          namespace,
          "%s has come (%s%s)"
              .formatted(
                  name(),
                  via == Via.CONNECTION ? "connected" : "heard over HTTP",
                  identity.build().isEmpty() ? "" : ", build " + identity.build()),
          who());
    }

    private void tellLeft(String how) {
      if (told) {
        told = false;
        events.add(Event.Kind.INSTANCE_LEFT, namespace, "%s %s".formatted(name(), how), who());
      }
    }

    private String name() {
      String instance = identity.instance();
      if (instance.isEmpty()) {
        return identity.client().isEmpty() ? "a client" : identity.client();
      }
      return "instance %s on %s".formatted(instance, identity.host());
    }

    private Map<String, Object> who() {
      return Map.of(
          "instance", identity.instance(),
          "host", identity.host(),
          "client", identity.client(),
          "framework", identity.framework(),
          "build", identity.build(),
          "via", via.label());
    }

    /** A process that sends one batch after the other is one process. */
    private void takeOver(Member before) {
      since = before.since;
      told = before.told;
      if (lastReport.isEmpty()) {
        lastReport = before.lastReport;
        known = before.known;
      }
    }

    /** Who makes an invalidation that it sends. */
    InvalidationSource sourceOf(InvalidationSource says) {
      return says.from(identity.instance()).via(via);
    }

    /** How it talks to the server. */
    public Via via() {
      return via;
    }

    /** Since when it is known, in ms since the epoch. */
    public long since() {
      return since;
    }

    /** When it last said something of itself, in ms since the epoch. */
    public long heardAt() {
      return heardAt;
    }

    /** The version of the protocol it speaks; one of version 1 does not report. */
    public int version() {
      return version;
    }

    /** Who it is. */
    public Identity identity() {
      return identity;
    }

    /** What it last reported; empty if it does not report, or has not yet. */
    public Optional<Report> lastReport() {
      return lastReport;
    }

    /** The newest point of history it said it knows. */
    public AsOf known() {
      return known;
    }
  }
}
