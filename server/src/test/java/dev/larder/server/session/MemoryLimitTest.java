package dev.larder.server.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How large values permit, and who waits for whom. */
class MemoryLimitTest {
  private static final long MIB = 1 << 20;

  private final MemoryLimit limit = new MemoryLimit(4 * MIB);

  @Test
  void whatFitsPassesAtOnce() {
    assertThat(enter(3 * MIB)).isCompleted();
    assertThat(enter(MIB)).isCompleted();
    assertThat(enter(MIB)).isNotCompleted();
  }

  @Test
  void whatIsSmallPassesWhoeverWaits() {
    assertThat(enter(4 * MIB)).isCompleted();
    assertThat(enter(MIB)).isNotCompleted();
    assertThat(enter(MemoryLimit.LARGE - 1)).isCompleted();
  }

  @Test
  void whatIsLargerThanTheRoomGoesAlone() {
    var before = enter(MIB);
    var huge = enter(100 * MIB);
    assertThat(huge).isNotCompleted();
    before.join().release();
    assertThat(huge).isCompleted();
    assertThat(enter(MIB)).isNotCompleted();
  }

  @Test
  void nobodyOvertakes() {
    var first = enter(3 * MIB);
    var second = enter(3 * MIB);
    var third = enter(MIB);
    assertThat(third).isNotCompleted();
    first.join().release();
    assertThat(second).isCompleted();
    assertThat(third).isCompleted();
  }

  @Test
  void whoAsksOftenDoesNotKeepOutWhoAsksOnce() {
    var first = enter(4 * MIB);
    var second = enter(4 * MIB);
    var third = enter(4 * MIB);
    var once = limit.acquire("somebody else", 4 * MIB).toCompletableFuture();
    first.join().release();
    assertThat(second).isCompleted();
    second.join().release();
    assertThat(once).isCompleted();
    assertThat(third).isNotCompleted();
  }

  @Test
  void leavingTwiceMakesRoomOnce() {
    var first = enter(3 * MIB);
    assertThat(enter(MIB)).isCompleted();
    first.join().release();
    first.join().release();
    assertThat(enter(3 * MIB)).isCompleted();
    assertThat(enter(MIB)).isNotCompleted();
  }

  @Test
  void whoLeavesLetsInAllThereIsRoomFor() {
    var whole = enter(4 * MIB);
    var one = enter(2 * MIB);
    var two = enter(2 * MIB);
    var three = enter(MIB);
    whole.join().release();
    assertThat(one).isCompleted();
    assertThat(two).isCompleted();
    assertThat(three).isNotCompleted();
  }

  private CompletableFuture<MemoryLimit.Permit> enter(long bytes) {
    return limit.acquire(this, bytes).toCompletableFuture();
  }
}
