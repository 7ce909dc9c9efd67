package dev.larder.server.session;

import dev.larder.core.Namespace;
import dev.larder.core.spi.SharedText;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Removes what only a build reads that has ended, rather than let it lie until its time is over: a
 * deployment leaves a whole cache behind that nobody can find any more. Servers tell each other
 * which builds their processes are of; one that none of them has spoken of for a while, during
 * which another build of its namespace ran, has ended.
 *
 * <p>Nothing depends on it being right. A process of a build that is taken for ended generates anew
 * what is gone; nobody is ever given anything stale, because nothing is judged by it. While nothing
 * runs in a namespace, everything stays: whatever starts there next finds what it had.
 *
 * <p>{@link #check} is called by one thread, every {@link #interval}.
 */
public final class BuildWatch {
  /*
   * How it decides. A server reads the text, says its own builds in it, and takes out those that have
   * ended, in one exchange: of several servers that see a build end, one takes its line out, and that
   * one removes its entries.
   *
   * The time of a build counts as long as this server has processes of another build of its namespace,
   * and hears nothing new of it. So each namespace in which something runs is decided on by a server
   * that runs it, whose cache of it is open. Time counts on this server's clock, and only while it
   * writes the text again and again: if it was frozen, or the store took no writes, nobody else may
   * have been able to say anything either, and it begins anew, as after a start.
   */
  private static final long LONGEST_INTERVAL = Duration.ofSeconds(20).toMillis();

  /**
   * How many checks there are, at least, in the time for which a build must not have run: it is not
   * over for one of which a few words are lost.
   */
  private static final int CHECKS = 6;

  /** How many checks may fail, or be late, before what was heard counts for nothing. */
  private static final int MISSED = 3;

  /** How often a text that somebody else has just changed is changed again. */
  private static final int ATTEMPTS = 4;

  private static final Logger LOG = System.getLogger(BuildWatch.class.getName());

  private final SharedText shared;
  private final Namespaces namespaces;
  private final EventLog events;
  private final Duration keep;
  private final LongSupplier beats;
  private final LongSupplier nanos;
  private final AtomicBoolean checking = new AtomicBoolean();

  // What follows belongs to the check that is under way.
  private final Map<FleetBuild, Heard> heard = new HashMap<>();
  private long written;
  private boolean full;

  /**
   * What was heard of a build. Both in ns.
   *
   * @param beat what was said last
   * @param since when that was first heard
   * @param counted since when its time counts
   */
  private record Heard(long beat, long since, long counted) {}

  /**
   * A server that has heard nothing.
   *
   * @param shared what the servers of the store tell each other of builds
   * @param namespaces where processes are, and entries
   * @param events is told of builds that have ended
   * @param keep how long a build must not have run, while another one did, to have ended
   * @param beats another number each time; the same where no other server listens, so that the text
   *     changes with the builds only
   * @param nanos a clock that never goes back, in ns
   */
  public BuildWatch(
      SharedText shared,
      Namespaces namespaces,
      EventLog events,
      Duration keep,
      LongSupplier beats,
      LongSupplier nanos) {
    this.shared = shared;
    this.namespaces = namespaces;
    this.events = events;
    this.keep = keep;
    this.beats = beats;
    this.nanos = nanos;
    this.written = nanos.getAsLong();
  }

  /** How often {@link #check} is to be called, in ms. */
  public long interval() {
    return Math.min(LONGEST_INTERVAL, keep.toMillis() / CHECKS);
  }

  /**
   * Tells the others which builds run here, and removes the entries of those that have ended. While
   * the store cannot be asked none has. Of a server without processes nobody hears anything.
   */
  public void check() {
    Set<FleetBuild> here = namespaces.builds();
    if (here.isEmpty() || checking.getAndSet(true)) {
      return;
    }
    said(here, ATTEMPTS)
        .whenComplete((ended, failure) -> {
          if (failure != null) {
            LOG.log(Level.DEBUG, "which builds run is not known: {0}", failure.getMessage());
          }
          checking.set(false);
          Optional.ofNullable(ended).ifPresent(builds -> builds.forEach(this::remove));
        });
  }

  /** Those that have ended, which this server and no other has taken out of the text. */
  private CompletionStage<Set<FleetBuild>> said(Set<FleetBuild> here, int attempts) {
    return shared
        .read()
        .thenCompose(text -> {
          RunningBuilds said = RunningBuilds.of(text.orElse(""));
          listen(said, here);
          Set<FleetBuild> ended = ended(said);
          RunningBuilds next = said;
          for (FleetBuild build : ended) {
            next = next.without(build);
          }
          for (FleetBuild build : here) {
            next = added(next, build);
          }
          return replaced(text, next.text())
              .thenCompose(done -> {
                if (done) {
                  written = nanos.getAsLong();
                  return CompletableFuture.completedStage(ended);
                }
                return attempts == 1
                    ? CompletableFuture.completedStage(Set.of())
                    : said(here, attempts - 1);
              });
        });
  }

  private CompletionStage<Boolean> replaced(Optional<String> before, String text) {
    return before.orElse("").equals(text)
        ? CompletableFuture.completedStage(true)
        : shared.replace(before, text);
  }

  private void listen(RunningBuilds said, Set<FleetBuild> here) {
    long now = nanos.getAsLong();
    if (now - written > MISSED * Duration.ofMillis(interval()).toNanos()) {
      heard.clear();
    }
    Set<Namespace> served = here.stream().map(FleetBuild::namespace).collect(Collectors.toSet());
    heard.keySet().retainAll(said.beats().keySet());
    said.beats()
        .forEach((build, beat) -> {
          Heard last = heard.get(build);
          if (last == null || last.beat() != beat || here.contains(build)) {
            heard.put(build, new Heard(beat, now, now));
          } else if (!served.contains(build.namespace())) {
            heard.put(build, new Heard(beat, last.since(), now));
          }
        });
  }

  /** One may have run until just before the check that missed it. */
  private Set<FleetBuild> ended(RunningBuilds said) {
    long now = nanos.getAsLong();
    long bound = keep.plusMillis(interval()).toNanos();
    return said.beats().keySet().stream()
        .filter(build -> now - heard(build).counted() > bound)
        .collect(Collectors.toSet());
  }

  /**
   * With the word that a build runs. Where there is no room for it, whatever nobody has spoken of
   * for longest is forgotten, and its entries are left to their time; but nothing that may run.
   */
  private RunningBuilds added(RunningBuilds builds, FleetBuild build) {
    if (builds.beats().containsKey(build) || !builds.isFull()) {
      return builds.with(build, beats.getAsLong());
    }
    if (!full) {
      full = true;
      LOG.log(
          Level.WARNING,
          "more than {0} builds are remembered, so that entries of some are not removed early",
          RunningBuilds.MAX_BUILDS);
    }
    long now = nanos.getAsLong();
    return builds.beats().keySet().stream()
        .filter(heard::containsKey)
        .min(Comparator.comparingLong(each -> heard(each).since() - now))
        .filter(silent -> now - heard(silent).since() > keep.toNanos())
        .map(silent -> builds.without(silent).with(build, beats.getAsLong()))
        .orElse(builds);
  }

  private Heard heard(FleetBuild build) {
    Heard last = heard.get(build);
    if (last == null) {
      throw new IllegalStateException("%s was not listened to".formatted(build));
    }
    return last;
  }

  /** Nobody waits for it. What cannot be removed now goes when its time is over. */
  private void remove(FleetBuild ended) {
    Namespace namespace = ended.namespace();
    namespaces
        .inUse(namespace)
        .ifPresent(cache ->
            cache
                .removeBuild(ended.name())
                .whenComplete((removed, failure) -> {
                  if (failure != null) {
                    LOG.log(
                        Level.WARNING,
                        "namespace '%s': what build %s left behind could not be removed; it goes when its time is over"
                            .formatted(namespace, ended.name()),
                        failure);
                    return;
                  }
                  events.add(
                      Event.Kind.BUILD_ENDED,
                      namespace,
                      "build %s has not run for %d s, while another did; the %d entries only it could read were removed"
                          .formatted(ended.name(), keep.toSeconds(), removed),
                      Map.of("build", ended.name(), "removed", removed));
                }));
  }
}
