package dev.larder.server.forward;

import dev.larder.core.AsOf;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.spi.Outbox;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Tells CDNs what was invalidated, at least once each, after it was acknowledged. It hears of
 * invalidations from the events of the server, and reads what they were from the outbox: what it
 * does not hear of, it finds a little later.
 */
public final class Forwarder implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Forwarder.class.getName());

  private final EventLog events;
  private final Outbox outbox;
  private final List<Delivery> deliveries;

  /** Up to where each target was told, of each namespace. Guarded by itself. */
  private final Map<Namespace, Map<Target, AsOf>> told = new HashMap<>();

  /** The number of the last event that was looked at. Guarded by this. */
  private long heard;

  private final Runnable deaf;
  private final InstantSource clock;

  /**
   * How a target stands.
   *
   * @param target which it is, without secrets
   * @param queue how many invalidations it is being told
   * @param ageMillis how long ago the oldest of them was made
   * @param forwarded how many requests it has taken since the server started
   * @param failed how many it has not, which are sent again
   * @param dropped how many it was never told
   */
  public record State(
      String target, long queue, long ageMillis, long forwarded, long failed, long dropped) {}

  private Forwarder(
      Outbox outbox,
      List<Target> targets,
      EventLog events,
      InstantSource clock,
      RandomGenerator random) {
    this.events = events;
    this.outbox = outbox;
    this.clock = clock;
    this.heard = events.last();
    this.deliveries =
        targets.stream()
            .map(target -> new Delivery(target, outbox, this::told, events, clock, random))
            .toList();
    this.deaf = events.listen(this::hear);
  }

  /**
   * Checks names of targets, before anything is started.
   *
   * @throws InvalidValueException if one is none, or its secret is missing
   */
  public static void check(List<String> targets, Map<String, String> environment) {
    targets.forEach(named -> Targets.of(named, environment));
  }

  /**
   * Begins.
   *
   * @param targets as they are named: {@code webhook:URL}, {@code cloudflare:ZONE}, {@code
   *     fastly:SERVICE}, {@code varnish:URL}
   * @param environment where their secrets are
   */
  public static Forwarder start(
      Outbox outbox,
      List<String> targets,
      Map<String, String> environment,
      EventLog events,
      InstantSource clock,
      RandomGenerator random) {
    var forwarder =
        new Forwarder(
            outbox,
            targets.stream().distinct().map(named -> Targets.of(named, environment)).toList(),
            events,
            clock,
            random);
    forwarder.deliveries.forEach(Delivery::begin);
    return forwarder;
  }

  /** How each target stands. */
  public List<State> states() {
    return deliveries.stream()
        .map(each -> each.counters().state(each.target().name(), clock.millis()))
        .toList();
  }

  /** Ends at once. What was not told waits in the outbox for the next start. */
  @Override
  public void close() {
    deaf.run();
    deliveries.forEach(Delivery::close);
  }

  /** Looks at what has happened; called by whoever made it happen, and never waits. */
  private synchronized void hear() {
    EventLog.Page page = events.after(heard, EventLog.KEPT);
    heard = page.events().isEmpty() ? heard : page.events().getLast().number();
    if (page.missed()) {
      deliveries.forEach(each -> each.wake(Optional.empty()));
    }
    page.events().stream()
        .filter(event -> event.kind() == Event.Kind.INVALIDATION)
        .flatMap(event -> event.namespace().stream())
        .distinct()
        .forEach(namespace -> deliveries.forEach(each -> each.wake(Optional.of(namespace))));
  }

  /** Lets the outbox forget what all targets were told. */
  private void told(Target target, Map<Namespace, AsOf> upTo) {
    upTo.forEach((namespace, asOf) -> {
      Optional<AsOf> everywhere;
      synchronized (told) {
        Map<Target, AsOf> by = told.computeIfAbsent(namespace, first -> new HashMap<>());
        by.put(target, asOf);
        by.values().removeIf(each -> !each.store().equals(asOf.store()));
        everywhere =
            by.size() < deliveries.size()
                ? Optional.empty()
                : by.values().stream()
                    .min((a, b) -> Long.compare(a.revision().number(), b.revision().number()));
      }
      everywhere.ifPresent(all -> {
        var _ =
            outbox
                .remove(namespace, all)
                .whenComplete((removed, failure) -> {
                  if (failure != null) {
                    // It is told once more after the next start.
                    LOG.log(Level.DEBUG, "the outbox keeps what was told", failure);
                  }
                });
      });
    });
  }
}
