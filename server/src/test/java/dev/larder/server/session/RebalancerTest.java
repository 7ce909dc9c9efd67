package dev.larder.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.spi.SharedText;
import dev.larder.core.spi.StoreException;
import dev.larder.server.events.EventLog;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Servers that tell each other what they carry over one text, on a clock that the test moves. */
class RebalancerTest {
  private static final String OTHER = "00000000000000ff";

  private final Text text = new Text();
  private final EventLog events = new EventLog(InstantSource.system());
  private long now;

  /** A text in memory, which somebody else may have just changed. */
  private static final class Text implements SharedText {
    private Optional<String> kept = Optional.empty();
    private int overtaken;
    private boolean away;

    @Override
    public CompletionStage<Optional<String>> read() {
      return away
          ? CompletableFuture.failedStage(new StoreException("away"))
          : CompletableFuture.completedStage(kept);
    }

    @Override
    public CompletionStage<Boolean> replace(Optional<String> expected, String text) {
      if (overtaken > 0) {
        overtaken--;
        return CompletableFuture.completedStage(false);
      }
      assertThat(expected).isEqualTo(kept);
      kept = Optional.of(text);
      return CompletableFuture.completedStage(true);
    }
  }

  /** A server, and how often each of its processes was asked to go. */
  private final class Server {
    private final Rebalancer rebalancer;
    private final List<int[]> processes = new ArrayList<>();
    private final List<Runnable> gone = new ArrayList<>();

    Server(int seed) {
      this.rebalancer = new Rebalancer(text, events, new Random(seed), () -> now);
    }

    void connect(int count) {
      for (int n = 0; n < count; n++) {
        int[] asked = new int[1];
        processes.add(asked);
        gone.add(rebalancer.register(() -> asked[0]++));
      }
    }

    int asked() {
      return processes.stream().mapToInt(asked -> asked[0]).sum();
    }

    /** Those who were asked go to another server; how many they are. */
    int moveTo(Server other) {
      int moved = 0;
      for (int n = processes.size() - 1; n >= 0; n--) {
        if (processes.get(n)[0] > 0) {
          processes.remove(n);
          gone.remove(n).run();
          moved++;
        }
      }
      other.connect(moved);
      return moved;
    }
  }

  private void passes(long millis) {
    now += TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private void check(Server... servers) {
    for (Server server : servers) {
      server.rebalancer.check();
    }
    passes(Rebalancer.CHECK_INTERVAL);
  }

  @Test
  void whoCarriesEverybodySharesWithThoseThatCome() {
    var all = new Server(1);
    var second = new Server(2);
    var third = new Server(3);
    all.connect(60);
    passes(Rebalancer.SETTLED);
    for (int passed = 0; passed < 60_000; passed += (int) Rebalancer.CHECK_INTERVAL) {
      check(all, second, third);
      all.moveTo(second);
      second.moveTo(third);
      third.moveTo(all);
    }
    List<Integer> carried =
        Stream.of(all, second, third).map(server -> server.processes.size()).toList();
    assertThat(carried.stream().mapToInt(each -> each).sum()).isEqualTo(60);
    // A share is 20.
    assertThat(carried).allMatch(each -> each <= 25);
    int asked = events.after(0, 100).events().size();
    passes(Rebalancer.ASKED_AGAIN);
    check(all, second, third);
    check(all, second, third);
    assertThat(events.after(0, 100).events()).hasSize(asked);
  }

  @Test
  void whoeverHasItsShareAsksNobody() {
    var only = new Server(1);
    only.connect(7);
    passes(Rebalancer.SETTLED);
    check(only);
    assertThat(only.asked()).as("alone").isZero();
    var other = new Server(2);
    other.connect(6);
    passes(Rebalancer.SETTLED);
    check(only, other);
    check(only, other);
    assertThat(only.asked() + other.asked()).isZero();
    assertThat(events.after(0, 100).events()).isEmpty();
  }

  @Test
  void whoHasJustComeIsLeftAlone() {
    var server = new Server(1);
    var other = new Server(2);
    check(other);
    server.connect(10);
    server.rebalancer.check();
    assertThat(server.asked()).isZero();
    passes(Rebalancer.SETTLED);
    server.rebalancer.check();
    assertThat(server.asked()).isEqualTo(3);
    assertThat(events.after(0, 10).events().getFirst().sentence())
        .isEqualTo(
            "3 of 10 connections were asked to go to servers that carry less; the share of one is"
                + " 5");
  }

  @Test
  void whoCannotGoIsAskedEverMoreRarely() {
    var server = new Server(1);
    var other = new Server(2);
    server.connect(10);
    passes(Rebalancer.SETTLED);
    for (int n = 0; n < 400; n++) {
      check(server, other);
    }
    // Twenty minutes, in which nobody can.
    assertThat(server.asked()).isBetween(3, 30);
  }

  @Test
  void aServerThatHasGoneOrSaysNothingIsNotCountedOn() {
    var server = new Server(1);
    var other = new Server(2);
    check(server, other);
    assertThat(ServerLoads.of(text.kept.orElseThrow()).byServer()).hasSize(2);
    other.rebalancer.leave().toCompletableFuture().join();
    other.rebalancer.check();
    assertThat(ServerLoads.of(text.kept.orElseThrow()).byServer()).hasSize(1);

    text.kept = Optional.of(ServerLoads.of(text.kept.orElseThrow()).text() + "\n" + OTHER + " 0 7");
    server.connect(4);
    check(server);
    passes(Rebalancer.SILENCE);
    check(server);
    assertThat(ServerLoads.of(text.kept.orElseThrow()).byServer()).doesNotContainKey(OTHER);
    check(server);
    assertThat(server.asked()).isZero();
  }

  @Test
  void nobodyMovesWhileTheStoreIsAwayOrTheTextIsNone() {
    var server = new Server(1);
    server.connect(10);
    passes(Rebalancer.SETTLED);
    text.away = true;
    check(server);
    text.away = false;
    text.kept = Optional.of("what is this\n" + OTHER + " 99999999999 1\n\0");
    text.overtaken = 2;
    check(server);
    assertThat(server.asked()).isZero();
    assertThat(text.kept.orElseThrow()).matches("[0-9a-f]{16} 10 \\d+");
  }
}
