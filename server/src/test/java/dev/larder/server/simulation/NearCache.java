package dev.larder.server.simulation;

import dev.larder.client.protocol.Event;
import dev.larder.client.protocol.History;
import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EarlyRefresh;
import dev.larder.core.Freshness;
import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.wire.Response;
import dev.larder.server.simulation.FleetSimulation.Flaw;
import dev.larder.testkit.Entries;
import dev.larder.testkit.ReferenceModel;
import dev.larder.testkit.ReferenceModel.Happened;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The near cache of a simulated process: entries, and every invalidation that can still matter
 * between its floor, the earliest revision the server could tell of, and the one it has learnt of.
 * An entry stamped below the floor may have been invalidated for a reader with other soft tags, and
 * is not served.
 */
final class NearCache {
  /** How late a soft deadline may be here: as late as the frame was that brought it. */
  static final long LAG = 15_000;

  private final InstantSource time;
  private final Flaw flaw;
  private final Map<CacheKey, CacheEntry> entries = new HashMap<>();

  /** When each entry was what the server had, and when it last said that it has another. */
  private final Map<CacheKey, Revision> seen = new HashMap<>();

  private final Map<String, Revision> replaced = new HashMap<>();
  private final List<Happened> learnt = new ArrayList<>();
  private final EarlyRefresh early;

  /** When the server was last asked whether a copy is to be regenerated. */
  private final Map<CacheKey, Long> asked = new HashMap<>();

  private final History history;
  private Revision floor = Revision.ZERO;
  private StoreIdentity store = StoreIdentity.NONE;

  /**
   * An empty one.
   *
   * @param history how far the process knows it
   * @param early when the server is asked whether a copy is to be regenerated
   */
  NearCache(InstantSource time, Flaw flaw, History history, EarlyRefresh early) {
    this.time = time;
    this.flaw = flaw;
    this.history = history;
    this.early = early;
  }

  boolean has(CacheKey key) {
    return entries.containsKey(key);
  }

  /** Nothing known here is true any more. */
  void distrust() {
    forget(Revision.ZERO);
  }

  /** An invalidation is pushed; one that does not follow is left to the next refresh. */
  void pushed(Event.Pushed event) {
    if (event.follows()) {
      learn(event.pushed().invalidation());
    }
  }

  /** The server tells what was missed, as far back as it can. */
  void refreshed(Event.Refreshed event) {
    Response.Refreshed refreshed = event.refreshed();
    boolean sameStore = refreshed.asOf().store().equals(store);
    if (!event.follows() && !(sameStore && ignoresSince())) {
      forget(refreshed.since());
    }
    store = refreshed.asOf().store();
    refreshed.missed().forEach(this::learn);
  }

  /** Keeps an entry the server called fresh as of {@code asOf}. */
  void keep(CacheKey key, Response.Entry entry, AsOf asOf) {
    if (asOf.store().equals(history.known().store())) {
      seen.put(key, asOf.revision());
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
        .filter(entry -> !isReplaced(key))
        .filter(entry -> ignoresSince() || !floor.isAfter(entry.revision()))
        .filter(entry ->
            ReferenceModel.freshness(learnt, key(key), entry, softTags, time.millis())
                instanceof Freshness.Fresh);
  }

  /** The same, unless it is time to ask the server whether it is to be regenerated. */
  Optional<CacheEntry> served(CacheKey key, TagSet softTags) {
    return fresh(key, softTags).filter(entry -> !asks(key, entry));
  }

  private boolean asks(CacheKey key, CacheEntry entry) {
    long now = time.millis();
    boolean asks =
        early.isDue(key, entry.life(), now - entry.generatedAt())
            && now - asked.getOrDefault(key, 0L) >= 1_000;
    if (asks) {
      asked.put(key, now);
    }
    return asks;
  }

  private boolean isReplaced(CacheKey key) {
    boolean keeps =
        flaw == Flaw.CLIENT_KEEPS_WHAT_IS_REPLACED || flaw == Flaw.CLIENT_KEEPS_WHAT_IS_PURGED;
    return !keeps
        && replaced
            .getOrDefault(key.copyTag(), Revision.ZERO)
            .isAfter(seen.getOrDefault(key, Revision.ZERO));
  }

  private boolean ignoresSince() {
    return flaw == Flaw.CLIENT_TRUSTS_WHAT_IT_CANNOT_KNOW;
  }

  /** What an entry's key is to the invalidations learnt here. */
  private CacheKey key(CacheKey key) {
    return flaw == Flaw.CLIENT_KEEPS_WHAT_IS_PURGED ? Entries.key("never purged") : key;
  }

  private void forget(Revision newFloor) {
    entries.clear();
    seen.clear();
    replaced.clear();
    learnt.clear();
    floor = newFloor;
  }

  private static Revision later(Revision one, Revision other) {
    return one.isAfter(other) ? one : other;
  }

  private void learn(Response.Notification invalidation) {
    long expiresIn = invalidation.expiresIn();
    long deadline = expiresIn == Invalidation.NEVER ? expiresIn : time.millis() + expiresIn;
    invalidation
        .tags()
        .forEach(tag -> replaced.merge(tag, invalidation.revision(), NearCache::later));
    learnt.add(new Happened(invalidation.revision().number(), invalidation.tags(), deadline));
  }
}
