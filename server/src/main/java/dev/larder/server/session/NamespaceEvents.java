package dev.larder.server.session;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.Namespace;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.Scheduler;
import dev.larder.server.events.Event;
import dev.larder.server.events.EventLog;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Tells what the cache of a namespace does that people want to know of, and passes all of it on to
 * who counts.
 *
 * <p>Of an invalidation through this server it is known who made it. That of one through another
 * server is looked up in the audit, a moment later and for several at once.
 */
final class NamespaceEvents implements CacheObserver {
  /** How long invalidations of other servers are gathered, in ms. */
  private static final long GATHERED = 250;

  /** How many of them are looked up at once; of more, only their number is an event. */
  private static final int MOST = 128;

  /** How many tags of an invalidation are named. */
  private static final int TAGS = 8;

  private final CacheObserver next;
  private final Namespace namespace;
  private final EventLog events;
  private final InvalidationLog log;
  private final Scheduler scheduler;

  /** Those that took effect here, by revision, and were not made here as far as is known yet. */
  private final TreeMap<Long, Invalidation> unclaimed = new TreeMap<>();

  private int untold;

  /** Those that were told before it was known here that they were made here. */
  private final TreeSet<Long> toldBefore = new TreeSet<>();

  NamespaceEvents(
      CacheObserver next,
      Namespace namespace,
      EventLog events,
      InvalidationLog log,
      Scheduler scheduler) {
    this.next = next;
    this.namespace = namespace;
    this.events = events;
    this.log = log;
    this.scheduler = scheduler;
  }

  @Override
  public void onInvalidated(Invalidation invalidation, InvalidationSource source, long nanos) {
    next.onInvalidated(invalidation, source, nanos);
    boolean told;
    synchronized (unclaimed) {
      unclaimed.remove(invalidation.revision().number());
      told = toldBefore.remove(invalidation.revision().number());
    }
    if (!told) {
      tell(invalidation, source);
    }
  }

  @Override
  public void onInvalidation(Invalidation invalidation) {
    next.onInvalidation(invalidation);
    if (log.exclusive() || isOfCopies(invalidation.tags())) {
      return;
    }
    synchronized (unclaimed) {
      if (unclaimed.isEmpty() && untold == 0) {
        scheduler.after(GATHERED, this::lookUp);
      }
      if (unclaimed.size() < MOST) {
        unclaimed.put(invalidation.revision().number(), invalidation);
      } else {
        untold++;
      }
    }
  }

  /** Tells those that other servers made. */
  private void lookUp() {
    TreeMap<Long, Invalidation> found;
    int more;
    synchronized (unclaimed) {
      found = new TreeMap<>(unclaimed);
      more = untold;
      unclaimed.clear();
      untold = 0;
      toldBefore.addAll(found.keySet());
      while (toldBefore.size() > 2 * MOST) {
        toldBefore.removeFirst();
      }
    }
    if (found.isEmpty()) {
      return;
    }
    // Between two of them there may be others, which were made here.
    int span = (int) Math.min(MOST * 2L, found.lastKey() - found.firstKey() + 1);
    var _ =
        log.audited(new Revision(found.lastKey() + 1), span)
            .exceptionally(failure -> List.of())
            .thenAccept(audited -> {
              Map<Long, InvalidationSource> sources = new LinkedHashMap<>();
              for (AuditedInvalidation each : audited) {
                sources.put(each.invalidation().revision().number(), each.source());
              }
              found.forEach((revision, invalidation) ->
                  tell(invalidation, sources.getOrDefault(revision, InvalidationSource.NONE)));
              if (more > 0) {
                events.add(
                    Event.Kind.INVALIDATION,
                    namespace,
                    "%d more invalidations took effect, which other servers were sent"
                        .formatted(more),
                    Map.of("count", more));
              }
            });
  }

  /** What the server does by itself for those who keep copies is not for people. */
  private static boolean isOfCopies(TagSet tags) {
    return tags.names().stream()
        .allMatch(tag -> CacheKey.isTagOfKey(tag) && !CacheKey.isPurgeTag(tag));
  }

  private void tell(Invalidation invalidation, InvalidationSource source) {
    List<String> tags =
        invalidation.tags().names().stream()
            .limit(TAGS)
            .map(InvalidValueException::shortened)
            .toList();
    int count = invalidation.tags().names().size();
    String expires =
        invalidation.expiresAt() == Invalidation.NOW
            ? "now"
            : invalidation.expiresAt() == Invalidation.NEVER
                ? "never"
                : Instant.ofEpochMilli(invalidation.expiresAt()).toString();
    String first = invalidation.tags().names().getFirst();
    String what =
        CacheKey.isTagOfKey(first)
            ? "the entry of key " + tags.getFirst().substring(first.lastIndexOf(':') + 1) + " was"
            : count == 1
                ? "tag " + tags.getFirst() + " was"
                : count
                    + " tags ("
                    + String.join(", ", tags)
                    + (count > TAGS ? ", …" : "")
                    + ") were";
    events.add(
        Event.Kind.INVALIDATION,
        namespace,
        "%s invalidated at revision %s%s%s"
            .formatted(
                what,
                invalidation.revision(),
                by(source),
                "now".equals(expires) ? "" : "; served stale until " + expires),
        Map.ofEntries(
            Map.entry("revision", invalidation.revision().number()),
            Map.entry("tags", tags),
            Map.entry("tagCount", count),
            Map.entry("expires", expires),
            Map.entry("action", source.action()),
            Map.entry("path", source.path()),
            Map.entry("instance", source.instance()),
            Map.entry("token", source.token()),
            Map.entry("via", source.via().label())));
  }

  private static String by(InvalidationSource source) {
    String who =
        !source.instance().isEmpty()
            ? " by " + source.instance()
            : source.token().isEmpty() ? "" : " with token " + source.token();
    String what = source.action() + (source.path().isEmpty() ? "" : " in " + source.path());
    return what.isEmpty() ? who : who + " (" + what + ")";
  }

  @Override
  public void onLeaseExpired(CacheKey key) {
    next.onLeaseExpired(key);
    events.add(
        Event.Kind.LEASE_EXPIRED,
        namespace,
        "the lease of %s ran out: its holder neither stored an entry nor renewed it in time"
            .formatted(InvalidValueException.shortened(key.toString())),
        Map.of("key", key.toString()));
  }

  @Override
  public void onHit(CacheKey key) {
    next.onHit(key);
  }

  @Override
  public void onStale(CacheKey key, Freshness.Cause cause, boolean leased) {
    next.onStale(key, cause, leased);
  }

  @Override
  public void onMiss(CacheKey key, Optional<Freshness.Cause> cause, boolean leased) {
    next.onMiss(key, cause, leased);
  }

  @Override
  public void onRegeneration(CacheKey key, String tag) {
    next.onRegeneration(key, tag);
  }

  @Override
  public void onFailure(CacheKey key, Throwable failure) {
    next.onFailure(key, failure);
  }

  @Override
  public void onLookedUp(CacheKey key, long nanos, boolean waited) {
    next.onLookedUp(key, nanos, waited);
  }

  @Override
  public void onStoreOperation(StoreOperation operation, long nanos, boolean failed) {
    next.onStoreOperation(operation, nanos, failed);
  }

  @Override
  public void onWaited(CacheKey key, long millis, WaitEnd end) {
    next.onWaited(key, millis, end);
  }

  @Override
  public void onPut(Put put, PutOutcome outcome) {
    next.onPut(put, outcome);
  }

  @Override
  public void onEviction(long entries) {
    next.onEviction(entries);
  }
}
