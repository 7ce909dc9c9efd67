package dev.larder.core.engine;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.Freshness.Cause;
import dev.larder.core.Invalidation;
import dev.larder.core.TagSet;
import java.util.stream.IntStream;

/** A ledger of the smallest size, in time that stands still. */
abstract class LedgerScenario {
  static final CacheKey KEY = key("key");
  static final int TAGS = TagSet.MAX_TAGS;
  static final Freshness EXPIRED_BY_TAG = new Freshness.Expired(Cause.TAG);
  static final Freshness STALE_BY_TAG = new Freshness.Stale(Cause.TAG);
  static final Freshness FORGOTTEN = new Freshness.Expired(Cause.FORGOTTEN);

  final Ledger ledger = Ledger.empty(TAGS);
  long now = 1_000;

  /** Invalidates these tags as the next revision. */
  Invalidation invalidate(long deadline, String... tags) {
    var invalidation = new Invalidation(ledger.revision().next(), TagSet.of(tags), deadline);
    ledger.apply(invalidation, now);
    return invalidation;
  }

  /** Invalidates so many tags at once, named by the prefix and a number. */
  void invalidateMany(String prefix, int count) {
    invalidate(
        Invalidation.NOW,
        IntStream.range(0, count).mapToObj(i -> prefix + i).toArray(String[]::new));
  }

  /** How fresh an entry is to a reader with these soft tags. */
  Freshness freshness(CacheEntry entry, String... softTags) {
    return ledger.freshness(KEY, entry, TagSet.of(softTags), now);
  }
}
