package dev.larder.core.simulation;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Invalidation;
import dev.larder.core.Lookup;
import dev.larder.core.LookupOutcome;
import dev.larder.core.Put;
import dev.larder.core.Refreshed;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Caller;
import dev.larder.core.engine.Limits;
import dev.larder.core.simulation.FleetChecker.Edit;
import dev.larder.core.simulation.FleetSimulation.Flaw;
import dev.larder.core.simulation.SimulatedLink.End;
import dev.larder.core.simulation.SimulatedLink.Side;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.core.wire.ErrorCode;
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
import java.util.Random;
import java.util.Set;

/**
 * A server process of the simulated fleet: the real engine, and sessions as the real server has.
 */
final class SimulatedServer {
  static final int HEARTBEAT = 1_000;
  static final int LEASE = 3_000;
  private static final int PATIENCE = 3;
  private static final int PULSE = 500;

  private final ManualTime time;
  private final Random random;
  private final FleetChecker checker;
  private final Flaw flaw;
  private final MortalScheduler process;
  private final Cache cache;
  private final Map<SimulatedLink, Session> sessions = new LinkedHashMap<>();

  /** Every connection and session there ever was, for the checker. */
  private final Set<SimulatedLink> links = new HashSet<>();

  private final Set<Session> everybody = new HashSet<>();
  private Runnable death = () -> {};

  SimulatedServer(
      ManualTime time,
      Random random,
      FleetChecker checker,
      FleetSimulation.Weather weather,
      Flaw flaw,
      NamespaceStore store,
      Limits limits) {
    this.time = time;
    this.random = random;
    this.checker = checker;
    this.flaw = flaw;
    this.process = new MortalScheduler(time);
    var slow = new SlowStore(store, time, process, random, weather != FleetSimulation.Weather.CALM);
    this.cache = Cache.over(slow.opened(), process, random, limits);
    checker.opened(cache.asOf());
    cache.subscribe(invalidation -> checker.happened(cache.asOf().store(), invalidation));
    if (store.leases().shared()) {
      pulse();
    }
  }

  /** Small ones; at times so small that a refresh cannot list what was missed. */
  static Limits limits(Random random) {
    int maxListed = random.nextBoolean() ? Limits.MAX_LISTED : 1 + random.nextInt(2);
    return new Limits(TagSet.MAX_TAGS, LEASE, 1_000, maxListed);
  }

  /** Learns now and then what other servers appended, whether anybody asks or not. */
  private void pulse() {
    process.after(
        PULSE,
        () -> {
          cache.catchUp();
          pulse();
        });
  }

  boolean alive() {
    return process.alive();
  }

  Cache cache() {
    return cache;
  }

  /** Runs {@code told} when the process dies. */
  void onDeath(Runnable told) {
    death = told;
  }

  /** Ends the process at once: its clients notice soon, or only by its silence. */
  void kill(boolean noticed) {
    process.kill();
    death.run();
    for (SimulatedLink link : sessions.keySet()) {
      if (noticed) {
        link.reset();
      } else {
        link.silence(Set.of(Side.values()));
      }
    }
    checker.serverDied(links, everybody);
  }

  /** Lets the process stand still for so long. */
  void pause(long millis) {
    if (process.pause(millis)) {
      checker.serverPaused(millis);
    }
  }

  /** An operator purges a key, because what it alone is generated from was edited. */
  void purge(CacheKey key, Edit edit) {
    process.enter(() -> cache.purge(key).thenAccept(asOf -> checker.acknowledged(edit, asOf)));
  }

  /** Somebody purges a key that nobody reads. */
  void evict(CacheKey key) {
    process.enter(() -> cache.purge(key));
  }

  void accept(SimulatedLink link) {
    var session = new Session(link);
    sessions.put(link, session);
    links.add(link);
    everybody.add(session);
    link.attach(Side.SERVER, session);
    session.listen();
  }

  private final class Session implements End {
    private final SimulatedLink link;
    private final Caller caller = new Caller();
    private final Map<Integer, Cache.Pending> waiting = new HashMap<>();
    private final List<Runnable> unsubscribe = new ArrayList<>();
    private Revision told = Revision.ZERO;
    private boolean heard = true;
    private boolean open = true;
    private int silent;

    Session(SimulatedLink link) {
      this.link = link;
    }

    @Override
    public void received(Frame frame) {
      process.enter(() -> {
        heard = true;
        answer(frame.requestId(), (Request) frame.message());
      });
    }

    @Override
    public void closed() {
      process.enter(this::end);
    }

    /** Ends the session of a client that was silent for too long. */
    void listen() {
      silent = heard ? 0 : silent + 1;
      heard = false;
      if (silent >= PATIENCE) {
        link.close(Side.SERVER);
        end();
      } else if (open) {
        process.after(HEARTBEAT, this::listen);
      }
    }

    private void end() {
      if (open) {
        open = false;
        sessions.remove(link);
        unsubscribe.forEach(Runnable::run);
        cache.leases().close(caller);
      }
    }

    private void answer(int id, Request request) {
      switch (request) {
        case Request.Hello hello -> cache.catchUp().whenComplete((current, failure) -> welcome(id));
        case Request.Lookup(Lookup lookup) -> lookup(id, lookup);
        case Request.Put(Put put) ->
            cache
                .put(put)
                .thenAccept(outcome -> {
                  checker.stored(link, put, outcome);
                  send(id, new Response.Stored(outcome));
                });
        case Request.Release(CacheKey key, long lease) ->
            cache
                .release(key, lease)
                .thenAccept(released -> send(id, new Response.Released(released)));
        case Request.Renew(CacheKey key, long lease) -> {
          long asked = time.millis();
          cache
              .renew(key, lease, caller)
              .thenAccept(held -> {
                checker.renewed(lease, held, asked);
                send(id, new Response.Renewed(held));
              });
        }
        case Request.Invalidate(TagSet tags, long expire) -> invalidate(id, tags, expire);
        case Request.Refresh(AsOf known) -> refresh(id, known);
        case Request.Cancel(int lookup) -> {
          Cache.Pending pending = waiting.get(lookup);
          if (pending != null) {
            pending.cancel();
          }
        }
        case Request.Ping() -> send(id, new Response.Pong());
        case Request.Hottest(long count) ->
            cache.hottest((int) count).thenAccept(keys -> send(id, new Response.Keys(keys)));
      }
    }

    private void welcome(int id) {
      AsOf asOf = cache.asOf();
      told = asOf.revision();
      send(
          id, new Response.Welcome(Protocol.VERSION, asOf, HEARTBEAT, LEASE, 1 << 20, "simulated"));
      unsubscribe.add(
          cache.subscribe(invalidation -> {
            if (invalidation.revision().isAfter(told)) {
              told = invalidation.revision();
              send(0, new Response.Pushed(asOf.store(), told(invalidation)));
            }
          }));
    }

    private void lookup(int id, Lookup lookup) {
      boolean forEverybody = flaw == Flaw.SERVER_LEASES_TO_EVERYBODY;
      Lookup asked = forEverybody ? new Lookup(lookup.key(), lookup.softTags(), false, 0) : lookup;
      long asOf = cache.asOf().revision().number();
      Cache.Pending pending = cache.lookup(asked, caller);
      waiting.put(id, pending);
      checker.asked(this, id, lookup);
      pending
          .outcome()
          .whenComplete((outcome, failure) -> {
            waiting.remove(id);
            if (flaw == Flaw.SERVER_FORGETS_TO_ANSWER && random.nextInt(100) == 0) {
              return;
            }
            checker.answered(this, id);
            send(
                id,
                failure == null
                    ? answer(lookup.key(), asOf, outcome, forEverybody)
                    : new Response.Failed(ErrorCode.INTERNAL, failure.toString()));
          });
    }

    private Response answer(CacheKey key, long asked, LookupOutcome outcome, boolean forEverybody) {
      return switch (outcome) {
        case LookupOutcome.FreshHit(AsOf asOf, CacheEntry entry) ->
            new Response.Fresh(asOf, told(entry));
        case LookupOutcome.StaleHit(AsOf asOf, long lease, CacheEntry entry) ->
            new Response.Stale(asOf, checker.granted(link, key, asked, lease), told(entry));
        case LookupOutcome.Miss(AsOf asOf, long lease) ->
            new Response.Miss(
                asOf,
                checker.granted(link, key, asked, forEverybody ? random.nextLong() | 1 : lease));
      };
    }

    private void invalidate(int id, TagSet tags, long expire) {
      if (flaw == Flaw.SERVER_ACKNOWLEDGES_FIRST) {
        var guessed = new AsOf(cache.asOf().store(), cache.asOf().revision().next());
        cache.invalidate(tags, expire);
        acknowledge(id, guessed);
        return;
      }
      cache
          .invalidate(tags, expire)
          .whenComplete((asOf, failure) -> {
            if (failure == null) {
              acknowledge(id, asOf);
            } else {
              send(id, new Response.Failed(ErrorCode.STORE_UNAVAILABLE, failure.toString()));
            }
          });
    }

    private void acknowledge(int id, AsOf asOf) {
      checker.acknowledged(link, id, asOf);
      send(id, new Response.Invalidated(asOf));
    }

    private void refresh(int id, AsOf known) {
      cache
          .refresh(known)
          .whenComplete((refreshed, failure) -> {
            if (failure == null) {
              send(id, told(refreshed));
            } else {
              send(id, new Response.Failed(ErrorCode.STORE_UNAVAILABLE, failure.toString()));
            }
          });
    }

    private Response told(Refreshed refreshed) {
      List<Response.Notification> missed =
          refreshed.missed().invalidations().stream().map(this::told).toList();
      return new Response.Refreshed(refreshed.asOf(), refreshed.missed().since(), missed);
    }

    private Response.Notification told(Invalidation invalidation) {
      return new Response.Notification(
          invalidation.revision(), invalidation.expiresIn(cache.now()), invalidation.tags());
    }

    private Response.Entry told(CacheEntry entry) {
      return new Response.Entry(
          entry.revision(),
          entry.tags(),
          entry.life(),
          entry.age(time.millis()),
          entry.checksum(),
          entry.value());
    }

    private void send(int id, Response answer) {
      link.send(Side.SERVER, new Frame(id, answer));
    }
  }
}
