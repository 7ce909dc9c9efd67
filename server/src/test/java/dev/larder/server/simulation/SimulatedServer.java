package dev.larder.server.simulation;

import dev.larder.core.CacheKey;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.server.session.MemoryBounds;
import dev.larder.server.session.SessionMemory;
import dev.larder.server.simulation.FleetChecker.Edit;
import dev.larder.server.simulation.FleetSimulation.Flaw;
import dev.larder.server.simulation.SimulatedLink.Side;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.MortalScheduler;
import dev.larder.testkit.SlowStore;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A server process of the simulated fleet: the engine and the sessions of the real one. */
final class SimulatedServer {
  static final int HEARTBEAT = 1_000;
  static final int LEASE = 3_000;
  private static final int CATCH_UP_EVERY = 500;
  private static final long ROOM = 16 << 20;

  private final ManualTime time;
  private final Random random;
  private final FleetChecker checker;
  private final Flaw flaw;
  private final MortalScheduler process;
  private final Cache cache;
  private final SessionMemory memory = SessionMemory.of(new MemoryBounds(ROOM, ROOM, ROOM, ROOM));
  private final Map<SimulatedLink, SimulatedEndpoint> endpoints = new LinkedHashMap<>();

  /** Every connection and endpoint there ever was, for the checker. */
  private final Set<SimulatedLink> links = new HashSet<>();

  private final Set<SimulatedEndpoint> everybody = new HashSet<>();
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
      catchUp();
    }
  }

  /** Small ones; at times so small that a refresh cannot list what was missed. */
  static Limits limits(Random random) {
    int maxListed = random.nextBoolean() ? Limits.MAX_LISTED : 1 + random.nextInt(2);
    return new Limits(TagSet.MAX_TAGS, LEASE, 1_000, maxListed);
  }

  /** Learns now and then what other servers appended, whether anybody asks or not. */
  private void catchUp() {
    process.after(
        CATCH_UP_EVERY,
        () -> {
          cache.catchUp();
          catchUp();
        });
  }

  boolean alive() {
    return process.alive();
  }

  Cache cache() {
    return cache;
  }

  /** Runs {@code listener} when the process dies. */
  void onDeath(Runnable listener) {
    death = listener;
  }

  /** Ends the process at once: its clients notice soon, or only by its silence. */
  void kill(boolean noticed) {
    process.kill();
    death.run();
    for (SimulatedLink link : endpoints.keySet()) {
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
    var endpoint =
        new SimulatedEndpoint(
            link,
            time,
            random,
            checker,
            flaw,
            process,
            cache,
            memory,
            () -> endpoints.remove(link));
    endpoints.put(link, endpoint);
    links.add(link);
    everybody.add(endpoint);
    link.attach(Side.SERVER, endpoint);
  }
}
