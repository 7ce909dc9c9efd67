package dev.larder.core.engine;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.Freshness;
import dev.larder.core.Freshness.Cause;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Invalidation;
import dev.larder.core.Missed;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.StampedLock;

/**
 * What a namespace remembers of its invalidations: for every tag the ones that can still matter.
 *
 * <p>An invalidation costs O(its tags), however many entries carry them. The ledger is bounded:
 * over {@code maxTags} tags, or more memory than is left to it, it forgets those invalidated
 * longest ago and raises its <em>floor</em> to the latest revision forgotten. Entries stamped below
 * the floor count as expired, so that forgetting costs a regeneration and never a stale read.
 *
 * <p>Marks of single keys (their purges, and the replacement of copies) are remembered apart, so
 * that however many there are, nothing else is forgotten for them. They have a floor of their own:
 * what arrives stamped below it may have been purged, and what is kept elsewhere and was seen below
 * it may have been replaced. Entries that are stored are not touched by it, since a purge removes
 * its entry.
 *
 * <p>Safe for use by many threads. Readers see an invalidation with all of its tags or not at all.
 */
public final class Ledger {
  /** How many deadlines one tag keeps apart. */
  private static final int PAIRS_PER_TAG = 16;

  /**
   * How many marks of keys are listed for a client that keeps nothing: what is under way to it
   * meanwhile was seen no earlier.
   */
  private static final int LATEST_KEYS = 1024;

  private final StampedLock lock = new StampedLock();
  private final MarkTable tags;
  private final MarkTable keys;

  /** How many marks purge a key. */
  private volatile int purges;

  private volatile long revision;

  private Ledger(int maxTags, LedgerMemory memory, long floor, long keyFloor, long revision) {
    if (maxTags < TagSet.MAX_TAGS) {
      throw new InvalidValueException(
          "a ledger of %d tags; expected at least %d".formatted(maxTags, TagSet.MAX_TAGS));
    }
    this.tags = new MarkTable(maxTags, memory, floor);
    this.keys = new MarkTable(maxTags, memory, keyFloor);
    this.revision = revision;
  }

  /** The ledger of a namespace without history, whatever memory it takes. */
  public static Ledger empty(int maxTags) {
    return empty(maxTags, LedgerMemory.unbounded());
  }

  /**
   * The ledger of a namespace without history.
   *
   * @param maxTags how many tags to remember, at least {@link TagSet#MAX_TAGS}; and as many marks
   *     of keys beside them
   * @param memory where what it takes counts
   */
  public static Ledger empty(int maxTags, LedgerMemory memory) {
    return new Ledger(maxTags, memory, 0, 0, 0);
  }

  /** The revision of the last invalidation applied. */
  public Revision revision() {
    return new Revision(revision);
  }

  /** The revision below which entries count as expired. */
  public Revision floor() {
    return new Revision(tags.floor());
  }

  /** The revision below which nobody can tell whether a key was purged, or a copy replaced. */
  public Revision keyFloor() {
    return new Revision(keys.floor());
  }

  /** How many tags are remembered, without the marks of keys. */
  public int size() {
    return tags.size();
  }

  /** How many marks of keys are remembered. */
  public int keys() {
    return keys.size();
  }

  /** About how many bytes it takes. */
  long bytes() {
    return tags.bytes() + keys.bytes();
  }

  /**
   * Takes one invalidation into account.
   *
   * @param invalidation the one that follows {@link #revision}
   * @param now the time in ms of the store's clock
   * @throws IllegalStateException if it is not the next one
   */
  public void apply(Invalidation invalidation, long now) {
    long stamp = lock.writeLock();
    try {
      long next = invalidation.revision().number();
      if (next != revision + 1) {
        throw new IllegalStateException(
            "invalidation %d does not follow revision %d".formatted(next, revision));
      }
      for (String tag : invalidation.tags()) {
        Marks before = marks(tag);
        remember(tag, before.with(next, invalidation.expiresAt(), now, PAIRS_PER_TAG));
      }
      revision = next;
      forget();
    } finally {
      lock.unlockWrite(stamp);
    }
  }

  /**
   * What an entry is worth to a reader.
   *
   * @param key what it is stored under
   * @param entry the entry
   * @param softTags the tags the reader named beside the entry's own
   * @param now the time in ms of the store's clock
   */
  public Freshness freshness(CacheKey key, CacheEntry entry, TagSet softTags, long now) {
    return freshness(EntryHead.of(key, entry), softTags, now);
  }

  /** What an entry with this head is worth to a reader without soft tags. */
  public Freshness freshness(EntryHead head, long now) {
    return freshness(head, TagSet.EMPTY, now);
  }

  private Freshness freshness(EntryHead head, TagSet softTags, long now) {
    return atItsAge(head, judged(head, softTags, now), now);
  }

  /** What an entry is worth that invalidations leave worth so much. */
  private static Freshness atItsAge(EntryHead head, Freshness judged, long now) {
    long age = Math.max(0, now - head.generatedAt());
    if (head.life().expiredAt(age)) {
      return new Freshness.Expired(Cause.AGE);
    }
    return judged instanceof Freshness.Fresh && head.life().staleAt(age)
        ? new Freshness.Stale(Cause.AGE)
        : judged;
  }

  /** What an entry with this head is worth to a reader, mark by mark. */
  Explanation explain(EntryHead head, TagSet softTags, long now) {
    long stamp = lock.readLock();
    try {
      var applying = new ArrayList<Explanation.Mark>();
      mark(head, head.key().purgeTag(), false).ifPresent(applying::add);
      head.tags().forEach(tag -> mark(head, tag, false).ifPresent(applying::add));
      softTags.forEach(tag -> mark(head, tag, true).ifPresent(applying::add));
      return new Explanation(
          atItsAge(head, judge(head, softTags, now), now),
          List.copyOf(applying),
          new Revision(tags.floor()));
    } finally {
      lock.unlockRead(stamp);
    }
  }

  private Optional<Explanation.Mark> mark(EntryHead head, String tag, boolean soft) {
    Marks ofTag = marks(tag);
    int first = ofTag.firstAfter(head.revision().number());
    return first == ofTag.size()
        ? Optional.empty()
        : Optional.of(
            new Explanation.Mark(
                tag, soft, new Revision(ofTag.revision(first)), ofTag.deadline(first)));
  }

  /**
   * The revision before which nothing is of use to a reader: whatever was generated as of an
   * earlier one has expired for it.
   *
   * @param key what it would be stored under
   * @param tags the tags it would carry, as far as they are known
   * @param softTags the tags the reader names
   * @param now the time in ms of the store's clock
   */
  Revision usefulFrom(CacheKey key, TagSet tags, TagSet softTags, long now) {
    long stamp = lock.readLock();
    try {
      return new Revision(lastExpired(key, tags, softTags, now));
    } finally {
      lock.unlockRead(stamp);
    }
  }

  private long lastExpired(CacheKey key, TagSet ownTags, TagSet softTags, long now) {
    long floor = Math.max(tags.floor(), keys.floor());
    long last = purges == 0 ? floor : Math.max(floor, lastExpired(key.purgeTag(), now));
    for (TagSet set : List.of(ownTags, softTags)) {
      for (String tag : set) {
        last = Math.max(last, lastExpired(tag, now));
      }
    }
    return last;
  }

  private long lastExpired(String tag, long now) {
    return marks(tag).lastPassed(now);
  }

  /**
   * What a caller missed that knew everything up to {@code known}. If that is below a floor, newer
   * than this history or more than may be listed, the list begins at the earliest revision from
   * which nothing has to be left out. Its cost is in proportion to what is listed.
   *
   * @param limit how many tags of invalidations may be listed
   */
  public Missed since(Revision known, int limit) {
    return since(Math.max(known.number(), keys.floor()), limit, Integer.MAX_VALUE);
  }

  /**
   * Everything there is to know for a caller who knows nothing, and who keeps nothing that was seen
   * before: of marks of keys, the latest.
   *
   * @param limit how many tags of invalidations may be listed
   */
  public Missed all(int limit) {
    return since(0, limit, Math.min(LATEST_KEYS, limit / 2));
  }

  private Missed since(long known, int limit, int latestKeys) {
    long stamp = lock.readLock();
    try {
      long floor = tags.floor();
      var missed = new MissedList(known <= revision ? Math.max(known, floor) : floor, limit);
      list(keys, missed, latestKeys);
      list(tags, missed, Integer.MAX_VALUE);
      return new Missed(
          new Revision(missed.since()), new Revision(revision), missed.invalidations());
    } finally {
      lock.unlockRead(stamp);
    }
  }

  private static void list(MarkTable table, MissedList missed, int most) {
    int listed = 0;
    for (String tag : table.order().reversed()) {
      Marks ofTag = table.of(tag);
      // No tag further on has a later mark: the walk may end where the list begins.
      if (ofTag.last() <= missed.since() || listed == most) {
        return;
      }
      missed.add(tag, ofTag);
      listed++;
    }
  }

  /** This ledger as bytes, for {@link #restore}. */
  public byte[] snapshot() {
    long stamp = lock.readLock();
    try {
      return LedgerSnapshot.write(tags, keys, revision);
    } finally {
      lock.unlockRead(stamp);
    }
  }

  /**
   * The ledger that {@link #snapshot} wrote, whatever memory it takes.
   *
   * @throws IllegalArgumentException if these bytes are not a snapshot
   */
  public static Ledger restore(byte[] snapshot, int maxTags) {
    return restore(snapshot, maxTags, LedgerMemory.unbounded());
  }

  /**
   * The ledger that {@link #snapshot} wrote.
   *
   * @throws IllegalArgumentException if these bytes are not a snapshot
   */
  public static Ledger restore(byte[] snapshot, int maxTags, LedgerMemory memory) {
    LedgerSnapshot read = LedgerSnapshot.read(snapshot);
    var ledger = new Ledger(maxTags, memory, read.floor(), read.keyFloor(), read.revision());
    read.marks().forEach(ledger::remember);
    ledger.forget();
    return ledger;
  }

  /** It is not used any more: others may have its memory. */
  void close() {
    long stamp = lock.writeLock();
    try {
      tags.close();
      keys.close();
    } finally {
      lock.unlockWrite(stamp);
    }
  }

  private Freshness judged(EntryHead head, TagSet softTags, long now) {
    long stamp = lock.tryOptimisticRead();
    Freshness judged = judge(head, softTags, now);
    if (lock.validate(stamp)) {
      return judged;
    }
    stamp = lock.readLock();
    try {
      return judge(head, softTags, now);
    } finally {
      lock.unlockRead(stamp);
    }
  }

  private Freshness judge(EntryHead head, TagSet softTags, long now) {
    long made = head.revision().number();
    if (made < tags.floor()) {
      return new Freshness.Expired(Cause.FORGOTTEN);
    }
    if (made >= revision) {
      return Freshness.FRESH;
    }
    return switch (strongest(head, softTags, now)) {
      case NONE -> Freshness.FRESH;
      case STALE -> new Freshness.Stale(Cause.TAG);
      case EXPIRED -> new Freshness.Expired(Cause.TAG);
    };
  }

  private Marks.Effect strongest(EntryHead head, TagSet softTags, long now) {
    // Few namespaces purge keys, and the tag of one takes longer to spell than all else here.
    Marks.Effect strongest =
        purges == 0 ? Marks.Effect.NONE : effect(head.key().purgeTag(), head, now);
    return strongest(softTags, head, now, strongest(head.tags(), head, now, strongest));
  }

  private Marks.Effect strongest(TagSet set, EntryHead head, long now, Marks.Effect before) {
    Marks.Effect strongest = before;
    List<String> names = set.names();
    for (int i = 0; i < names.size(); i++) {
      Marks.Effect effect = effect(names.get(i), head, now);
      strongest = effect.compareTo(strongest) > 0 ? effect : strongest;
    }
    return strongest;
  }

  private Marks.Effect effect(String tag, EntryHead head, long now) {
    return marks(tag).effect(head.revision().number(), now);
  }

  private Marks marks(String tag) {
    return table(tag).of(tag);
  }

  private MarkTable table(String tag) {
    return CacheKey.isTagOfKey(tag) ? keys : tags;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only under the write lock, or before it is shared
  private void remember(String tag, Marks ofTag) {
    if (table(tag).put(tag, ofTag) && CacheKey.isPurgeTag(tag)) {
      purges++;
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // as above
  private void forget() {
    while (tags.overfull()) {
      tags.forgetOldest();
    }
    while (keys.overfull()) {
      if (CacheKey.isPurgeTag(keys.forgetOldest())) {
        purges--;
      }
    }
  }
}
