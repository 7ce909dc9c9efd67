package dev.larder.server.session;

import dev.larder.core.spi.SharedText;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Spreads processes over the servers of a store. Those of a server that is replaced go to whichever
 * is left, and stay there when it is back; so servers tell each other what they carry, and one that
 * carries more than its share asks some of its processes to go elsewhere, half of what is too much
 * at a time. They move as they do when a server stops, without losing anything.
 *
 * <p>Whom it does not help is not asked again and again: a process may have nowhere else to go, or
 * come back to this server because one address stands for all.
 *
 * <p>{@link #check} is called by one thread, every {@link #CHECK_INTERVAL}; the rest by any.
 */
public final class Rebalancer {
  /** How often {@link #check} is to be called, in ms. */
  public static final long CHECK_INTERVAL = 3_000;

  /** How long a server may say nothing new before it counts as gone, in ms. */
  static final long SILENCE = 3 * CHECK_INTERVAL;

  /** How long a connection is left alone after it was opened, in ms. */
  static final long SETTLED = 5_000;

  /** How long it is left alone after it was asked, in ms. */
  static final long ASKED_AGAIN = 60_000;

  /** At most so many checks pass between two requests to go that came to nothing. */
  private static final int LONGEST_PAUSE = 128;

  /** How often a text that somebody else has just changed is changed again. */
  private static final int ATTEMPTS = 4;

  private static final Logger LOG = System.getLogger(Rebalancer.class.getName());

  private final SharedText shared;
  private final String id;
  private final EventLog events;
  private final RandomGenerator random;
  private final LongSupplier nanos;
  private final Set<Movable> connections = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile boolean left;

  // What follows belongs to the check that is under way.
  private final Map<String, Heard> heard = new HashMap<>();
  private long beat;
  private int before;
  private int asked;
  private int pause;
  private int passing;

  /** A server's beat, and since when it is this one, in ns. */
  private record Heard(long beat, long since) {}

  /** A connection that can be asked to go to another server. */
  private static final class Movable {
    private final Runnable ask;
    private volatile long notBefore;

    Movable(Runnable ask, long notBefore) {
      this.ask = ask;
      this.notBefore = notBefore;
    }
  }

  /**
   * A server that carries nothing.
   *
   * @param shared what the servers of the store tell each other
   * @param events is told how many were asked to go
   * @param random names this server, and chooses whom to ask
   * @param nanos a clock that never goes back, in ns
   */
  public Rebalancer(
      SharedText shared, EventLog events, RandomGenerator random, LongSupplier nanos) {
    this.shared = shared;
    this.events = events;
    this.random = random;
    this.nanos = nanos;
    this.id = "%016x".formatted(random.nextLong());
  }

  /**
   * A process has connected.
   *
   * @param ask asks it to go to another server, on any thread
   * @return to be run when it has gone
   */
  public Runnable register(Runnable ask) {
    var connection = new Movable(ask, nanos.getAsLong() + TimeUnit.MILLISECONDS.toNanos(SETTLED));
    connections.add(connection);
    return () -> connections.remove(connection);
  }

  /**
   * Tells the others what this server carries, and asks some of its processes to go if that is too
   * much. While the store cannot be asked nobody moves.
   */
  public void check() {
    if (left || asking.getAndSet(true)) {
      return;
    }
    said(ATTEMPTS)
        .whenComplete((loads, failure) -> {
          if (failure != null) {
            LOG.log(
                Level.DEBUG, "the servers of the store are not known: {0}", failure.getMessage());
          }
          Optional.ofNullable(loads).ifPresent(this::spread);
          asking.set(false);
        });
  }

  /**
   * This server is to stop: the others need not count on it.
   *
   * @return completes when they know, or cannot be told
   */
  public CompletionStage<?> leave() {
    left = true;
    return shared
        .read()
        .thenCompose(
            text -> shared.replace(text, ServerLoads.of(text.orElse("")).without(id).text()))
        .exceptionally(failure -> false);
  }

  private CompletionStage<ServerLoads> said(int attempts) {
    return shared
        .read()
        .thenCompose(text -> {
          ServerLoads loads =
              present(ServerLoads.of(text.orElse("")))
                  .with(id, new ServerLoads.Load(connections.size(), ++beat));
          return shared
              .replace(text, loads.text())
              .thenCompose(done ->
                  done || attempts == 1
                      ? CompletableFuture.completedStage(loads)
                      : said(attempts - 1));
        });
  }

  /** Leaves away whoever has said nothing new for too long. */
  private ServerLoads present(ServerLoads loads) {
    long now = nanos.getAsLong();
    heard.keySet().retainAll(loads.byServer().keySet());
    ServerLoads present = loads;
    for (Map.Entry<String, ServerLoads.Load> each : loads.byServer().entrySet()) {
      Heard last = heard.get(each.getKey());
      if (last == null || last.beat() != each.getValue().beat()) {
        heard.put(each.getKey(), new Heard(each.getValue().beat(), now));
      } else if (now - last.since() > TimeUnit.MILLISECONDS.toNanos(SILENCE)) {
        present = present.without(each.getKey());
      }
    }
    return present;
  }

  private void spread(ServerLoads loads) {
    int excess = loads.excess(id);
    int here = connections.size();
    if (excess == 0) {
      pause = 0;
      passing = 0;
      asked = 0;
      return;
    }
    if (asked > 0) {
      pause = here < before ? 0 : Math.min(LONGEST_PAUSE, Math.max(1, 2 * pause));
      passing = pause;
      asked = 0;
    }
    if (passing > 0) {
      passing--;
      return;
    }
    before = here;
    // What the others carry is known as of some seconds ago.
    asked = ask((excess + 1) / 2);
    if (asked > 0) {
      events.add(
          Event.Kind.CONNECTIONS_MOVED,
          "%d of %d connections were asked to go to servers that carry less; the share of one is %d"
              .formatted(asked, here, loads.share()),
          Map.of("asked", asked, "connections", here, "share", loads.share()));
    }
  }

  /** Asks so many, or as many as have settled; how many that are. */
  private int ask(int most) {
    long now = nanos.getAsLong();
    List<Movable> settled = new ArrayList<>(connections);
    settled.removeIf(connection -> connection.notBefore - now > 0);
    Collections.shuffle(settled, Random.from(random));
    List<Movable> chosen = settled.subList(0, Math.min(most, settled.size()));
    for (Movable connection : chosen) {
      connection.notBefore = now + TimeUnit.MILLISECONDS.toNanos(ASKED_AGAIN);
      connection.ask.run();
    }
    return chosen.size();
  }
}
