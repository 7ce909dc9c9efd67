package dev.larder.server.events;

import dev.larder.core.Namespace;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The latest events of a server, the oldest of which are forgotten for new ones.
 *
 * <p>Whoever reads keeps the number of the last event it has seen, and asks for what came after it:
 * so a reader that is slow costs nothing, and learns what it has missed. Numbers begin with the
 * time at which the server was started, and so go on growing over its restarts. Safe for use by
 * many threads.
 */
public final class EventLog {
  /** How many events are kept. */
  public static final int KEPT = 4_096;

  /** How many numbers a ms has: a server never has so many events in the mean. */
  private static final long NUMBERS = 1_000;

  private final InstantSource clock;

  /** The number before that of the first event. */
  private final long origin;

  /** By number, modulo its length. */
  private final Event[] kept = new Event[KEPT];

  private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();

  /** The number of the latest event; {@link #origin} before there is one. */
  private long last;

  /** A log in which nothing has happened. */
  public EventLog(InstantSource clock) {
    this.clock = clock;
    this.origin = clock.millis() * NUMBERS;
    this.last = origin;
  }

  /**
   * What came after an event.
   *
   * @param missed whether there were others before these, which are forgotten
   * @param events the oldest first
   */
  public record Page(boolean missed, List<Event> events) {}

  /**
   * Something happened, about the whole server.
   *
   * @param details as {@link Event#details}, which is not copied
   */
  public void add(Event.Kind kind, String sentence, Map<String, Object> details) {
    add(kind, Optional.empty(), sentence, details);
  }

  /** Something happened in a namespace. */
  public void add(
      Event.Kind kind, Namespace namespace, String sentence, Map<String, Object> details) {
    add(kind, Optional.of(namespace), sentence, details);
  }

  /** Something happened. */
  public void add(
      Event.Kind kind,
      Optional<Namespace> namespace,
      String sentence,
      Map<String, Object> details) {
    synchronized (kept) {
      last++;
      kept[slot(last)] = new Event(last, clock.millis(), kind, namespace, sentence, details);
    }
    listeners.forEach(Runnable::run);
  }

  /**
   * What came after an event, as far as it is remembered.
   *
   * <p>Somebody who knows an event that never was, such as one of another server, has missed all.
   *
   * @param known the number of the last event that is known; 0 for none
   * @param most how many to return
   */
  public Page after(long known, int most) {
    synchronized (kept) {
      long oldest = Math.max(origin + 1, last - KEPT + 1);
      boolean missed = known != 0 && (known < oldest - 1 || known > last);
      long from = known < oldest - 1 || known > last ? oldest : known + 1;
      var events = new ArrayList<Event>();
      for (long number = from; number <= last && events.size() < most; number++) {
        events.add(kept[slot(number)]);
      }
      return new Page(missed, events);
    }
  }

  /** The number of the latest event; what comes has a greater one. */
  public long last() {
    synchronized (kept) {
      return last;
    }
  }

  /**
   * Runs {@code listener} after each event, on the thread that adds it: it must be quick.
   *
   * @return ends that
   */
  public Runnable listen(Runnable listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  private int slot(long number) {
    return (int) ((number - origin) % KEPT);
  }
}
