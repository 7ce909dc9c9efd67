package dev.larder.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheEntry;
import dev.larder.core.Identity;
import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Namespace;
import dev.larder.core.Origin;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.TagSet;
import dev.larder.core.engine.Cache;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.SharedText;
import dev.larder.core.spi.StoreException;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import dev.larder.testkit.Entries;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.MemoryStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Servers over one store and one text, with processes of several builds, in time that stands still.
 */
class BuildWatchTest {
  private static final Namespace SHOP = new Namespace("shop");
  private static final Duration KEEP = Duration.ofHours(1);

  private final ManualTime time = new ManualTime(1_000_000);
  private final MemoryStore store = new MemoryStore(time, new Random(1));
  private final Text text = new Text();
  private final Random random = new Random(2);

  /** A text in memory, which may be away, and may take nothing. */
  private static final class Text implements SharedText {
    private Optional<String> kept = Optional.empty();
    private boolean away;
    private boolean readOnly;
    private int written;

    /** What somebody else does before the next change. */
    private Runnable meanwhile = () -> {};

    @Override
    public CompletionStage<Optional<String>> read() {
      return away ? refused() : CompletableFuture.completedStage(kept);
    }

    @Override
    public CompletionStage<Boolean> replace(Optional<String> expected, String text) {
      Runnable first = meanwhile;
      meanwhile = () -> {};
      first.run();
      if (away || readOnly) {
        return refused();
      }
      if (!expected.equals(kept)) {
        return CompletableFuture.completedStage(false);
      }
      kept = Optional.of(text);
      written++;
      return CompletableFuture.completedStage(true);
    }

    Set<String> builds() {
      return RunningBuilds.of(kept.orElse("")).beats().keySet().stream()
          .map(FleetBuild::name)
          .collect(Collectors.toCollection(TreeSet::new));
    }

    private static <T> CompletionStage<T> refused() {
      return CompletableFuture.failedStage(new StoreException("away"));
    }
  }

  /** A server, and its processes. */
  private final class Server {
    private final EventLog events = new EventLog(time);
    private final Namespaces namespaces;
    private final BuildWatch watch;
    private final List<Fleet.Member> processes = new ArrayList<>();

    Server() {
      this(KEEP, random::nextLong);
    }

    Server(Duration keep, LongSupplier beats) {
      this.namespaces =
          new Namespaces(
              store,
              (delay, task) -> () -> {},
              random,
              Limits.DEFAULT,
              10,
              false,
              name -> CacheObserver.NONE,
              events);
      this.watch =
          new BuildWatch(
              text,
              namespaces,
              events,
              keep,
              beats,
              () -> TimeUnit.MILLISECONDS.toNanos(time.millis()));
    }

    Fleet.Member join(String build) {
      return join(SHOP, build);
    }

    Fleet.Member join(Namespace namespace, String build) {
      cache(namespace);
      Fleet.Member process = namespaces.fleet(namespace).join(Via.CONNECTION);
      process.identified(new Identity("i", "host", 1, "", "", "", build, "strict", "websocket"));
      processes.add(process);
      return process;
    }

    void leave(Fleet.Member process) {
      process.left(0);
      processes.remove(process);
    }

    Cache cache(Namespace namespace) {
      return namespaces.cache(namespace).toCompletableFuture().join();
    }

    void put(String key, Origin.Kind kind, String build) {
      Cache cache = cache(SHOP);
      var put =
          new Put(
              Entries.key(key),
              cache.asOf(),
              0,
              TagSet.EMPTY,
              Entries.FOREVER,
              0,
              CacheEntry.checksum(new byte[0]),
              new byte[0],
              new Origin(key, kind, build, "i", 1));
      assertThat(cache.put(put)).isCompletedWithValue(PutOutcome.STORED);
    }

    /** The builds it was told to have ended. */
    List<String> ended() {
      return events.after(0, 1_000).events().stream()
          .filter(event -> event.kind() == Event.Kind.BUILD_ENDED)
          .map(event -> event.details().get("build") + " " + event.details().get("removed"))
          .toList();
    }
  }

  /** What is stored, by name. */
  private Set<String> stored() {
    var names = new TreeSet<String>();
    store
        .open(SHOP)
        .toCompletableFuture()
        .join()
        .entries()
        .walk(Optional.empty(), 1_000, head -> names.add(Entries.name(head.key())))
        .toCompletableFuture()
        .join();
    return names;
  }

  /** So much time passes, in which these servers check as they are to. */
  private void passes(Duration passing, Server... servers) {
    long interval = servers.length == 0 ? passing.toMillis() : servers[0].watch.interval();
    for (long passed = 0; passed < passing.toMillis(); passed += interval) {
      time.advance(interval);
      Stream.of(servers).forEach(server -> server.watch.check());
    }
  }

  private static Duration minutes(long minutes) {
    return Duration.ofMinutes(minutes);
  }

  @Test
  void whatOnlyABuildReadsGoesWhenItHasNotRunForAnHour() {
    var one = new Server();
    var two = new Server();
    Fleet.Member last = one.join("b1");
    two.join("b2");
    one.put("page of b1", Origin.Kind.PAGE, "b1");
    one.put("route of b1", Origin.Kind.ROUTE, "b1");
    one.put("function of b1", Origin.Kind.USE_CACHE, "b1");
    one.put("durable", Origin.Kind.USE_CACHE, "");
    one.put("fetch of an old adapter", Origin.Kind.FETCH, "b1");
    two.put("page of b2", Origin.Kind.PAGE, "b2");
    passes(minutes(120), one, two);
    one.leave(last);
    passes(minutes(59), one, two);
    assertThat(stored()).hasSize(6);
    passes(minutes(2), one, two);
    assertThat(stored()).containsExactly("durable", "fetch of an old adapter", "page of b2");
    assertThat(two.ended()).containsExactly("b1 3");
    assertThat(one.ended()).isEmpty();
    assertThat(text.builds()).containsExactly("b2");
    assertThat(two.events.after(0, 1_000).events().getLast().sentence())
        .isEqualTo(
            "build b1 has not run for 3600 s, while another did; the 3 entries only it could read"
                + " were removed");
  }

  @Test
  void whoRollsBackInTimeFindsEverything() {
    var server = new Server();
    server.put("page", Origin.Kind.PAGE, "b1");
    server.leave(server.join("b1"));
    Fleet.Member before = server.join("b1");
    Fleet.Member next = server.join("b2");
    passes(minutes(1), server);
    server.leave(before);
    passes(minutes(59), server);
    server.join("b1");
    server.leave(next);
    passes(minutes(300), server);
    assertThat(stored()).containsExactly("page");
    // The build that was tried has ended, and nothing was made by it.
    assertThat(server.ended()).containsExactly("b2 0");
  }

  @Test
  void whoComesBackLaterBeginsAnewAndKeepsThat() {
    var server = new Server();
    Fleet.Member old = server.join("b1");
    server.join("b2");
    server.put("page", Origin.Kind.PAGE, "b1");
    passes(minutes(1), server);
    server.leave(old);
    passes(minutes(62), server);
    assertThat(stored()).isEmpty();
    old = server.join("b1");
    server.put("page again", Origin.Kind.PAGE, "b1");
    passes(minutes(300), server);
    server.leave(old);
    passes(minutes(59), server);
    assertThat(stored()).containsExactly("page again");
    passes(minutes(2), server);
    assertThat(server.ended()).containsExactly("b1 1", "b1 1");
  }

  @Test
  void aFleetInWhichNothingRunsKeepsEverything() {
    var server = new Server();
    Fleet.Member last = server.join("b1");
    server.join(new Namespace("other"), "o1");
    server.put("page", Origin.Kind.PAGE, "b1");
    passes(minutes(1), server);
    server.leave(last);
    passes(minutes(600), server);
    assertThat(stored()).containsExactly("page");
    // What takes its place may still be taken back.
    server.join("b2");
    passes(minutes(59), server);
    assertThat(stored()).containsExactly("page");
    passes(minutes(2), server);
    assertThat(stored()).isEmpty();
  }

  @Test
  void aBuildWhoseProcessesAreReplacedNeverEnds() {
    var servers = List.of(new Server(), new Server(), new Server());
    servers.getFirst().join("canary");
    servers.getFirst().put("page", Origin.Kind.PAGE, "b1");
    Server at = servers.getFirst();
    Fleet.Member only = at.join("b1");
    for (int n = 0; n < 10; n++) {
      passes(minutes(40), servers.toArray(Server[]::new));
      at.leave(only);
      passes(minutes(30), servers.toArray(Server[]::new));
      at = servers.get(n % 3);
      only = at.join("b1");
    }
    assertThat(stored()).containsExactly("page");
  }

  @Test
  void whoWasFrozenBelievesWhatTheTextSaysNow() {
    var one = new Server();
    var frozen = new Server();
    one.join("b1");
    frozen.join("b2");
    one.put("page", Origin.Kind.PAGE, "b1");
    passes(minutes(5), one, frozen);
    passes(minutes(300), one);
    passes(minutes(300), one, frozen);
    assertThat(stored()).containsExactly("page");
    assertThat(frozen.ended()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whileNobodyCanSayAnythingNoTimeCounts(boolean readable) {
    var one = new Server();
    var two = new Server();
    one.join("b1");
    two.join("b2");
    one.put("page", Origin.Kind.PAGE, "b1");
    passes(minutes(5), one, two);
    text.away = !readable;
    text.readOnly = readable;
    passes(minutes(300), one, two);
    text.away = false;
    text.readOnly = false;
    // Who can say something first knows nothing of the other.
    passes(minutes(59), two);
    assertThat(stored()).containsExactly("page");
    passes(minutes(120), one, two);
    assertThat(two.ended()).isEmpty();
  }

  @Test
  void afterAStartTimeBeginsAnew() {
    var before = new Server();
    Fleet.Member old = before.join("b1");
    before.join("b2");
    before.put("page", Origin.Kind.PAGE, "b1");
    passes(minutes(1), before);
    before.leave(old);
    passes(minutes(50), before);
    var after = new Server();
    after.join("b2");
    passes(minutes(59), after);
    assertThat(stored()).containsExactly("page");
    passes(minutes(2), after);
    assertThat(after.ended()).containsExactly("b1 1");
  }

  @Test
  void ofTwoServersThatSeeItEndOneRemovesIt() {
    var one = new Server();
    var two = new Server();
    var third = new Server();
    Fleet.Member old = third.join("b1");
    one.join("b2");
    two.join("b2");
    one.put("page", Origin.Kind.PAGE, "b1");
    passes(minutes(1), third, one, two);
    third.leave(old);
    passes(KEEP.plusMillis(one.watch.interval()), one, two);
    assertThat(stored()).containsExactly("page");
    time.advance(one.watch.interval());
    // Both have read the same when one of them changes it.
    text.meanwhile = two.watch::check;
    one.watch.check();
    assertThat(two.ended()).containsExactly("b1 1");
    assertThat(one.ended()).isEmpty();
  }

  @Test
  void whoComesBackWhileItIsDecidedKeepsItsEntries() {
    var one = new Server();
    var two = new Server();
    Fleet.Member old = two.join("b1");
    one.join("b2");
    one.put("page", Origin.Kind.PAGE, "b1");
    passes(minutes(1), two, one);
    two.leave(old);
    passes(KEEP.plusMillis(one.watch.interval()), one, two);
    assertThat(stored()).containsExactly("page");
    time.advance(one.watch.interval());
    text.meanwhile =
        () -> {
          two.join("b1");
          two.watch.check();
        };
    one.watch.check();
    assertThat(stored()).containsExactly("page");
    assertThat(one.ended()).isEmpty();
  }

  @Test
  void whoAloneHasATextWritesItWhenBuildsComeAndGo() {
    var server = new Server(KEEP, () -> 0);
    Fleet.Member old = server.join("b1");
    server.join("b2");
    server.put("page", Origin.Kind.PAGE, "b1");
    passes(minutes(300), server);
    assertThat(text.written).isEqualTo(1);
    server.leave(old);
    passes(minutes(30), server);
    // It has not forgotten them when it starts again.
    var again = new Server(KEEP, () -> 0);
    again.join("b2");
    passes(minutes(61), again);
    assertThat(text.written).isEqualTo(2);
    assertThat(again.ended()).containsExactly("b1 1");
  }

  @Test
  void aFullTextForgetsWhatNobodyHasSpokenOfForLongest() {
    text.kept =
        Optional.of(
            IntStream.range(0, RunningBuilds.MAX_BUILDS)
                .mapToObj("gone b%d 0000000000000001"::formatted)
                .collect(Collectors.joining("\n")));
    var server = new Server(minutes(6), random::nextLong);
    server.join("new");
    passes(minutes(5), server);
    assertThat(text.builds().size()).isEqualTo(RunningBuilds.MAX_BUILDS);
    assertThat(text.builds().contains("new")).isFalse();
    passes(minutes(2), server);
    assertThat(text.builds().size()).isEqualTo(RunningBuilds.MAX_BUILDS);
    assertThat(text.builds().contains("new")).isTrue();
    assertThat(server.ended()).isEmpty();
  }

  @Test
  void aTextOfAnythingIsRead() {
    text.kept =
        Optional.of("what is this\nshop b%zz 01\nshop b1 1\n\0\nshop %E2%82 00000000000000aa");
    var server = new Server();
    var names = List.of(" ", "\ufffd", "ü €", "+%20", "shop b 0", "😀".repeat(16));
    names.forEach(server::join);
    passes(minutes(1), server);
    assertThat(text.builds()).containsAll(names).hasSize(names.size());
    assertThat(text.kept.orElseThrow().lines()).hasSize(names.size());
  }

  /**
   * Servers that are frozen, a store that comes and goes, processes that come, move and leave: what
   * goes is of builds that have not run for as long as they must not.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void noBuildThatRanLatelyLosesAnything(int minutes) {
    int ended = 0;
    for (int seed = 0; seed < 25; seed++) {
      ended += new History(seed, minutes(minutes)).run();
    }
    assertThat(ended).isGreaterThan(25);
  }

  /** What chance makes of three servers and a deployment every ten steps. */
  private final class History {
    private final int seed;
    private final Random chance;
    private final Duration keep;
    private final List<Server> servers;
    private final List<Running> processes = new ArrayList<>();

    /** When a process of each build ran last, and at least one could say so. */
    private final Map<String, Long> ran = new HashMap<>();

    private final Map<Server, Long> heard = new HashMap<>();
    private int ended;

    /** A process that goes from server to server. */
    private record Running(String build, Server server, Fleet.Member member) {
      Running to(Server other) {
        server.leave(member);
        return new Running(build, other, other.join(build));
      }
    }

    History(int seed, Duration keep) {
      this.seed = seed;
      this.chance = new Random(seed);
      this.keep = keep;
      this.servers = Stream.generate(() -> new Server(keep, random::nextLong)).limit(3).toList();
      text.kept = Optional.empty();
    }

    int run() {
      long interval = servers.getFirst().watch.interval();
      int most = (int) (keep.toMillis() / interval);
      for (int step = 0; step < 60; step++) {
        comeAndGo("b" + step / 10);
        int state = chance.nextInt(8);
        text.away = state == 0;
        text.readOnly = state == 1;
        int frozen = state == 2 ? chance.nextInt(3) : -1;
        // Whoever has a frozen server notices before anybody else does.
        processes.replaceAll(each ->
            servers.indexOf(each.server()) == frozen
                ? each.to(servers.get((frozen + 1) % 3))
                : each);
        for (int n = 1 + chance.nextInt(most); n > 0; n--) {
          time.advance(interval);
          processes.forEach(each -> ran.put(each.build(), time.millis()));
          servers.stream()
              .filter(each -> servers.indexOf(each) != frozen && chance.nextInt(10) > 0)
              .forEach(each -> each.watch.check());
          servers.forEach(each -> judge(each, interval));
        }
      }
      return ended;
    }

    private void comeAndGo(String build) {
      if (processes.isEmpty() || chance.nextInt(3) == 0) {
        Server server = servers.get(chance.nextInt(3));
        processes.add(new Running(build, server, server.join(build)));
      }
      if (processes.size() > 1 && chance.nextInt(3) == 0) {
        Running oldest = processes.remove(0);
        oldest.server().leave(oldest.member());
      }
      if (chance.nextInt(3) == 0) {
        processes.replaceAll(each -> each.to(servers.get(chance.nextInt(3))));
      }
    }

    private void judge(Server server, long interval) {
      for (Event event : server.events.after(heard.getOrDefault(server, 0L), 1_000).events()) {
        heard.put(server, event.number());
        if (event.kind() == Event.Kind.BUILD_ENDED) {
          ended++;
          String build = String.valueOf(event.details().get("build"));
          // One that comes between two checks has said nothing yet.
          assertThat(time.millis() - ran.getOrDefault(build, 0L))
              .as("seed %d: %s ends", seed, build)
              .isGreaterThan(keep.toMillis() - 3 * interval);
        }
      }
    }
  }
}
