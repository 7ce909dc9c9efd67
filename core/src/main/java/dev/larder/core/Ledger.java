package dev.larder.core;

import static java.util.Objects.requireNonNull;

import dev.larder.core.Freshness.Cause;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.StampedLock;

/**
 * What a namespace remembers of its invalidations: for every tag the ones that can still matter.
 *
 * <p>An invalidation costs O(its tags), however many entries carry them. The ledger is bounded:
 * over {@code maxTags} tags it forgets those invalidated longest ago and raises its <em>floor</em>
 * to the latest revision forgotten. Entries stamped below the floor count as expired, so that
 * forgetting costs a regeneration and never a stale read.
 *
 * <p>Safe for use by many threads. Readers see an invalidation with all of its tags or not at all.
 */
public final class Ledger {
  /** How many deadlines one tag keeps apart. */
  private static final int PAIRS_PER_TAG = 16;

  private static final int SNAPSHOT_VERSION = 1;

  private final int maxTags;
  private final StampedLock lock = new StampedLock();
  private final ConcurrentHashMap<String, Marks> marks = new ConcurrentHashMap<>();

  /** Tags in the order of their last invalidation; guarded by {@link #lock}. */
  private final LinkedHashSet<String> order = new LinkedHashSet<>();

  /** How many tags that are remembered purge a key. */
  private volatile int purges;

  private volatile long floor;
  private volatile long revision;

  private Ledger(int maxTags, long floor, long revision) {
    if (maxTags < TagSet.MAX_TAGS) {
      throw new InvalidValueException(
          "a ledger of %d tags; expected at least %d".formatted(maxTags, TagSet.MAX_TAGS));
    }
    this.maxTags = maxTags;
    this.floor = floor;
    this.revision = revision;
  }

  /**
   * The ledger of a namespace without history.
   *
   * @param maxTags how many tags to remember, at least {@link TagSet#MAX_TAGS}
   */
  public static Ledger empty(int maxTags) {
    return new Ledger(maxTags, 0, 0);
  }

  /** The revision of the last invalidation applied. */
  public Revision revision() {
    return new Revision(revision);
  }

  /** The revision below which entries count as expired. */
  public Revision floor() {
    return new Revision(floor);
  }

  /** How many tags are remembered. */
  public int size() {
    return marks.size();
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
        Marks before = marks.getOrDefault(tag, Marks.NONE);
        remember(tag, before.with(next, invalidation.expiresAt(), now, PAIRS_PER_TAG));
        order.addLast(tag);
      }
      revision = next;
      while (marks.size() > maxTags) {
        forgetOldest();
      }
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
    CacheLife life = head.life();
    long age = Math.max(0, now - head.generatedAt());
    if (life.expiredAt(age)) {
      return new Freshness.Expired(Cause.AGE);
    }
    Freshness judged = judged(head, softTags, now);
    if (!(judged instanceof Freshness.Fresh)) {
      return judged;
    }
    return life.staleAt(age) ? new Freshness.Stale(Cause.AGE) : Freshness.FRESH;
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
    long stamp = lock.tryOptimisticRead();
    long useful = lastExpired(key, tags, softTags, now);
    if (!lock.validate(stamp)) {
      stamp = lock.readLock();
      try {
        useful = lastExpired(key, tags, softTags, now);
      } finally {
        lock.unlockRead(stamp);
      }
    }
    return new Revision(useful);
  }

  private long lastExpired(CacheKey key, TagSet tags, TagSet softTags, long now) {
    long last = purges == 0 ? floor : Math.max(floor, lastExpired(key.purgeTag(), now));
    for (TagSet set : List.of(tags, softTags)) {
      for (String tag : set) {
        last = Math.max(last, lastExpired(tag, now));
      }
    }
    return last;
  }

  private long lastExpired(String tag, long now) {
    return marks.getOrDefault(tag, Marks.NONE).lastPassed(now);
  }

  /**
   * What a caller missed that knew everything up to {@code known}. If that is below the floor,
   * newer than this history or more than may be listed, the list begins at the earliest revision
   * from which nothing has to be left out. Its cost is in proportion to what is listed.
   *
   * @param limit how many tags of invalidations may be listed
   */
  public Missed since(Revision known, int limit) {
    long stamp = lock.readLock();
    try {
      long from = known.number() <= revision ? Math.max(known.number(), floor) : floor;
      var missed = new MissedList(from, limit);
      for (String tag : order.reversed()) {
        Marks ofTag = marks.getOrDefault(tag, Marks.NONE);
        // No tag further on has a later mark: the walk may end where the list begins.
        if (ofTag.last() <= missed.since()) {
          break;
        }
        missed.add(tag, ofTag);
      }
      return new Missed(
          new Revision(missed.since()), new Revision(revision), missed.invalidations());
    } finally {
      lock.unlockRead(stamp);
    }
  }

  /** This ledger as bytes, for {@link #restore}. */
  public byte[] snapshot() {
    long stamp = lock.readLock();
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeByte(SNAPSHOT_VERSION);
      out.writeLong(floor);
      out.writeLong(revision);
      out.writeInt(marks.size());
      for (String tag : order) {
        Marks ofTag = marks.getOrDefault(tag, Marks.NONE);
        out.writeUTF(tag);
        out.writeByte(ofTag.size());
        for (int i = 0; i < ofTag.size(); i++) {
          out.writeLong(ofTag.revision(i));
          out.writeLong(ofTag.deadline(i));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlockRead(stamp);
    }
    return bytes.toByteArray();
  }

  /**
   * The ledger that {@link #snapshot} wrote.
   *
   * @throws IllegalArgumentException if these bytes are not a snapshot
   */
  public static Ledger restore(byte[] snapshot, int maxTags) {
    try (var in = new DataInputStream(new ByteArrayInputStream(snapshot))) {
      int version = in.readUnsignedByte();
      if (version != SNAPSHOT_VERSION) {
        throw new IllegalArgumentException(
            "ledger snapshot of version %d; expected %d".formatted(version, SNAPSHOT_VERSION));
      }
      var ledger = new Ledger(maxTags, in.readLong(), in.readLong());
      if (ledger.floor < 0 || ledger.revision < ledger.floor) {
        throw damaged();
      }
      int count = in.readInt();
      long last = 0;
      for (int n = 0; n < count; n++) {
        String tag = in.readUTF();
        Marks ofTag = restoredMarks(in, ledger.revision);
        if (ofTag.last() < last || !ledger.order.add(tag)) {
          throw damaged();
        }
        ledger.remember(tag, ofTag);
        last = ofTag.last();
      }
      if (in.read() >= 0) {
        throw damaged();
      }
      while (ledger.marks.size() > maxTags) {
        ledger.forgetOldest();
      }
      return ledger;
    } catch (IOException e) {
      throw new IllegalArgumentException("a ledger snapshot that ends early", e);
    }
  }

  private static Marks restoredMarks(DataInputStream in, long revision) throws IOException {
    long[] revisions = new long[in.readUnsignedByte()];
    long[] deadlines = new long[revisions.length];
    for (int i = 0; i < revisions.length; i++) {
      revisions[i] = in.readLong();
      deadlines[i] = in.readLong();
      if (i > 0 && (revisions[i] <= revisions[i - 1] || deadlines[i] <= deadlines[i - 1])) {
        throw damaged();
      }
    }
    if (revisions.length == 0 || revisions[0] < 1 || revisions[revisions.length - 1] > revision) {
      throw damaged();
    }
    return new Marks(revisions, deadlines);
  }

  private static IllegalArgumentException damaged() {
    return new IllegalArgumentException("a damaged ledger snapshot");
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
    if (made < floor) {
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

  private Marks.Effect strongest(TagSet tags, EntryHead head, long now, Marks.Effect before) {
    Marks.Effect strongest = before;
    List<String> names = tags.names();
    for (int i = 0; i < names.size(); i++) {
      Marks.Effect effect = effect(names.get(i), head, now);
      strongest = effect.compareTo(strongest) > 0 ? effect : strongest;
    }
    return strongest;
  }

  private Marks.Effect effect(String tag, EntryHead head, long now) {
    return marks.getOrDefault(tag, Marks.NONE).effect(head.revision().number(), now);
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only under the write lock, or before it is shared
  private void remember(String tag, Marks ofTag) {
    if (marks.put(tag, ofTag) == null && tag.startsWith(CacheKey.PURGE)) {
      purges++;
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // as above
  private void forgetOldest() {
    String oldest = order.removeFirst();
    Marks forgotten = requireNonNull(marks.remove(oldest));
    if (oldest.startsWith(CacheKey.PURGE)) {
      purges--;
    }
    floor = Math.max(floor, forgotten.last());
  }
}
