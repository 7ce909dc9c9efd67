package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.SharedLeases;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The leases of one key, without timers, under stress by Lincheck: the outcome of concurrent
 * operations is one they could have had one after the other, nobody who waits is left without a
 * leader, and none is notified twice.
 *
 * <p>So that outcomes can be compared, a lease is named after whom it was claimed by, and one that
 * was passed on by the name of all of those.
 */
@Param(name = "caller", gen = IntGen.class, conf = "1:2")
@Tag("instrumented")
public class LeaseTableLincheckTest {
  private static final CacheKey KEY = key("key");
  private static final long PASSED_ON = 99;

  private final ThreadLocal<Long> nextLease = ThreadLocal.withInitial(() -> PASSED_ON);
  private final LeaseTable leases =
      new LeaseTable(
          (delay, task) -> () -> {},
          () -> Instant.EPOCH,
          new Named(),
          () -> new Revision(1),
          1_000,
          100,
          SharedLeases.unshared(),
          CacheObserver.NONE);
  private final List<Caller> callers = List.of(new Caller(), new Caller());
  private final Caller crowd = new Caller();
  private final List<RecordingFollower> followers = new CopyOnWriteArrayList<>();

  @Operation
  public boolean claim(@Param(name = "caller") int caller) {
    nextLease.set((long) caller);
    boolean claimed = leases.claim(KEY, callers.get(caller - 1)) != 0;
    nextLease.set(PASSED_ON);
    return claimed;
  }

  @Operation
  public boolean release(@Param(name = "caller") int caller) {
    return leases.release(KEY, caller);
  }

  @Operation
  public boolean releasePassedOn() {
    return leases.release(KEY, PASSED_ON);
  }

  @Operation
  public boolean renew(@Param(name = "caller") int caller) {
    return leases.renew(KEY, caller).isPresent();
  }

  @Operation
  public void close(@Param(name = "caller") int caller) {
    leases.close(callers.get(caller - 1));
  }

  @Operation
  public boolean claimOrWait() {
    var follower = new RecordingFollower(KEY, crowd);
    followers.add(follower);
    return leases.claimOrWait(follower, 1_000) != 0;
  }

  @Operation
  public void arrived() {
    leases.arrived(KEY, 0, entry("value", 1));
  }

  @Operation
  public void arrivedUnderItsLease(@Param(name = "caller") int caller) {
    leases.arrived(KEY, caller, entry("older", 0));
  }

  /** What has to hold once all operations have ended. */
  @Validate
  public void nobodyIsForgotten() {
    long notified = followers.stream().filter(follower -> !follower.received().isEmpty()).count();
    if (leases.waiting() > 0 && leases.held() == 0) {
      throw new AssertionError("somebody waits for nobody");
    }
    if (followers.stream().anyMatch(follower -> follower.received().size() > 1)) {
      throw new AssertionError("a follower was notified twice");
    }
    if (notified + leases.waiting() > followers.size()) {
      throw new AssertionError("a follower was notified and still waits");
    }
  }

  @Test
  void concurrentOperationsAreAsIfOneAfterTheOther() {
    new StressOptions()
        .iterations(30)
        .invocationsPerIteration(2_000)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(1)
        .check(LeaseTableLincheckTest.class);
  }

  private final class Named implements RandomGenerator {
    @Override
    public long nextLong() {
      return nextLease.get();
    }
  }
}
