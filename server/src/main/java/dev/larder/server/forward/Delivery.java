package dev.larder.server.forward;

import dev.larder.core.AsOf;
import dev.larder.core.Namespace;
import dev.larder.core.spi.Outbox;
import dev.larder.core.spi.StoreException;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/**
 * Tells one target, on a thread of its own, what waits in the outbox.
 *
 * <p>It goes in rounds: it gathers what has come within a moment, tells it, and tells it once more
 * some seconds later, because the target may have fetched a page of before just in between. Only
 * then the outbox is told that it may forget. What ends in between, whoever ends, is told again by
 * the next one. While a target does not take a round, the next wait in the outbox, where they take
 * no memory.
 */
final class Delivery implements AutoCloseable {
  /** How long invalidations are gathered before they are told, in ms. */
  private static final long GATHERED = 250;

  /** How long after the first time everything is told again, in ms. */
  private static final long AGAIN = 5_000;

  /** How often the outbox is looked at if nobody says that there is something, in ms. */
  private static final long LOOK = 10_000;

  /** How long this server is the one that tells, unless it asks again, in ms. */
  private static final long LEADS = 15_000;

  /** What a target does not take for so long is dropped, in ms. */
  private static final long KEPT = 24 * 3_600_000L;

  /** How many invalidations are read at once: one may have megabytes of tags. */
  private static final int PAGE = 16;

  /** How long a target, or the store, may take to answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** With these a target says that it will never take that request. */
  private static final Set<Integer> HOPELESS = Set.of(400, 413, 414, 422, 431);

  private static final Logger LOG = System.getLogger(Delivery.class.getName());

  private final Target target;
  private final Outbox outbox;
  private final Told told;
  private final EventLog events;
  private final InstantSource clock;
  private final Pace pace;
  private final DeliveryCounters counters = new DeliveryCounters();
  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(PATIENCE)
          .followRedirects(HttpClient.Redirect.NEVER)
          .version(HttpClient.Version.HTTP_1_1)
          .build();
  private final Thread thread;

  // Of the thread.
  private final Map<Namespace, AsOf> known = new HashMap<>();
  private final Queue<Second> again = new ArrayDeque<>();
  private long ledUntil = System.nanoTime();
  private boolean failing;

  /** Guarded by itself: where something has come; empty and {@code all} is everywhere. */
  private final Set<Namespace> news = new HashSet<>();

  private boolean all = true;
  private volatile boolean closed;

  /** What of a round is to be told once more: all that was taken. */
  private record Second(Round round, List<Purge> purges, long due) {}

  /** What a target says to a request. */
  private sealed interface Answer {
    /** It has it. */
    record Taken() implements Answer {}

    /** It may take it later. */
    record NotNow(String why) implements Answer {}

    /** It will never take it. */
    record Never(String why) implements Answer {}
  }

  /** Learns what a target has been told for good. */
  @FunctionalInterface
  interface Told {
    void upTo(Target target, Map<Namespace, AsOf> upTo);
  }

  /** To a target; it has not begun. */
  Delivery(
      Target target,
      Outbox outbox,
      Told told,
      EventLog events,
      InstantSource clock,
      RandomGenerator random) {
    this.target = target;
    this.outbox = outbox;
    this.told = told;
    this.events = events;
    this.clock = clock;
    this.pace = new Pace(target.bounds(), System::nanoTime, random);
    this.thread =
        Thread.ofPlatform().daemon().name("larder-forward-" + target.name()).unstarted(this::run);
  }

  void begin() {
    thread.start();
  }

  Target target() {
    return target;
  }

  DeliveryCounters counters() {
    return counters;
  }

  /** Something was invalidated in a namespace; empty: nobody knows where. Never waits. */
  void wake(Optional<Namespace> namespace) {
    synchronized (news) {
      namespace.ifPresentOrElse(news::add, () -> all = true);
      news.notifyAll();
    }
  }

  /** Ends at once: what was not told for good waits in the outbox. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    http.shutdownNow();
  }

  private void run() {
    while (!closed) {
      try {
        turn();
      } catch (InterruptedException e) {
        // Closed.
      } catch (StoreException | ExecutionException | TimeoutException e) {
        LOG.log(Level.DEBUG, "the outbox cannot be read", e);
        restart();
        pauseAfterFailure();
      } catch (RuntimeException e) {
        if (closed) {
          return;
        }
        LOG.log(Level.ERROR, "what was invalidated was not told to " + target.name(), e);
        restart();
        pauseAfterFailure();
      }
    }
  }

  private void turn() throws InterruptedException, ExecutionException, TimeoutException {
    Optional<Set<Namespace>> where = await();
    if (!leads()) {
      restart();
      Thread.sleep(LEADS / 3);
      return;
    }
    Second due = again.peek();
    if (due != null && due.due() <= System.nanoTime()) {
      var _ = tell(due.purges(), due.round().oldest());
      again.remove();
      told.upTo(target, due.round().upTo());
    }
    if (where.isPresent()) {
      Thread.sleep(GATHERED);
      Round round = gather(where.get());
      if (round.invalidations() > 0) {
        counters.begins(round.invalidations(), round.oldest());
        List<Purge> taken = tell(round.purges(), round.oldest());
        counters.ended();
        again.add(
            new Second(round, taken, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AGAIN)));
      }
    }
  }

  /**
   * Waits until there may be something to tell.
   *
   * @return where to look; none if it is only time for the second time
   */
  private Optional<Set<Namespace>> await()
      throws InterruptedException, ExecutionException, TimeoutException {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LOOK);
    Second next = again.peek();
    boolean second = next != null && next.due() < until;
    long end = second ? next.due() : until;
    synchronized (news) {
      while (news.isEmpty() && !all) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          break;
        }
        news.wait(left);
      }
      if (!all && !news.isEmpty()) {
        Set<Namespace> where = Set.copyOf(news);
        news.clear();
        return Optional.of(where);
      }
      if (!all && second) {
        return Optional.empty();
      }
      all = false;
      news.clear();
    }
    return Optional.of(Set.copyOf(answer(outbox.namespaces())));
  }

  /** What waits there and is not known yet, as much as a round may have. */
  private Round gather(Set<Namespace> where)
      throws InterruptedException, ExecutionException, TimeoutException {
    var round = new Round(target);
    for (Namespace namespace : where) {
      Outbox.Waiting page = next(namespace);
      while (!page.invalidations().isEmpty()) {
        round.add(namespace, page);
        known.put(namespace, round.upTo().get(namespace));
        if (round.full()) {
          wake(Optional.empty());
          return round;
        }
        page = next(namespace);
      }
    }
    return round;
  }

  private Outbox.Waiting next(Namespace namespace)
      throws InterruptedException, ExecutionException, TimeoutException {
    return answer(outbox.after(namespace, known.getOrDefault(namespace, AsOf.NONE), PAGE));
  }

  private boolean leads() throws InterruptedException, ExecutionException, TimeoutException {
    if (ledUntil - System.nanoTime() > TimeUnit.MILLISECONDS.toNanos(LEADS / 2)) {
      return true;
    }
    long asked = System.nanoTime();
    boolean leads = answer(outbox.lead(LEADS));
    ledUntil = asked + (leads ? TimeUnit.MILLISECONDS.toNanos(LEADS) : 0);
    return leads;
  }

  /** Begins with what waits, as another server would. */
  private void restart() {
    known.clear();
    again.clear();
    counters.ended();
    wake(Optional.empty());
  }

  private void pauseAfterFailure() {
    try {
      Thread.sleep(pace.failed(Duration.ZERO));
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /**
   * Tells the target all of that, however long it takes; drops what it never takes.
   *
   * @param oldest when the first of it was invalidated, in ms
   * @return what it has taken
   */
  private List<Purge> tell(List<Purge> purges, long oldest)
      throws InterruptedException, ExecutionException, TimeoutException {
    var taken = new ArrayList<Purge>();
    for (Purge purge : purges) {
      Answer answer = attempt(purge);
      while (answer instanceof Answer.NotNow(String why)) {
        if (clock.millis() - oldest > KEPT) {
          answer = new Answer.Never("for a day: " + why);
        } else if (leads()) {
          answer = attempt(purge);
        } else {
          // Another server has begun with what waits.
          throw new StoreException("another server tells now");
        }
      }
      if (answer instanceof Answer.Never(String why)) {
        drop(purge, why);
      } else {
        taken.add(purge);
      }
    }
    return taken;
  }

  /** Tells it once. The pause that follows a failure is over then. */
  private Answer attempt(Purge purge) throws InterruptedException {
    Thread.sleep(pace.take());
    String why;
    Duration asked = Duration.ZERO;
    try {
      HttpRequest request =
          HttpRequest.newBuilder(target.request(purge), (name, value) -> true)
              .timeout(PATIENCE)
              .build();
      HttpResponse<Void> answer = http.send(request, BodyHandlers.discarding());
      if (answer.statusCode() / 100 == 2) {
        pace.succeeded();
        counters.forwarded();
        recovered();
        return new Answer.Taken();
      }
      why = "status %d".formatted(answer.statusCode());
      if (HOPELESS.contains(answer.statusCode())) {
        return new Answer.Never(why);
      }
      asked = RetryAfter.of(answer.headers().firstValue("retry-after"), clock.instant());
    } catch (IOException e) {
      why = e.toString();
    }
    counters.failed();
    failed(why);
    Thread.sleep(pace.failed(asked));
    return new Answer.NotNow(why);
  }

  private void failed(String why) {
    if (!failing) {
      failing = true;
      say(
          Level.WARNING,
          Event.Kind.FORWARD_FAILING,
          "%s does not take what was invalidated (%s): it is told again and again"
              .formatted(target.name(), why));
    }
  }

  private void recovered() {
    if (failing) {
      failing = false;
      say(Level.INFO, Event.Kind.FORWARD_BACK, target.name() + " takes what was invalidated again");
    }
  }

  private void drop(Purge purge, String why) {
    counters.dropped();
    say(
        Level.ERROR,
        Event.Kind.FORWARD_DROPPED,
        "%s was not told of %d tags of namespace '%s' up to revision %d, and will not be: it did not take them (%s); purge it by hand"
            .formatted(
                target.name(),
                purge.tags().size(),
                purge.namespace().name(),
                purge.revision(),
                why));
  }

  private void say(Level level, Event.Kind kind, String sentence) {
    LOG.log(level, sentence);
    events.add(kind, sentence, Map.of("target", target.name()));
  }

  private static <T> T answer(CompletionStage<T> stage)
      throws InterruptedException, ExecutionException, TimeoutException {
    return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }
}
