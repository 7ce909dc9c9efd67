package dev.larder.server.events;

import static java.util.Objects.requireNonNull;

import dev.larder.core.Namespace;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The latest events of a server, the oldest of which are forgotten for new ones.
 *
 * <p>Namespaces in which little happens are not forgotten for one in which much does: who has more
 * than an equal part of what is kept makes room itself, else whoever has most.
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

  /** By number. */
  private final TreeMap<Long, Event> kept = new TreeMap<>();

  /** Their numbers, the oldest first, by namespace; those about the whole server are one more. */
  private final Map<Optional<Namespace>, ArrayDeque<Long>> parts = new HashMap<>();

  private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();

  /** The number of the latest event; {@link #origin} before there is one. */
  private long last;

  /** The greatest number of those that are forgotten; {@link #origin} if none is. */
  private long forgotten;

  /** A log in which nothing has happened. */
  public EventLog(InstantSource clock) {
    this.clock = clock;
    this.origin = clock.millis() * NUMBERS;
    this.last = origin;
    this.forgotten = origin;
  }

  /**
   * What came after an event.
   *
   * @param missed whether there were others, which are forgotten
   * @param forgotten if so, the greatest number of those
   * @param events the oldest first
   */
  public record Page(boolean missed, long forgotten, List<Event> events) {}

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
      kept.put(last, new Event(last, clock.millis(), kind, namespace, sentence, details));
      parts.computeIfAbsent(namespace, first -> new ArrayDeque<>()).addLast(last);
      if (kept.size() > KEPT) {
        forget(namespace);
      }
    }
    listeners.forEach(Runnable::run);
  }

  /** Makes room after one more of a namespace. */
  private void forget(Optional<Namespace> namespace) {
    Optional<Namespace> from =
        requireNonNull(parts.get(namespace)).size() > KEPT / parts.size()
            ? namespace
            : parts.entrySet().stream()
                .max(Comparator.comparingInt(part -> part.getValue().size()))
                .orElseThrow()
                .getKey();
    ArrayDeque<Long> numbers = requireNonNull(parts.get(from));
    long oldest = numbers.removeFirst();
    kept.remove(oldest);
    forgotten = Math.max(forgotten, oldest);
    if (numbers.isEmpty()) {
      parts.remove(from);
    }
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
      boolean missed = known != 0 && (known < forgotten || known > last);
      long from = known > last ? origin : known;
      return new Page(
          missed, forgotten, kept.tailMap(from, false).values().stream().limit(most).toList());
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
}
