package dev.larder.testkit;

import dev.larder.core.AsOf;
import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Freshness;
import dev.larder.core.Freshness.Cause;
import dev.larder.core.Put;
import dev.larder.core.PutOutcome;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The semantics of Larder, naively: it keeps every invalidation there ever was and answers each
 * question by going through all of them. Slow, unbounded and meant to be read; what the engine
 * computes cleverly is compared with this.
 *
 * <p>It knows no leases, and no bounds: a lookup is decided by {@link #freshness}, a put by {@link
 * #put}. Moments are ms of the clock of whoever asks. It is for one thread.
 */
public final class ReferenceModel {
  /** Seconds from which on a life, or the delay of an invalidation, is <em>never</em>. */
  private static final long NEVER_SECONDS = 4294967294L;

  /** A deadline that is never reached. */
  private static final long NEVER_MILLIS = Long.MAX_VALUE;

  /** A deadline that is over for whoever asks, whatever the clock says. */
  private static final long ALWAYS = Long.MIN_VALUE;

  private final StoreIdentity store;
  private final List<Happened> history = new ArrayList<>();
  private final Map<CacheKey, CacheEntry> entries = new HashMap<>();

  /** The model of a namespace without history. */
  public ReferenceModel(StoreIdentity store) {
    this.store = store;
  }

  /**
   * One invalidation.
   *
   * @param revision the revision it made
   * @param tags its tags
   * @param deadline when entries expire from it, in ms
   */
  public record Happened(long revision, TagSet tags, long deadline) {
    /**
     * Whether it says something of an entry: one stamped before it that carries one of its tags, or
     * whose reader passed one, or whose key was purged.
     */
    private boolean concerns(CacheKey key, CacheEntry entry, TagSet softTags) {
      boolean itself = tags.names().contains(purgeTag(key));
      boolean own = entry.tags().names().stream().anyMatch(tags.names()::contains);
      boolean soft = softTags.names().stream().anyMatch(tags.names()::contains);
      return revision > entry.revision().number() && (itself || own || soft);
    }
  }

  /** How many invalidations happened. */
  public long revision() {
    return history.size();
  }

  /**
   * Every invalidation, in order: those of purges and replacements, too. It is the list itself, and
   * grows.
   */
  public List<Happened> history() {
    return history;
  }

  /**
   * Remembers an invalidation that expires entries in so many seconds.
   *
   * @param seconds 0 is now, 4294967294 and above are never: then they are stale only
   */
  public void invalidate(TagSet tags, long seconds, long now) {
    if (seconds == 0) {
      happened(tags, ALWAYS);
    } else if (seconds >= NEVER_SECONDS) {
      happened(tags, NEVER_MILLIS);
    } else {
      happened(tags, now + seconds * 1000);
    }
  }

  /**
   * Remembers an invalidation that expires entries at that moment.
   *
   * @param deadline in ms; {@link Long#MIN_VALUE} is always, {@link Long#MAX_VALUE} never
   */
  public void happened(TagSet tags, long deadline) {
    history.add(new Happened(history.size() + 1, tags, deadline));
  }

  /**
   * Removes the entry of a key, and whatever is brought of it that was begun before. It counts as
   * one invalidation.
   */
  public void purge(CacheKey key) {
    happened(TagSet.of(purgeTag(key), key.copyTag()), ALWAYS);
    entries.remove(key);
  }

  /** What an entry is worth to a reader with these soft tags. */
  public Freshness freshness(CacheKey key, CacheEntry entry, TagSet softTags, long now) {
    return freshness(history, key, entry, softTags, now);
  }

  /**
   * What an entry is worth after these invalidations. Age comes first, then tags: an entry that is
   * too old is expired by its age, whatever its tags say.
   */
  public static Freshness freshness(
      List<Happened> history, CacheKey key, CacheEntry entry, TagSet softTags, long now) {
    long age = Math.max(0, now - entry.generatedAt());
    if (reached(entry.life().expire(), age)) {
      return new Freshness.Expired(Cause.AGE);
    }
    boolean stale = false;
    for (Happened happened : history) {
      if (happened.concerns(key, entry, softTags)) {
        if (happened.deadline() == ALWAYS || happened.deadline() <= now) {
          return new Freshness.Expired(Cause.TAG);
        }
        stale = true;
      }
    }
    if (stale) {
      return new Freshness.Stale(Cause.TAG);
    }
    return reached(entry.life().revalidate(), age)
        ? new Freshness.Stale(Cause.AGE)
        : new Freshness.Fresh();
  }

  /**
   * What becomes of a put. An entry it stores is remembered. One that expires at once counts as
   * stored, and is not.
   */
  public PutOutcome put(Put put, long now) {
    AsOf asOf = put.asOf();
    if (!asOf.store().equals(store) || asOf.revision().number() > revision()) {
      return PutOutcome.UNSTAMPED;
    }
    if (put.life().expire() == 0) {
      return PutOutcome.STORED;
    }
    var entry =
        new CacheEntry(
            asOf.revision(), put.tags(), put.life(), now - put.age(), put.checksum(), put.value());
    if (freshness(put.key(), entry, TagSet.EMPTY, now) instanceof Freshness.Expired) {
      return PutOutcome.EXPIRED;
    }
    Optional<CacheEntry> before = entry(put.key());
    if (before.isPresent() && before.get().revision().number() > entry.revision().number()) {
      return PutOutcome.SUPERSEDED;
    }
    entries.put(put.key(), entry);
    return PutOutcome.STORED;
  }

  /** True if whoever keeps a copy of this entry has to learn that another takes its place. */
  public boolean isKept(CacheKey key, CacheEntry entry, long now) {
    return freshness(key, entry, TagSet.EMPTY, now) instanceof Freshness.Fresh;
  }

  /** Tells whoever keeps a copy of what was stored under that key that it was replaced. */
  public void replaced(CacheKey key) {
    happened(TagSet.of(key.copyTag()), ALWAYS);
  }

  /** What is stored under that key, whatever it is worth. */
  public Optional<CacheEntry> entry(CacheKey key) {
    return Optional.ofNullable(entries.get(key));
  }

  /**
   * Stores exactly this under that key, whatever was there; empty removes what was. For what a real
   * store has lost, or kept.
   */
  public void keep(CacheKey key, Optional<CacheEntry> entry) {
    entries.remove(key);
    entry.ifPresent(kept -> entries.put(key, kept));
  }

  /** How many different tags were invalidated after that revision. */
  public int tagsSince(long revision) {
    Set<String> tags = new HashSet<>();
    history.stream()
        .filter(happened -> happened.revision() > revision)
        .forEach(happened -> tags.addAll(happened.tags().names()));
    return tags.size();
  }

  /**
   * How many tags the invalidations after that revision have, counted once for each of them. It is
   * what the list of a REFRESHED is bounded by.
   */
  public int pairsSince(long revision) {
    return history.stream()
        .filter(happened -> happened.revision() > revision)
        .mapToInt(happened -> happened.tags().size())
        .sum();
  }

  /**
   * How many deadlines of that tag can still decide something: those that have not passed and are
   * not followed by an earlier or equal one.
   */
  public int openDeadlines(String tag, long now) {
    int open = 0;
    long earliest = Long.MAX_VALUE;
    boolean first = true;
    for (int i = history.size() - 1; i >= 0; i--) {
      Happened happened = history.get(i);
      boolean decides = first || happened.deadline() < earliest;
      if (happened.tags().names().contains(tag) && decides) {
        first = false;
        earliest = happened.deadline();
        open++;
        if (happened.deadline() <= now) {
          break;
        }
      }
    }
    return open;
  }

  /** The tag every entry of a key carries without naming it. */
  private static String purgeTag(CacheKey key) {
    return "larder:purge:" + HexFormat.of().formatHex(key.bytes());
  }

  /**
   * Whether an entry of that age, in ms, has come to an end of its life that is given in seconds.
   */
  private static boolean reached(long seconds, long age) {
    return seconds < NEVER_SECONDS && age >= seconds * 1000;
  }
}
