package dev.larder.server.simulation;

import dev.larder.client.protocol.Call;
import dev.larder.client.protocol.Conversation;
import dev.larder.client.protocol.Event;
import dev.larder.client.protocol.History;
import dev.larder.client.protocol.Leases;
import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.HotKey;
import dev.larder.core.Identity;
import dev.larder.core.Lookup;
import dev.larder.core.Put;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Protocol;
import dev.larder.core.wire.Request;
import dev.larder.core.wire.Response;
import dev.larder.server.simulation.FleetChecker.Edit;
import dev.larder.server.simulation.FleetChecker.Generation;
import dev.larder.server.simulation.FleetSimulation.Flaw;
import dev.larder.server.simulation.FleetSimulation.Weather;
import dev.larder.server.simulation.SimulatedLink.End;
import dev.larder.server.simulation.SimulatedLink.Side;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.MortalScheduler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
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
 *
 * <p>How the parts work together. The process outlives its connections: {@link History}, its leases
 * and the {@link NearCache} belong to it, and each connection is given them. A connection carries
 * the bytes of the real conversation over a {@link SimulatedLink}; what the conversation says
 * happened goes to the near cache, or to whoever asked. A page request reads the near cache, or
 * looks the key up, and generates if it is to; a generation run is the origin read part by part,
 * while editors change it, and then a put. Requests are answered whatever happens: one without an
 * answer in its time generates alone.
 */
final class SimulatedClient {
  private static final long HANDSHAKE = 3L * SimulatedServer.HEARTBEAT;
  private static final long ANSWER_WITHIN = 2_000;
  private static final long REFRESH_AGAIN = 500;
  private static final long GENERATION_LIMIT = 10_000;
  private static final long[] BUDGETS = {0, 500, 3_000, 10_000, 60_000};

  private final String name;
  private final FleetSimulation fleet;
  private final ManualTime time;
  private final Random random;
  private final FleetChecker checker;
  private final MortalScheduler process;
  private final int version;
  private final long skew;
  private final History history = new History();
  private final Leases leases = new Leases();
  private final Set<Generation> generations = new HashSet<>();
  private final NearCache near;
  private Optional<Connection> connection = Optional.empty();
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
    this.version = Protocol.VERSION - random.nextInt(Protocol.VERSION - Protocol.OLDEST + 1);
    this.skew = random.nextInt(20_000) - 10_000L;
    this.near = new NearCache(time, fleet.flaw(), history, fleet.early());
    process.after(random.nextInt(100), this::connect);
    process.after(2_000 + random.nextInt(500), this::live);
  }

  MortalScheduler process() {
    return process;
  }

  Optional<SimulatedLink> link() {
    return connection.map(open -> open.link);
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
      link().ifPresent(SimulatedLink::reset);
    } else {
      link().ifPresent(broken -> broken.silence(Set.of(Side.values())));
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
    var carried = new Connection(opened);
    opened.attach(Side.CLIENT, carried);
    server.orElseThrow().accept(opened);
    connection = Optional.of(carried);
    carried.advance();
  }

  /** Carries the bytes of one conversation, and tells it the time. */
  private final class Connection implements End {
    private final SimulatedLink link;
    private final Conversation conversation;
    private final Map<Integer, Consumer<Optional<Response>>> calls = new LinkedHashMap<>();
    private long wakesAt = Long.MAX_VALUE;
    private boolean advancing;

    Connection(SimulatedLink link) {
      this.link = link;
      var hello = new Request.Hello(version, name, history.latest());
      var identity = new Identity(name, "", 0, "", "", "", "", "strict", "websocket");
      this.conversation = new Conversation(hello, identity, HANDSHAKE, history, leases, time);
    }

    @Override
    public void received(ByteBuffer message) {
      process.enter(() -> {
        conversation.received(message, true);
        advance();
      });
    }

    @Override
    public void closed() {
      process.enter(() -> {
        conversation.close("closed");
        advance();
      });
    }

    /** Asks something; returns the id of the request. */
    int ask(Request request, long within, Consumer<Optional<Response>> answered) {
      int id = conversation.ask(request, within).id();
      calls.put(id, answered);
      advance();
      return id;
    }

    /** Sends what is to be sent, deals with what happened, and wakes when it has to. */
    private void advance() {
      if (advancing) {
        return;
      }
      advancing = true;
      for (var event = sent().event(); event.isPresent(); event = sent().event()) {
        happened(this, event.orElseThrow());
      }
      advancing = false;
      long moment = conversation.wakeAt();
      if (moment < wakesAt) {
        wakesAt = moment;
        process.after(moment - time.millis(), this::wake);
      }
    }

    private Conversation sent() {
      for (var part = conversation.outgoing(); part.isPresent(); part = conversation.outgoing()) {
        link.send(Side.CLIENT, part.orElseThrow().bytes());
      }
      return conversation;
    }

    private void wake() {
      wakesAt = Long.MAX_VALUE;
      conversation.tick();
      advance();
    }

    private void settle(Call call, Optional<Response> answer) {
      Consumer<Optional<Response>> asker = calls.remove(call.id());
      if (asker != null) {
        asker.accept(answer);
      }
    }
  }

  private void happened(Connection at, Event event) {
    switch (event) {
      case Event.Opened opened -> {
        if (opened.lost()) {
          near.distrust();
        }
        catchUp(at);
      }
      case Event.Pushed pushed -> {
        near.pushed(pushed);
        if (!pushed.follows()) {
          catchUp(at);
        }
      }
      case Event.Refreshed refreshed -> near.refreshed(refreshed);
      case Event.Answered answered -> at.settle(answered.call(), Optional.of(answered.answer()));
      case Event.Unanswered unanswered -> at.settle(unanswered.call(), Optional.empty());
      case Event.Ended ended -> {
        at.link.close(Side.CLIENT);
        connection = Optional.empty();
        process.after(random.nextInt(200), this::connect);
      }
      case Event.LeaseLost lost -> {
        // What is generated under it is brought all the same.
      }
      case Event.Leaving leaving -> throw new AssertionError("no server of the fleet leaves");
      case Event.Complained complained -> throw new AssertionError(complained.failure().message());
    }
  }

  /** Learns what was missed, whether anybody reads or not, and fills an empty near cache. */
  private void catchUp(Connection at) {
    refresh(known -> {
      if (known) {
        fill();
      } else if (at.conversation.isOpen()) {
        process.after(REFRESH_AGAIN, () -> catchUp(at));
      }
    });
  }

  /** Learns what was missed; {@code done} is called with whether everything is known now. */
  private void refresh(Consumer<Boolean> done) {
    call(
        new Request.Refresh(history.known()),
        ANSWER_WITHIN,
        answer -> done.accept(answer.orElse(null) instanceof Response.Refreshed));
  }

  /** Fills an empty near cache with what others read most. */
  private void fill() {
    if (FleetSimulation.KEYS.stream().anyMatch(near::has)) {
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
          }
        });
  }

  /** Asks the server; the answer is empty if none comes in time. Returns the id, 0 if not sent. */
  private int call(Request request, long within, Consumer<Optional<Response>> answered) {
    Optional<Connection> open = connection.filter(at -> at.conversation.isOpen());
    if (open.isEmpty()) {
      answered.accept(Optional.empty());
    }
    return open.map(at -> at.ask(request, within, answered)).orElse(0);
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
      checker.editing(link().orElseThrow(), id, edit);
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
      Optional<CacheEntry> entry = known ? near.served(key, TagSet.of(path)) : Optional.empty();
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
          given(entry);
        }
        case Response.Stale(AsOf asOf, long lease, Response.Entry entry) -> {
          given(entry);
          if (lease != 0) {
            if (entry.age() < entry.life().revalidate() * 1_000
                && fleet.early().isDue(key, entry.life(), entry.age())) {
              checker.count(FleetStats.Kind.EARLY);
            }
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
      var generation = new Generation(key, lease, link());
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
    private final AsOf began = history.latest();
    private final long beganAt = clock();
    private final Map<String, Integer> read = new TreeMap<>();

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
      if (lease != 0) {
        connection.ifPresent(open -> open.conversation.hold(key, lease, GENERATION_LIMIT));
      }
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

    private void put() {
      byte[] value = FleetSimulation.value(read);
      AsOf stamp = fleet.flaw() == Flaw.CLIENT_STAMPS_AT_THE_END ? history.latest() : began;
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
      leases.letGo(lease);
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
