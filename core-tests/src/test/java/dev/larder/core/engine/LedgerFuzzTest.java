package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.larder.core.CacheKey;
import dev.larder.core.Invalidation;
import dev.larder.core.TagSet;
import org.junit.jupiter.api.Tag;

/** Any bytes restore to a ledger that works, or are refused as no snapshot. */
@Tag("instrumented")
class LedgerFuzzTest {
  private static final CacheKey KEY = key("key");

  @FuzzTest
  void everySnapshotIsRestoredOrRefused(byte[] snapshot) {
    Ledger ledger;
    try {
      ledger = Ledger.restore(snapshot, TagSet.MAX_TAGS);
    } catch (IllegalArgumentException refused) {
      return;
    }
    ledger.freshness(KEY, entry("x", 0, "a", "b"), TagSet.of("c"), 1_000);
    ledger.since(ledger.floor(), 2);
    ledger.apply(
        new Invalidation(ledger.revision().next(), TagSet.of("a"), Invalidation.NOW), 1_000);
    Ledger.restore(ledger.snapshot(), TagSet.MAX_TAGS);
  }
}
