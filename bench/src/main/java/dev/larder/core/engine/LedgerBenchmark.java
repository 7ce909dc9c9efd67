package dev.larder.core.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What invalidations and judgements cost, however many tags the ledger remembers. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LedgerBenchmark {
  /** How many tags the ledger remembers at most: more than are invalidated here. */
  private static final int MOST = 2_000_000;

  private static final CacheKey KEY =
      CacheKey.of("benchmark entry 000000000000000000000042".getBytes(UTF_8));

  /** How many tags were invalidated before. */
  @Param({"0", "1000", "1000000"})
  int tags;

  private Ledger ledger = Ledger.empty(MOST);
  private CacheEntry entry =
      new CacheEntry(
          Revision.ZERO, TagSet.EMPTY, new CacheLife(300, 900, CacheLife.NEVER), 0, 0, new byte[0]);
  private TagSet softTags = TagSet.EMPTY;
  private int next;

  /** A state that {@link #prepare} fills. */
  public LedgerBenchmark() {}

  /** Invalidates that many tags, then generates an entry. */
  @Setup
  public void prepare() {
    ledger = Ledger.empty(MOST);
    for (int i = 0; i < tags; i++) {
      invalidate(TagSet.of("tag:" + i));
    }
    entry =
        new CacheEntry(
            ledger.revision(),
            TagSet.of("products", "tag:42", "brand:7"),
            new CacheLife(300, 900, CacheLife.NEVER),
            0,
            0,
            new byte[0]);
    softTags = TagSet.of("_N_T_/layout", "_N_T_/products/layout", "_N_T_/products/42");
  }

  /** What an entry of three tags is worth. */
  @Benchmark
  public Freshness judge() {
    return ledger.freshness(KEY, entry, TagSet.EMPTY, 1000);
  }

  /** What it is worth to a reader with three soft tags. */
  @Benchmark
  public Freshness judgeWithSoftTags() {
    return ledger.freshness(KEY, entry, softTags, 1000);
  }

  /** An invalidation of one of a thousand tags. */
  @Benchmark
  public Revision invalidateOne() {
    next = (next + 1) % 1000;
    return invalidate(TagSet.of("tag:" + next));
  }

  /** Invalidates tags at once. */
  private Revision invalidate(TagSet named) {
    ledger.apply(new Invalidation(ledger.revision().next(), named, 0), 1000);
    return ledger.revision();
  }
}
