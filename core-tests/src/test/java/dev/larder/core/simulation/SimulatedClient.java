package dev.larder.core.simulation;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.HotKey;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.simulation.FleetChecker.Edit;
import dev.larder.core.simulation.FleetChecker.Generation;
import dev.larder.core.simulation.FleetSimulation.Flaw;
import dev.larder.core.simulation.FleetSimulation.Weather;
import dev.larder.core.simulation.SimulatedLink.End;
import dev.larder.core.simulation.SimulatedLink.Side;
import dev.larder.core.wire.Frame;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.testkit.ManualTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A Next.js process of the simulated fleet, as the adapter makes it behave: one connection, one
 * near cache that is refreshed by every request that reads it, generations stamped with what the
 * process knew when they began, and a fallback for everything. Its clock is wrong by seconds.
 */
final class SimulatedClient {
  private static final long PATIENCE = 3L * SimulatedServer.HEARTBEAT;
  private static final long ANSWER_WITHIN = 2_000;
  private static final long GENERATION_LIMIT = 10_000;
  private static final long[] BUDGETS = {0, 500, 3_000, 10_000, 60_000};

  private final String name;
  private final FleetSimulation fleet;
  private final ManualTime time;
  private final Random random;
  private final FleetChecker checker;
  private final MortalScheduler process;
  private final long skew;
  private final Map<Integer, Consumer<Optional<Response>>> calls = new LinkedHashMap<>();
  private final Map<Integer, CacheKey> unwanted = new HashMap<>();
  private final Set<Generation> generations = new HashSet<>();
  private final NearCache near;
  private Optional<SimulatedLink> link = Optional.empty();
  private boolean welcomed;
  private AsOf known = AsOf.NONE;
  private int lastId;
  private long heardAt;
  private int openRequests;
  private boolean settled;

  SimulatedClient(
      String name, FleetSimulation fleet, ManualTime time, Random random, FleetChecker checker) {
    this.name = name;
    this.fleet = fleet;
    this.time = time;
    this.random = random;
    this.checker = checker;
    this.process = new MortalScheduler(time);
    this.skew = random.nextInt(20_000) - 10_000L;
    this.near = new NearCache(time, fleet.flaw());
    process.after(random.nextInt(100), this::connect);
    process.after(2_000 + random.nextInt(500), this::live);
    process.after(SimulatedServer.HEARTBEAT, this::beat);
  }

  MortalScheduler process() {
    return process;
  }

  Optional<SimulatedLink> link() {
    return link;
  }

  int openRequests() {
    return openRequests;
  }

  /** Begins nothing new from now on. */
  void settle() {
    settled = true;
  }

  /** Ends the process at once: the server notices soon, or only by its silence. */
  void kill(boolean noticed) {
    process.kill();
    generations.forEach(checker::ends);
    if (noticed) {
      link.ifPresent(SimulatedLink::reset);
    } else {
      link.ifPresent(broken -> broken.silence(Set.of(Side.values())));
    }
  }

  // The connection.

  private void connect() {
    Optional<SimulatedServer> server = fleet.reachable(this);
    if (server.isEmpty()) {
      process.after(100 + random.nextInt(400), this::connect);
      return;
    }
    var opened = new SimulatedLink(time, random);
    opened.attach(Side.CLIENT, new ClientEnd(opened));
    server.orElseThrow().accept(opened);
    link = Optional.of(opened);
    welcomed = false;
    heardAt = time.millis();
    opened.send(Side.CLIENT, new Frame(++lastId, new Request.Hello(Protocol.VERSION, name, known)));
  }

  private void beat() {
    link.ifPresent(open -> {
      if (time.millis() - heardAt >= PATIENCE) {
        open.close(Side.CLIENT);
        disconnected(open);
      } else {
        open.send(Side.CLIENT, new Frame(++lastId, new Request.Ping()));
      }
    });
    process.after(SimulatedServer.HEARTBEAT, this::beat);
  }

  private final class ClientEnd implements End {
    private final SimulatedLink at;

    ClientEnd(SimulatedLink at) {
      this.at = at;
    }

    @Override
    public void received(Frame frame) {
      process.enter(() -> {
        if (link.filter(at::equals).isPresent()) {
          heardAt = time.millis();
          heard(frame.requestId(), (Response) frame.message());
        }
      });
    }

    @Override
    public void closed() {
      process.enter(() -> disconnected(at));
    }
  }

  private void disconnected(SimulatedLink from) {
    if (link.filter(from::equals).isEmpty()) {
      return;
    }
    link = Optional.empty();
    welcomed = false;
    var lost = new ArrayList<>(calls.values());
    calls.clear();
    unwanted.clear();
    lost.forEach(call -> call.accept(Optional.empty()));
    process.after(random.nextInt(200), this::connect);
  }

  private void heard(int id, Response answer) {
    switch (answer) {
      case Response.Welcome welcome -> {
        near.welcomed(welcome.asOf());
        known = welcome.asOf();
        welcomed = true;
        refresh(this::fill);
      }
      case Response.Pushed pushed -> {
        near.pushed(pushed);
        knows(new AsOf(pushed.store(), pushed.invalidation().revision()));
      }
      default -> {
        Consumer<Optional<Response>> call = calls.remove(id);
        if (call != null) {
          call.accept(Optional.of(answer));
        } else if (unwanted.containsKey(id)) {
          giveBack(unwanted.remove(id), answer);
        }
      }
    }
  }

  /** Learns what was missed; {@code done} is told whether everything is known now. */
  private void refresh(Consumer<Boolean> done) {
    call(
        new Request.Refresh(near.upTo()),
        ANSWER_WITHIN,
        answer -> {
          if (answer.orElse(null) instanceof Response.Refreshed refreshed) {
            near.refreshed(refreshed);
            knows(refreshed.asOf());
            done.accept(true);
          } else {
            done.accept(false);
          }
        });
  }

  /** Fills an empty near cache with what others read most. */
  private void fill(boolean refreshed) {
    if (!refreshed || FleetSimulation.KEYS.stream().anyMatch(near::has)) {
      return;
    }
    call(
        new Request.Hottest(2),
        ANSWER_WITHIN,
        answer -> {
          if (answer.orElse(null) instanceof Response.Keys(List<HotKey> hottest)) {
            hottest.forEach(hot -> fill(hot.key()));
          }
        });
  }

  private void fill(CacheKey key) {
    call(
        new Request.Lookup(new Lookup(key, TagSet.EMPTY, false, 0)),
        ANSWER_WITHIN,
        answer -> {
          if (answer.orElse(null) instanceof Response.Fresh(AsOf asOf, Response.Entry entry)) {
            near.keep(key, entry, asOf);
            knows(asOf);
          }
        });
  }

  /** Notes that history has come this far. */
  private void knows(AsOf asOf) {
    if (asOf.store().equals(known.store()) && asOf.revision().isAfter(known.revision())) {
      known = asOf;
    }
  }

  /** Releases a lease that arrived after its request had given up. */
  private void giveBack(CacheKey key, Response answer) {
    long lease =
        switch (answer) {
          case Response.Stale stale -> stale.lease();
          case Response.Miss miss -> miss.lease();
          default -> 0;
        };
    if (lease != 0) {
      call(new Request.Release(key, lease), ANSWER_WITHIN, released -> {});
    }
  }

  /** Asks the server; the answer is empty if none comes in time. Returns the id, 0 if not sent. */
  private int call(Request request, long within, Consumer<Optional<Response>> answered) {
    if (link.isEmpty() || !welcomed) {
      answered.accept(Optional.empty());
      return 0;
    }
    int id = ++lastId;
    calls.put(id, answered);
    link.orElseThrow().send(Side.CLIENT, new Frame(id, request));
    process.after(
        within,
        () -> {
          Consumer<Optional<Response>> call = calls.remove(id);
          if (call != null) {
            if (request instanceof Request.Lookup lookup) {
              unwanted.put(id, lookup.lookup().key());
              link.ifPresent(
                  open -> open.send(Side.CLIENT, new Frame(++lastId, new Request.Cancel(id))));
            }
            call.accept(Optional.empty());
          }
        });
    return id;
  }

  /** The copy of a key that a reader without soft tags is given. */
  Optional<CacheEntry> kept(CacheKey key) {
    return near.fresh(key, TagSet.EMPTY);
  }

  // Requests and edits.

  /** Now and then a request or an edit begins. */
  private void live() {
    if (settled) {
      return;
    }
    if (random.nextInt(8) == 0) {
      edit();
    } else if (random.nextInt(20) == 0) {
      purge();
    } else {
      request();
    }
    process.after(20 + random.nextInt(400), this::live);
  }

  private void edit() {
    List<String> tags = new ArrayList<>();
    for (String tag : FleetSimulation.ORIGIN) {
      if (random.nextInt(4) == 0) {
        tags.add(tag);
      }
    }
    if (!tags.isEmpty()) {
      long[] expire = {0, 0, 0, 2, 5, CacheLife.NEVER};
      invalidate(checker.edit(tags, expire[random.nextInt(expire.length)]));
    }
  }

  private void purge() {
    CacheKey key = FleetSimulation.KEYS.get(random.nextInt(FleetSimulation.KEYS.size()));
    fleet
        .reachable(this)
        .ifPresent(server -> server.purge(key, checker.edit(List.of(key.purgeTag()), 0)));
  }

  private void invalidate(Edit edit) {
    int id =
        call(
            new Request.Invalidate(TagSet.of(edit.versions().keySet()), edit.expire()),
            ANSWER_WITHIN,
            answer -> {
              if (answer.filter(Response.Invalidated.class::isInstance).isEmpty()) {
                process.after(500, () -> invalidate(edit));
              }
            });
    if (id != 0) {
      checker.editing(link.orElseThrow(), id, edit);
    }
  }

  private void request() {
    int page = random.nextInt(FleetSimulation.KEYS.size());
    var request =
        new PageRequest(
            FleetSimulation.KEYS.get(page),
            FleetSimulation.PATHS.get(random.nextInt(FleetSimulation.PATHS.size())));
    openRequests++;
    request.begin();
  }

  /** One request for one key, by a reader of one path. */
  private final class PageRequest {
    private final CacheKey key;
    private final String path;
    private final Map<String, Integer> promised = new TreeMap<>();
    private final Map<String, Integer> promisedNear = new TreeMap<>();

    PageRequest(CacheKey key, String path) {
      this.key = key;
      this.path = path;
      var tags = new ArrayList<>(FleetSimulation.tags(key));
      tags.add(path);
      tags.add(key.purgeTag());
      for (String tag : tags) {
        promised.put(tag, checker.promised(tag, 0));
        promisedNear.put(tag, checker.promised(tag, NearCache.LAG));
      }
      checker.count(FleetStats.Kind.REQUESTS);
    }

    void begin() {
      if (near.has(key)) {
        refresh(this::refreshed);
      } else {
        lookUp();
      }
    }

    private void refreshed(boolean known) {
      Optional<CacheEntry> entry = known ? near.fresh(key, TagSet.of(path)) : Optional.empty();
      if (entry.isEmpty()) {
        lookUp();
        return;
      }
      checker.count(FleetStats.Kind.NEAR);
      checker.given(
          name + " near", key, promisedNear, FleetSimulation.versions(entry.get().value()));
      openRequests--;
    }

    private void lookUp() {
      long budget = BUDGETS[random.nextInt(BUDGETS.length)];
      boolean calm = fleet.weather() == Weather.CALM;
      call(
          new Request.Lookup(
              new Lookup(key, TagSet.of(path), true, calm ? Lookup.MAX_WAIT : budget)),
          calm ? 2 * Lookup.MAX_WAIT : budget + ANSWER_WITHIN,
          this::lookedUp);
    }

    private void lookedUp(Optional<Response> answer) {
      switch (answer.orElse(null)) {
        case Response.Fresh(AsOf asOf, Response.Entry entry) -> {
          near.keep(key, entry, asOf);
          knows(asOf);
          given(entry);
        }
        case Response.Stale(AsOf asOf, long lease, Response.Entry entry) -> {
          given(entry);
          if (lease != 0) {
            generate(lease, () -> {});
          }
        }
        case Response.Miss(AsOf asOf, long lease) -> generate(lease, () -> openRequests--);
        case null, default -> generate(0, () -> openRequests--);
      }
    }

    private void given(Response.Entry entry) {
      checker.given(name, key, promised, FleetSimulation.versions(entry.value()));
      openRequests--;
    }

    private void generate(long lease, Runnable done) {
      var generation = new Generation(key, lease, link);
      generations.add(generation);
      checker.begins(name, generation);
      var work = new GenerationRun(generation, key, lease, done);
      work.begin();
    }
  }

  /** A generation: reads the origin bit by bit, then puts, fails, hangs or is forgotten. */
  private final class GenerationRun {
    private final Generation generation;
    private final CacheKey key;
    private final long lease;
    private final Runnable done;
    private final AsOf began = known;
    private final long beganAt = clock();
    private final Map<String, Integer> read = new TreeMap<>();
    private boolean running = true;

    GenerationRun(Generation generation, CacheKey key, long lease, Runnable done) {
      this.generation = generation;
      this.key = key;
      this.lease = lease;
      this.done = done;
    }

    void begin() {
      long takes = 20L + random.nextInt(random.nextInt(20) == 0 ? 6_000 : 600);
      for (String tag : FleetSimulation.parts(key)) {
        process.after(random.nextLong(takes), () -> read.put(tag, checker.version(tag)));
      }
      renewLater();
      int fate = random.nextInt(100);
      if (fleet.weather() == Weather.CALM || fate < 88) {
        process.after(takes, this::put);
      } else if (fate < 94) {
        process.after(takes, this::fail);
      } else if (fate < 97) {
        process.after(GENERATION_LIMIT, this::fail);
      } else {
        process.after(takes, this::end);
      }
    }

    private void renewLater() {
      if (lease != 0) {
        process.after(
            SimulatedServer.LEASE / 3,
            () -> {
              if (running) {
                call(new Request.Renew(key, lease), ANSWER_WITHIN, renewed -> {});
                renewLater();
              }
            });
      }
    }

    private void put() {
      byte[] value = FleetSimulation.value(read);
      AsOf stamp = fleet.flaw() == Flaw.CLIENT_STAMPS_AT_THE_END ? known : began;
      long[] lives = {1, 3, 20, CacheLife.NEVER, CacheLife.NEVER};
      long revalidate = lives[random.nextInt(lives.length)];
      var put =
          new Put(
              key,
              stamp,
              lease,
              TagSet.of(FleetSimulation.tags(key)),
              new CacheLife(0, revalidate, Math.min(CacheLife.NEVER, revalidate * 4)),
              clock() - beganAt,
              CacheEntry.checksum(value),
              value);
      call(new Request.Put(put), ANSWER_WITHIN, stored -> {});
      end();
    }

    private void fail() {
      if (lease != 0) {
        call(new Request.Release(key, lease), ANSWER_WITHIN, released -> {});
      }
      end();
    }

    private void end() {
      running = false;
      generations.remove(generation);
      checker.ends(generation);
      done.run();
    }
  }

  /** The time as this process has it. */
  private long clock() {
    return time.millis() + skew;
  }

  @Override
  public String toString() {
    return name;
  }
}
