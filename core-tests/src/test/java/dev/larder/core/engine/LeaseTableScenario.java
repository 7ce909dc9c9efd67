package dev.larder.core.engine;

import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.SharedLeases;
import dev.larder.testkit.ManualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;

/**
 * A table of leases in time that stands still.
 *
 * <p>After each test everybody leaves, and nothing may be left: no lease, no wait, no timer.
 */
abstract class LeaseTableScenario {
  static final long LEASE = 10_000;
  static final int MAX_WAITING = 4;
  static final CacheKey KEY = key("key");
  static final CacheKey OTHER = key("other");

  final ManualTime time = new ManualTime(1_000_000);
  Revision revision = new Revision(1);
  final List<CacheKey> expired = new ArrayList<>();
  private final CacheObserver observer =
      new CacheObserver() {
        @Override
        public void onLeaseExpired(CacheKey key) {
          expired.add(key);
        }
      };
  final LeaseTable leases = over(new Random(7));
  final List<Caller> callers = new ArrayList<>();
  final Caller alice = caller();
  final Caller bob = caller();

  LeaseTable over(RandomGenerator random) {
    return new LeaseTable(
        time, time, random, () -> revision, LEASE, MAX_WAITING, SharedLeases.unshared(), observer);
  }

  Caller caller() {
    var caller = new Caller();
    callers.add(caller);
    return caller;
  }

  /** Somebody of its own who waits for {@link #KEY}. */
  RecordingFollower waiting(long budget) {
    return waiting(caller(), KEY, budget);
  }

  RecordingFollower waiting(Caller caller, CacheKey key, long budget) {
    var follower = new RecordingFollower(key, caller);
    assertThat(leases.claimOrWait(follower, budget)).isZero();
    return follower;
  }

  @AfterEach
  void nothingIsLeftOnceEverybodyIsGone() {
    callers.forEach(leases::close);
    time.advance(LeaseTable.TRY_AGAIN_AFTER);
    assertThat(leases.held()).isZero();
    assertThat(leases.waiting()).isZero();
    assertThat(time.scheduled()).isZero();
  }
}
