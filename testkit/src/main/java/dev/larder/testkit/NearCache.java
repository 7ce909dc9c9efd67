package dev.larder.testkit;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Answer;
import dev.larder.testkit.ReferenceModel.Happened;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The near cache of a simulated process: entries, and every invalidation between the revision the
 * process began at and the one it has learnt of. An entry stamped before the first of them may have
 * been invalidated for a reader with other soft tags, and is not served.
 */
final class NearCache {
  /** How late a soft deadline may be here: as late as the frame was that told of it. */
  static final long LAG = 15_000;

  private final InstantSource time;
  private final boolean ignoresItsFloor;
  private final Map<CacheKey, CacheEntry> entries = new HashMap<>();
  private final List<Happened> learnt = new ArrayList<>();
  private Revision floor = Revision.ZERO;
  private AsOf upTo = AsOf.NONE;

  NearCache(InstantSource time, boolean ignoresItsFloor) {
    this.time = time;
    this.ignoresItsFloor = ignoresItsFloor;
  }

  /** The point in history up to which every invalidation is known here. */
  AsOf upTo() {
    return upTo;
  }

  boolean has(CacheKey key) {
    return entries.containsKey(key);
  }

  /** The server is at that point. */
  void welcomed(AsOf current) {
    if (!upTo.store().equals(current.store()) || upTo.revision().isAfter(current.revision())) {
      beginAt(current);
    }
  }

  /** An invalidation is pushed; one that does not follow is left to the next refresh. */
  void pushed(Answer.Pushed pushed) {
    if (pushed.store().equals(upTo.store())
        && pushed.invalidation().revision().equals(upTo.revision().next())) {
      learn(pushed.invalidation());
      upTo = new AsOf(upTo.store(), pushed.invalidation().revision());
    }
  }

  void refreshed(Answer.Refreshed refreshed) {
    if (!refreshed.complete() || !refreshed.asOf().store().equals(upTo.store())) {
      beginAt(refreshed.asOf());
    } else {
      refreshed.missed().forEach(this::learn);
      upTo = refreshed.asOf();
    }
  }

  /** Keeps an entry the server called fresh as of {@code asOf}. */
  void keep(CacheKey key, Answer.Entry entry, AsOf asOf) {
    if (asOf.store().equals(upTo.store())) {
      entries.put(
          key,
          new CacheEntry(
              entry.revision(),
              entry.tags(),
              entry.life(),
              time.millis() - entry.age(),
              entry.checksum(),
              entry.value()));
    }
  }

  Optional<CacheEntry> fresh(CacheKey key, TagSet softTags) {
    return Optional.ofNullable(entries.get(key))
        .filter(entry -> ignoresItsFloor || !floor.isAfter(entry.revision()))
        .filter(entry ->
            ReferenceModel.freshness(learnt, entry, softTags, time.millis())
                instanceof Freshness.Fresh);
  }

  private void beginAt(AsOf current) {
    entries.clear();
    learnt.clear();
    floor = current.revision();
    upTo = current;
  }

  private void learn(Answer.Told told) {
    long expiresIn = told.expiresIn();
    long deadline = expiresIn == Invalidation.NEVER ? expiresIn : time.millis() + expiresIn;
    learnt.add(new Happened(told.revision().number(), told.tags(), deadline));
  }
}
