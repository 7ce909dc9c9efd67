package dev.larder.core.engine;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.Revision;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.Scheduler;
import dev.larder.core.spi.Scheduler.Scheduled;
import dev.larder.core.spi.SharedLeases;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Who generates which key, and who waits for it. A lease is the right to generate a key, held by
 * one caller at a time (the leases of "Scaling Memcache at Facebook", NSDI 2013).
 *
 * <p>A lease ends by its entry, by release, by its holder's closing or by its deadline. When it
 * ends without an entry, the follower waiting longest is promoted and the others go on waiting.
 *
 * <p>An entry that somebody else brings ends it too, unless that entry is stamped before the lease
 * was granted: then its holder knows of invalidations the entry does not, and goes on.
 *
 * <p>A lease is <em>outdated</em> for somebody when it was granted before an invalidation that
 * expires for it whatever its holder will bring. Nobody waits for that: the first who would is
 * granted a lease in its place. What its holder brings is still given to those it is of use to.
 *
 * <p>Where servers share a store, a lease granted here still has to be claimed from the {@link
 * SharedLeases}. If another server has it, it is {@linkplain #cede ceded}: those who ask here wait
 * for that server's leader as for their own, and one of them tries again now and then.
 */
public final class LeaseTable {
  /** How soon one who waits for another server tries again without having heard of it, in ms. */
  static final long TRY_AGAIN_AFTER = 250;

  /**
   * How long after an invalidation it is seen to those who wait for what it has made useless, in
   * ms: those that happen meanwhile are seen to in one go.
   */
  static final long OVERTAKE_AFTER = 10;

  /*
   * Concurrency. All state of a key sits in one Slot, changed only inside ConcurrentHashMap.compute
   * of that key. Followers are called after compute returned, by the thread that took them out of the
   * slot; since only one thread can take a follower out, each is called once. A caller keeps a list of
   * what it holds so that its closing finds everything; it refuses new entries once closed, so that
   * nothing is granted to somebody gone. Locks nest in one order: slot, then caller.
   */
  private final ConcurrentHashMap<CacheKey, Slot> slots = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicBoolean overtaking = new AtomicBoolean();
  private final Unshareable unshareable;
  private final Scheduler scheduler;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Supplier<Revision> revision;
  private final long duration;
  private final int maxWaiting;
  private final SharedLeases shared;
  private final CacheObserver observer;

  /** In whose hands the leases of other servers are, as seen from here. */
  private final Caller elsewhere = new Caller();

  /**
   * A table without leases.
   *
   * @param revision where history stands
   * @param duration how long a lease lasts after its grant or renewal, in ms
   * @param maxWaiting how many followers may wait at a time
   * @param shared the leases as servers share them, for those that end without an entry
   * @param observer is called with those that end by their deadline
   */
  public LeaseTable(
      Scheduler scheduler,
      InstantSource clock,
      RandomGenerator random,
      Supplier<Revision> revision,
      long duration,
      int maxWaiting,
      SharedLeases shared,
      CacheObserver observer) {
    this.scheduler = scheduler;
    this.clock = clock;
    this.random = random;
    this.revision = revision;
    this.duration = duration;
    this.maxWaiting = maxWaiting;
    this.shared = shared;
    this.observer = observer;
    this.unshareable = new Unshareable(clock);
  }

  /** How long a lease lasts, in ms. */
  public long duration() {
    return duration;
  }

  /** How many leases are held. */
  public int held() {
    return slots.size();
  }

  /** How many followers wait. */
  public int waiting() {
    return waiting.get();
  }

  /**
   * The leases that are held, the longest first, as people look at them.
   *
   * @param most how many to list
   */
  public List<HeldLease> list(int most) {
    var longest = new PriorityQueue<>(Comparator.comparingLong(HeldLease::since).reversed());
    slots
        .keySet()
        .forEach(key ->
            slots.computeIfPresent(
                key,
                (k, slot) -> {
                  longest.add(slot.shown());
                  if (longest.size() > most) {
                    longest.remove();
                  }
                  return slot;
                }));
    return longest.stream().sorted(Comparator.comparingLong(HeldLease::since)).toList();
  }

  /** The lease of {@code key} for {@code caller}, or 0 if somebody else holds it. */
  long claim(CacheKey key, Caller caller) {
    var claim = new Claim();
    slots.compute(key, (k, slot) -> slot == null ? granted(k, caller, claim) : slot);
    return claim.lease;
  }

  /** The lease that takes the place of an outdated one; 0 if the caller is gone. */
  private long overtaken(Slot slot, Caller caller) {
    long lease = newLease();
    if (!caller.holds(slot.key, lease)) {
      return 0;
    }
    slot.ended();
    slot.grant(caller, lease);
    return lease;
  }

  /**
   * The lease of the follower's key for the follower's caller; or 0, and the follower waits for up
   * to {@code budget} ms, if there are any.
   *
   * @throws OverloadedException if too many wait already
   */
  long claimOrWait(Follower follower, long budget) {
    var claim = new Claim();
    slots.compute(
        follower.key(),
        (key, slot) -> {
          if (slot == null) {
            return granted(key, follower.caller(), claim);
          }
          if (slot.outdated(follower.usefulFrom())) {
            claim.lease = overtaken(slot, follower.caller());
          } else if (!unshareable.has(key)) {
            claim.waits = enqueued(slot, follower, budget);
          }
          return slot;
        });
    if (claim.lease == 0 && !claim.waits) {
      follower.refused();
    }
    return claim.lease;
  }

  /**
   * Gives up a lease that another server has. The follower waits for it, before all others and for
   * up to {@code budget} ms, if there are any.
   *
   * @param since the revision as of which the other server granted it, or an earlier one
   * @return false if the lease has ended, and the follower does not wait
   * @throws OverloadedException if too many wait already; the lease is not given up
   */
  boolean cede(Follower follower, long lease, Revision since, long budget) {
    var claim = new Claim();
    slots.computeIfPresent(
        follower.key(),
        (key, slot) -> {
          if (slot.lease != lease) {
            return slot;
          }
          claim.lease = lease;
          // That it is may have been heard before it was that the other server has the lease.
          claim.waits = !unshareable.has(key) && enqueued(slot, follower, budget);
          if (claim.waits) {
            slot.queue.putFirst(follower, slot.queue.remove(follower));
          }
          return ceded(slot, since);
        });
    if (claim.lease != 0 && !claim.waits) {
      follower.refused();
    }
    return claim.lease != 0;
  }

  /**
   * Gives up a lease that another server has; nobody is added to those who wait.
   *
   * @param since the revision as of which the other server granted it, or an earlier one
   */
  void cede(CacheKey key, long lease, Revision since) {
    slots.computeIfPresent(key, (k, slot) -> slot.lease == lease ? ceded(slot, since) : slot);
  }

  /** True if that lease has not ended. */
  boolean holds(CacheKey key, long lease) {
    var claim = new Claim();
    slots.computeIfPresent(
        key,
        (k, slot) -> {
          claim.lease = slot.lease;
          return slot;
        });
    return claim.lease == lease;
  }

  /**
   * Gives {@code caller} a lease it was granted through another server, unless somebody else holds
   * that of the key here. It still has to be claimed, and until then nobody knows how old it is.
   *
   * @return false if it is not the caller's
   */
  boolean adopt(CacheKey key, long lease, Caller caller) {
    var claim = new Claim();
    slots.compute(
        key,
        (k, slot) -> {
          if ((slot != null && slot.holder != elsewhere) || !caller.holds(k, lease)) {
            return slot;
          }
          claim.lease = lease;
          if (slot == null) {
            return new Slot(k, caller, lease);
          }
          slot.ended();
          slot.grant(caller, lease);
          return slot;
        });
    return claim.lease != 0;
  }

  /**
   * Notes as of which revision what is generated under a lease will be: where history stood when
   * its holder was told, or when it was granted through another server.
   *
   * @return false if it has ended
   */
  boolean generatesAsOf(CacheKey key, long lease, Revision asOf) {
    var claim = new Claim();
    slots.computeIfPresent(
        key,
        (k, slot) -> {
          if (slot.lease == lease) {
            claim.lease = lease;
            slot.grantedAsOf = asOf;
          }
          return slot;
        });
    return claim.lease != 0;
  }

  /** True if somebody here leads or waits for {@code key}. */
  boolean concerns(CacheKey key) {
    return slots.containsKey(key);
  }

  /**
   * Somewhere the lease of {@code key} ended without an entry: it ends here, if it is the one held
   * here or if those here wait for another server.
   */
  void ended(CacheKey key, long lease) {
    end(key, slot -> slot.lease == lease || slot.holder == elsewhere, shared::abandon);
  }

  /** Ends the wait of {@code follower}, if it still waits. */
  void giveUp(Follower follower) {
    var after = new ArrayList<Runnable>(1);
    slots.computeIfPresent(
        follower.key(),
        (key, slot) -> {
          if (taken(slot, follower)) {
            after.add(follower::spent);
          }
          return slot;
        });
    after.forEach(Runnable::run);
  }

  /**
   * Lets a lease last for another {@link #duration}.
   *
   * @return the revision as of which it was granted; empty if it has ended
   */
  Optional<Revision> renew(CacheKey key, long lease) {
    var granted = new AtomicReference<Optional<Revision>>(Optional.empty());
    slots.computeIfPresent(
        key,
        (k, slot) -> {
          if (slot.lease == lease) {
            slot.renewedAt = clock.millis();
            granted.set(Optional.of(slot.grantedAsOf));
          }
          return slot;
        });
    return granted.get();
  }

  /**
   * Ends a lease without an entry and promotes whoever waits longest.
   *
   * @return false if it had ended already
   */
  public boolean release(CacheKey key, long lease) {
    return end(key, lease, shared::release);
  }

  /**
   * Gives an entry to all who wait for {@code key}, and ends the lease of that key, if the entry is
   * its own or as new as its grant.
   *
   * @param lease the lease the entry was generated under; 0 if none
   */
  void arrived(CacheKey key, long lease, CacheEntry entry) {
    unshareable.forget(key);
    arrived(
        key,
        entry,
        slot ->
            slot.lease == lease
                || slot.holder == elsewhere
                || !slot.grantedAsOf.isAfter(entry.revision()));
  }

  /**
   * Gives an entry that the store did not take to all who wait for {@code key}, and ends the lease
   * it was generated under, but no other: nobody else will find the entry.
   *
   * @param lease the lease the entry was generated under; 0 if none
   */
  void dropped(CacheKey key, long lease, CacheEntry entry) {
    arrived(key, entry, slot -> slot.lease == lease);
  }

  /**
   * Gives an entry that was stored somewhere to all who wait for {@code key}.
   *
   * @param ended the lease it ended there; one granted since then is not touched
   */
  void arrivedElsewhere(CacheKey key, long ended, CacheEntry entry) {
    unshareable.forget(key);
    arrived(key, entry, slot -> slot.lease == ended || slot.holder == elsewhere);
  }

  private void arrived(CacheKey key, CacheEntry entry, Predicate<Slot> ends) {
    var after = new ArrayList<Runnable>();
    slots.computeIfPresent(
        key,
        (k, slot) -> {
          for (Follower follower : List.copyOf(slot.queue.keySet())) {
            taken(slot, follower);
            after.add(() -> follower.arrived(entry));
          }
          if (!ends.test(slot)) {
            return slot;
          }
          slot.ended();
          return null;
        });
    after.forEach(Runnable::run);
  }

  /**
   * What was generated must not be shared: whoever waits for it generates alone, and so does for a
   * while whoever would wait for the next.
   *
   * @param lease the lease it was generated under; if that has ended, or there was none, those who
   *     wait go on waiting
   */
  void unshareable(CacheKey key, long lease) {
    unshareable.add(key);
    var after = new ArrayList<Runnable>();
    slots.computeIfPresent(
        key,
        (k, slot) -> {
          if (slot.lease != lease) {
            return slot;
          }
          letGo(slot, after);
          slot.ended();
          return null;
        });
    after.forEach(Runnable::run);
  }

  /**
   * What was generated elsewhere under {@code lease} must not be shared. Whoever waits here is let
   * go, even if it is for somebody that only asks the other servers whether it may lead.
   */
  void unshareableElsewhere(CacheKey key, long lease) {
    unshareable.add(key);
    var after = new ArrayList<Runnable>();
    slots.computeIfPresent(
        key,
        (k, slot) -> {
          letGo(slot, after);
          if (slot.lease != lease && slot.holder != elsewhere) {
            return slot;
          }
          slot.ended();
          return null;
        });
    after.forEach(Runnable::run);
  }

  /** Ends the wait of all who wait. */
  private void letGo(Slot slot, List<Runnable> after) {
    for (Follower follower : List.copyOf(slot.queue.keySet())) {
      taken(slot, follower);
      after.add(follower::spent);
    }
  }

  /**
   * Something was invalidated at once: whoever waits for a generation that can be of no use to it
   * any more is promoted in its place, soon.
   */
  void invalidated() {
    if (waiting.get() > 0 && overtaking.compareAndSet(false, true)) {
      scheduler.after(
          OVERTAKE_AFTER,
          () -> {
            overtaking.set(false);
            slots.keySet().forEach(this::overtake);
          });
    }
  }

  /** Promotes the first who waits for {@code key} and for whom its lease is outdated. */
  private void overtake(CacheKey key) {
    var after = new ArrayList<Runnable>(1);
    slots.computeIfPresent(
        key,
        (k, slot) -> {
          for (Follower next : List.copyOf(slot.queue.keySet())) {
            if (slot.outdated(next.usefulFrom())) {
              taken(slot, next);
              long lease = overtaken(slot, next.caller());
              after.add(lease == 0 ? next::spent : () -> next.promoted(lease));
            }
          }
          return slot;
        });
    after.forEach(Runnable::run);
  }

  /**
   * Ends everything {@code caller} holds or waits for.
   *
   * @return how many leases it held
   */
  public int close(Caller caller) {
    Caller.Belongings left = caller.close();
    left.waits().forEach(this::giveUp);
    // What another server has taken over since goes on.
    int ended = 0;
    for (Map.Entry<CacheKey, Long> held : left.leases().entrySet()) {
      ended += end(held.getKey(), held.getValue(), shared::abandon) ? 1 : 0;
    }
    return ended;
  }

  /** The end of a lease by its deadline, unless it was renewed. */
  private void expire(CacheKey key, long lease) {
    if (end(key, slot -> slot.lease == lease && slot.overdue(), shared::abandon)) {
      observer.onLeaseExpired(key);
    }
  }

  /** Ends a lease without an entry, if it is held. */
  private boolean end(CacheKey key, long lease, BiConsumer<CacheKey, Long> ending) {
    return end(key, slot -> slot.lease == lease, ending);
  }

  /**
   * Ends a lease without an entry.
   *
   * @param which whether it is the one that is held
   * @param ending ends it for the other servers too, if nobody here goes on with it
   * @return false if it is not held
   */
  private boolean end(CacheKey key, Predicate<Slot> which, BiConsumer<CacheKey, Long> ending) {
    var after = new ArrayList<Runnable>(1);
    var claim = new Claim();
    slots.computeIfPresent(
        key,
        (k, slot) -> {
          if (!which.test(slot)) {
            return slot;
          }
          long lease = slot.lease;
          claim.lease = lease;
          slot.ended();
          Slot next = promoted(slot, after);
          if (next == null) {
            after.add(() -> ending.accept(k, lease));
          }
          return next;
        });
    after.forEach(Runnable::run);
    return claim.lease != 0;
  }

  private @Nullable Slot granted(CacheKey key, Caller caller, Claim claim) {
    long lease = newLease();
    if (!caller.holds(key, lease)) {
      return null;
    }
    claim.lease = lease;
    return new Slot(key, caller, lease);
  }

  /** The slot in the hands of another server, or none if nobody here waits for it. */
  private @Nullable Slot ceded(Slot slot, Revision since) {
    slot.ended();
    if (slot.queue.isEmpty()) {
      return null;
    }
    slot.awaits(newLease(), since);
    return slot;
  }

  private boolean enqueued(Slot slot, Follower follower, long budget) {
    if (budget <= 0) {
      return false;
    }
    if (waiting.incrementAndGet() > maxWaiting) {
      waiting.decrementAndGet();
      throw new OverloadedException("%d lookups wait already".formatted(maxWaiting));
    }
    if (!follower.caller().waits(follower)) {
      waiting.decrementAndGet();
      return false;
    }
    slot.queue.put(follower, scheduler.after(budget, () -> giveUp(follower)));
    return true;
  }

  /** The slot in the hands of its next follower, or none if nobody waits who could take it. */
  private @Nullable Slot promoted(Slot slot, List<Runnable> after) {
    for (Follower next : List.copyOf(slot.queue.keySet())) {
      taken(slot, next);
      long lease = newLease();
      if (next.caller().holds(slot.key, lease)) {
        slot.grant(next.caller(), lease);
        after.add(() -> next.promoted(lease));
        return slot;
      }
      after.add(next::spent);
    }
    return null;
  }

  private boolean taken(Slot slot, Follower follower) {
    Scheduled budget = slot.queue.remove(follower);
    if (budget == null) {
      return false;
    }
    budget.cancel();
    follower.caller().waited(follower);
    waiting.decrementAndGet();
    return true;
  }

  private long newLease() {
    long lease = random.nextLong();
    while (lease == 0) {
      lease = random.nextLong();
    }
    return lease;
  }

  /** What came of one attempt to get a lease. */
  private static final class Claim {
    private long lease;
    private boolean waits;
  }

  /** The lease of one key and who waits for it, first come first. */
  private final class Slot {
    private final CacheKey key;
    private final LinkedHashMap<Follower, Scheduled> queue = new LinkedHashMap<>();
    private Caller holder;
    private long lease;
    private Revision grantedAsOf;

    /** Since when it is in these hands, in ms; of another server's, since when it was asked. */
    private long since;

    private long renewedAt;
    private Scheduled deadline;

    Slot(CacheKey key, Caller holder, long lease) {
      this.key = key;
      this.holder = holder;
      this.lease = lease;
      this.grantedAsOf = revision.get();
      this.since = clock.millis();
      this.renewedAt = since;
      this.deadline = scheduler.after(duration, () -> expire(key, lease));
    }

    void grant(Caller newHolder, long newLease) {
      holder = newHolder;
      lease = newLease;
      grantedAsOf = revision.get();
      since = clock.millis();
      renewedAt = since;
      deadline = scheduler.after(duration, () -> expire(key, newLease));
    }

    /** True for whom nothing that began before that revision is of use. */
    boolean outdated(Revision usefulFrom) {
      return usefulFrom.isAfter(grantedAsOf);
    }

    HeldLease shown() {
      return new HeldLease(
          key, holder.name(), holder != elsewhere, since, renewedAt, grantedAsOf, queue.size());
    }

    /** Another server has the lease: whatever entry arrives ends the wait for it. */
    void awaits(long newLease, Revision since) {
      holder = elsewhere;
      lease = newLease;
      grantedAsOf = since;
      deadline = scheduler.after(TRY_AGAIN_AFTER, () -> end(key, newLease, shared::abandon));
    }

    /** The lease is nobody's any more. */
    void ended() {
      deadline.cancel();
      holder.lost(key, lease);
    }

    /** True if the time of the lease is up; if not, its deadline is moved to when it will be. */
    boolean overdue() {
      long left = renewedAt + duration - clock.millis();
      if (left <= 0) {
        return true;
      }
      long current = lease;
      deadline = scheduler.after(left, () -> expire(key, current));
      return false;
    }
  }
}
