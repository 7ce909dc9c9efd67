package dev.larder.core.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.SharedLeases;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What a lease costs, however many are held. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LeaseTableBenchmark {
  private static final long LEASE_MILLIS = 10_000;
  private static final CacheKey KEY = key(-1);

  /** How many leases are held by others. */
  @Param({"0", "1000", "100000"})
  int held;

  private LeaseTable leases = empty();
  private Caller caller = new Caller();

  /** A state that {@link #prepare} fills. */
  public LeaseTableBenchmark() {}

  /** Grants what others hold. */
  @Setup
  public void prepare() {
    leases = empty();
    caller = new Caller();
    for (int i = 0; i < held; i++) {
      leases.claim(key(i), caller);
    }
  }

  /** A lease granted and given back. */
  @Benchmark
  public boolean claimAndRelease() {
    return leases.release(KEY, leases.claim(KEY, caller));
  }

  private static CacheKey key(int number) {
    return CacheKey.of(("benchmark entry " + number).getBytes(UTF_8));
  }

  private static LeaseTable empty() {
    return new LeaseTable(
        (delay, task) -> () -> {},
        () -> java.time.Instant.EPOCH,
        new SplittableRandom(1),
        () -> Revision.ZERO,
        LEASE_MILLIS,
        1000,
        SharedLeases.unshared(),
        CacheObserver.NONE);
  }
}
