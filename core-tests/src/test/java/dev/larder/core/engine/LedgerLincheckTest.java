package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;

import dev.larder.core.CacheKey;
import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A ledger with one writer and many readers, under stress and under every interleaving Lincheck
 * finds: every reader sees each invalidation whole or not at all, and never one without those
 * before it.
 */
@Param(name = "made", gen = IntGen.class, conf = "0:3")
@Param(name = "tag", gen = IntGen.class, conf = "1:2")
@Tag("instrumented")
public class LedgerLincheckTest {
  private static final CacheKey KEY = key("key");

  /** So few that a list may have to begin late. */
  private static final int LISTED = 3;

  private final Ledger ledger = Ledger.empty(TagSet.MAX_TAGS);

  @Operation(nonParallelGroup = "writer")
  public void invalidateBoth() {
    invalidate(Invalidation.NOW, "tag1", "tag2");
  }

  @Operation(nonParallelGroup = "writer")
  public void invalidateSoftly(@Param(name = "tag") int tag) {
    invalidate(Invalidation.NEVER, "tag" + tag);
  }

  private void invalidate(long deadline, String... tags) {
    ledger.apply(new Invalidation(ledger.revision().next(), TagSet.of(tags), deadline), 1_000);
  }

  @Operation
  public String freshness(@Param(name = "made") int made, @Param(name = "tag") int tag) {
    return ledger.freshness(KEY, entry("x", made, "tag" + tag), TagSet.EMPTY, 1_000).toString();
  }

  @Operation
  public String freshnessToAReader(@Param(name = "made") int made) {
    return ledger.freshness(KEY, entry("x", made, "tag1"), TagSet.of("tag2"), 1_000).toString();
  }

  @Operation
  public long revision() {
    return ledger.revision().number();
  }

  @Operation
  public String since(@Param(name = "made") int known) {
    return ledger.since(new Revision(known), LISTED).toString();
  }

  @Test
  void concurrentReadersAreAsIfOneAfterTheOther() {
    new StressOptions()
        .iterations(30)
        .invocationsPerIteration(2_000)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(1)
        .check(LedgerLincheckTest.class);
  }

  @Test
  @Tag("full")
  void everyInterleavingIsAsIfOneAfterTheOther() {
    new ModelCheckingOptions()
        .iterations(30)
        .invocationsPerIteration(300)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(1)
        .actorsAfter(1)
        .check(LedgerLincheckTest.class);
  }
}
