package dev.larder.redis.store;

import static java.util.Objects.requireNonNull;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import dev.larder.redis.store.Replies.Marked;
import dev.larder.redis.store.Replies.Point;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The history of a namespace in the store, as one server follows it.
 *
 * <p>How the parts work together. {@link Histories} finds a history, or begins one, and reads its
 * snapshot and what came after it. Every command is one script of {@link Scripts}, which is given
 * the point that is known here and first says how this history stands: {@code known}, {@code lost},
 * or that it is over here ({@link #checkStanding}). {@link #append} writes an invalidation and
 * announces it to all servers; {@link #catchUp} reads what others have written, and is asked for
 * before every lookup that must be current, on every announcement, and every second ({@link
 * Heartbeat}), since an announcement may be lost. {@link #compact} puts a snapshot in place of what
 * is older than it.
 *
 * <p>Safe for use by many threads; nothing here blocks.
 */
final class RedisLog implements InvalidationLog {
  /*
   * Concurrency. 'known' is the point up to which the follower was notified. It changes under the
   * lock, and the follower is notified under it, so that invalidations arrive in order whichever
   * reply brought them: that of a read of what was missed, or that of an append. One read is under
   * way at a time. A caller that comes meanwhile waits for the nextRead read, because the reply of the
   * present one may be older than its call; so one read serves all callers that came before it.
   *
   * A reply is about the point that was known when it was asked for, and 'known' only grows. So the
   * invalidations of a reply begin at or before 'known' when it arrives: those known meanwhile are
   * skipped, and there is never a gap.
   *
   * When the store does not have the point that is known here, acknowledged invalidations are lost.
   * Then nobody may go on with this history: it is begun anew under another identity, which all
   * servers and clients notice, before this server's engine learns that it is over.
   */
  private static final Logger LOG = System.getLogger(RedisLog.class.getName());

  /** How many invalidations one reply has at most. */
  private static final int CHUNK = 1000;

  /** How many invalidations since the last snapshot are worth another one, at least. */
  private static final int WORTH_COMPACTING = 512;

  private final RedisClient redis;
  private final Names names;
  private final StoreIdentity identity;
  private final StoreClock clock;
  private final RandomGenerator random;
  private final int replicas;
  private final boolean outbox;

  /** Who is notified of the end of this history. */
  private final List<Runnable> endListeners = new ArrayList<>();

  // Guarded by this.
  /** The last invalidation the follower was notified of. */
  private Point known;

  private final Optional<byte[]> snapshot;
  private final List<Invalidation> before;

  /** The revision of the store's snapshot; 0 if it has none. */
  private long snapshotAt;

  private @Nullable Consumer<Invalidation> follower;
  private @Nullable CompletableFuture<Void> reading;
  private @Nullable CompletableFuture<Void> nextRead;

  /** No operation goes on with this history. */
  private boolean over;

  /** It is over because the follower failed: only this server has to read it again. */
  private boolean failed;

  /** The listeners of its end were notified. */
  private boolean ended;

  /**
   * A history that was opened.
   *
   * @param names the names of the namespace
   * @param identity which history
   * @param clock the store's clock, which replies adjust
   * @param random makes the marks of invalidations
   * @param snapshotAt the revision of the snapshot; 0 if there is none
   * @param snapshot the ledger as of {@code snapshotAt}
   * @param before the invalidations after the snapshot
   * @param known the point of the last of them
   * @param replicas how many replicas must have an invalidation before it is acknowledged
   * @param outbox whether what is invalidated is also put there
   */
  RedisLog(
      RedisClient redis,
      Names names,
      StoreIdentity identity,
      StoreClock clock,
      RandomGenerator random,
      int replicas,
      boolean outbox,
      long snapshotAt,
      Optional<byte[]> snapshot,
      List<Marked> before,
      Point known) {
    this.redis = redis;
    this.names = names;
    this.identity = identity;
    this.clock = clock;
    this.random = random;
    this.replicas = replicas;
    this.outbox = outbox;
    this.snapshotAt = snapshotAt;
    this.snapshot = snapshot;
    this.before = new ArrayList<>(before.stream().map(Marked::invalidation).toList());
    this.known = known;
  }

  @Override
  public StoreIdentity identity() {
    return identity;
  }

  @Override
  public synchronized History follow(Consumer<Invalidation> subscriber) {
    follower = subscriber;
    return new History(snapshot, List.copyOf(before));
  }

  @Override
  public CompletionStage<Void> catchUp() {
    CompletableFuture<Void> mine;
    synchronized (this) {
      if (over) {
        return CompletableFuture.failedStage(isOver());
      }
      if (reading != null) {
        nextRead = nextRead == null ? new CompletableFuture<>() : nextRead;
        return nextRead;
      }
      mine = new CompletableFuture<>();
      reading = mine;
    }
    read();
    return mine;
  }

  /** Reads what was missed, and completes the callers of the present read however it ends. */
  private void read() {
    try {
      readOnce();
    } catch (RuntimeException | Error e) {
      // Otherwise its callers would wait for good.
      completed(e);
    }
  }

  /** Reads the next {@value #CHUNK} invalidations; again if there may be more. */
  private void readOnce() {
    Point from;
    synchronized (this) {
      from = known;
    }
    long sent = StoreClock.now();
    var _ =
        redis
            .run(
                Traffic.URGENT,
                Scripts.SINCE,
                keys(),
                Names.bytes(identity.toString()),
                revision(from),
                mark(from),
                Names.bytes(Integer.toString(CHUNK)))
            .whenComplete((reply, failure) -> {
              if (failure != null) {
                completed(failure);
                return;
              }
              try {
                if (applied(reply, sent)) {
                  read();
                } else {
                  completed(null);
                }
              } catch (RuntimeException | Error e) {
                completed(e);
              }
            });
  }

  /** Applies the invalidations of a reply; true if the store may have more. */
  private boolean applied(List<Object> reply, long sent) {
    checkStanding(reply, sent);
    List<Marked> missed = following(reply.get(3));
    synchronized (this) {
      missed.forEach(this::notifyFollower);
      snapshotAt = Replies.number(reply.get(4));
    }
    return missed.size() == CHUNK;
  }

  /** The invalidations of a reply; if they cannot be read, the history is lost. */
  private List<Marked> following(Object rows) {
    try {
      return Replies.invalidations(rows);
    } catch (StoreException e) {
      LOG.log(Level.ERROR, "namespace ''{0}'': {1}", names.namespace(), e.getMessage());
      lost();
      throw isOver();
    }
  }

  /**
   * Completes the callers of the present read, and begins the next one if there are callers.
   *
   * @param failure why it failed; null if the log is current
   */
  private void completed(@Nullable Throwable failure) {
    CompletableFuture<Void> done;
    boolean more;
    synchronized (this) {
      done = requireNonNull(reading);
      reading = nextRead;
      nextRead = null;
      more = reading != null;
    }
    if (more) {
      read();
    }
    if (failure == null) {
      done.complete(null);
    } else {
      done.completeExceptionally(failure);
    }
  }

  /** Notifies the follower of an invalidation, unless it is known. Holds the lock. */
  private void notifyFollower(Marked marked) {
    long revision = marked.invalidation().revision().number();
    if (over || revision <= known.revision()) {
      return;
    }
    if (revision != known.revision() + 1) {
      throw new StoreException(
          "the store tells of invalidation %d after %d".formatted(revision, known.revision()));
    }
    known = marked.point();
    if (follower == null) {
      before.add(marked.invalidation());
      return;
    }
    try {
      follower.accept(marked.invalidation());
    } catch (RuntimeException | Error e) {
      // The follower has not applied it, and must not go on without it.
      over = true;
      failed = true;
      LOG.log(Level.ERROR, "the follower of invalidation %d failed".formatted(revision), e);
      throw isOver();
    }
  }

  /**
   * Logs why this history ends. One that nobody follows, such as that of the warm-up, is not
   * logged: nobody misses it.
   *
   * @param standing what the store says of it
   */
  private void reportEnd(String standing) {
    synchronized (this) {
      if (follower == null) {
        return;
      }
    }
    LOG.log(
        Level.WARNING,
        standing.equals("behind")
            ? "namespace ''{0}'': this server has missed what the store has compacted, and reads it again"
            : "namespace ''{0}'': its history {1} is no longer in the store: deleted, flushed, or"
                + " begun anew by another server",
        names.namespace(),
        identity);
  }

  /**
   * Adjusts the clock to a reply, and checks that it is about this history; ends the history here
   * if not.
   *
   * @param sent when the command was sent, in ns of {@link StoreClock#now}
   * @throws StoreException if this history is over
   */
  private void checkStanding(List<Object> reply, long sent) {
    clock.heard(Replies.micros(reply), sent);
    switch (Replies.text(reply.get(2))) {
      case "known" -> {}
      case "lost" -> {
        lost();
        throw isOver();
      }
      case String standing -> {
        reportEnd(standing);
        end();
        throw isOver();
      }
    }
  }

  @Override
  public CompletionStage<Invalidation> append(TagSet tags, long expire) {
    return append(tags, expire, InvalidationSource.NONE);
  }

  @Override
  public CompletionStage<Invalidation> append(TagSet tags, long expire, InvalidationSource source) {
    String mark = HexFormat.of().toHexDigits(random.nextLong());
    Point from;
    synchronized (this) {
      if (over) {
        return CompletableFuture.failedStage(isOver());
      }
      from = known;
    }
    long sent = StoreClock.now();
    TagSet remembered = AuditedInvalidation.firstOf(tags);
    byte[][] arguments = {
      Names.bytes(identity.toString()),
      revision(from),
      mark(from),
      Names.bytes(mark),
      Names.bytes(Replies.delay(expire)),
      Values.tags(tags),
      names.events(),
      Names.bytes(source.via() == Via.SERVER ? "" : source.lines()),
      Names.bytes(String.valueOf(AuditedInvalidation.KEPT)),
      Values.tags(remembered),
      Names.bytes(String.valueOf(tags.size() - remembered.size())),
      Names.bytes(outbox ? "1" : "0")
    };
    byte[][] places = {names.record(), names.log(), names.audit(), names.outbox()};
    CompletableFuture<List<Object>> appended =
        replicas == 0
            ? redis.run(Traffic.WRITE, Scripts.APPEND, places, arguments)
            : redis.runReplicated(Scripts.APPEND, places, arguments);
    return appended.thenCompose(reply -> {
      checkStanding(reply, sent);
      var invalidation =
          new Invalidation(
              new Revision(Replies.number(reply.get(3))), tags, Replies.deadline(reply.get(4)));
      return appended(new Marked(invalidation, mark));
    });
  }

  @Override
  public CompletionStage<List<AuditedInvalidation>> audited(Revision before, int most) {
    if (before.number() <= 1) {
      return CompletableFuture.completedStage(List.of());
    }
    var range = Range.create("0-1", "%d-0".formatted(before.number() - 1));
    return redis
        .send(
            Traffic.BULK,
            names.audit(),
            commands -> commands.xrevrange(names.audit(), range, Limit.from(most)))
        .thenApply(rows -> rows.stream().map(Replies::audited).toList());
  }

  /** Completes once the follower was notified of an invalidation that this server appended. */
  private CompletionStage<Invalidation> appended(Marked appended) {
    synchronized (this) {
      if (appended.invalidation().revision().number() == known.revision() + 1) {
        notifyFollower(appended);
      }
      if (over) {
        return CompletableFuture.failedStage(isOver());
      }
      if (appended.invalidation().revision().number() <= known.revision()) {
        return CompletableFuture.completedStage(appended.invalidation());
      }
    }
    return catchUp().thenApply(current -> appended.invalidation());
  }

  @Override
  public CompletionStage<Void> compact(Revision upTo, byte[] ledger) {
    Point from;
    synchronized (this) {
      from = known;
      if (over) {
        return CompletableFuture.failedStage(isOver());
      }
      if (snapshotAt > 0 && upTo.number() - snapshotAt < WORTH_COMPACTING) {
        // Another server has compacted it.
        return CURRENT;
      }
    }
    long sent = StoreClock.now();
    return redis
        .run(
            Traffic.BULK,
            Scripts.COMPACT,
            new byte[][] {names.record(), names.log(), names.snapshot()},
            Names.bytes(identity.toString()),
            revision(from),
            mark(from),
            Names.bytes(upTo.toString()),
            ledger)
        .thenAccept(reply -> checkStanding(reply, sent));
  }

  @Override
  public void distrust(Revision revision) {
    boolean behind;
    synchronized (this) {
      behind = known.revision() < revision.number();
    }
    if (behind) {
      lost();
    }
  }

  @Override
  public void onEnd(Runnable listener) {
    synchronized (this) {
      if (!ended) {
        endListeners.add(listener);
        return;
      }
    }
    listener.run();
  }

  /** The last point that is known here. */
  synchronized Point known() {
    return known;
  }

  /** Catches up, or goes on with an end that could not be completed. Called every second. */
  void beat() {
    boolean lost;
    boolean broken;
    synchronized (this) {
      broken = failed;
      lost = over && !failed && !ended;
    }
    if (broken) {
      end();
    } else if (lost) {
      beginAnew();
    } else {
      var _ = catchUp();
    }
  }

  /** Acknowledged invalidations are gone from the store: begins another history. */
  private void lost() {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      LOG.log(
          Level.ERROR,
          "namespace ''{0}'': the store has lost what it had acknowledged (known here: {1}); a new"
              + " history begins",
          names.namespace(),
          known);
    }
    beginAnew();
  }

  /**
   * Begins another history in the store, and ends this one; tried again with the next heartbeat.
   */
  private void beginAnew() {
    var _ =
        Histories.beginAnew(redis, names, identity.toString(), random).thenAccept(begun -> end());
  }

  /** Ends this history here and notifies the listeners of its end, once. */
  void end() {
    List<Runnable> listeners;
    synchronized (this) {
      if (ended) {
        return;
      }
      over = true;
      ended = true;
      listeners = List.copyOf(endListeners);
    }
    for (Runnable listener : listeners) {
      try {
        listener.run();
      } catch (RuntimeException | Error e) {
        LOG.log(Level.ERROR, "a listener of the end of history %s failed".formatted(identity), e);
      }
    }
  }

  /** What every operation fails with once this history is over. */
  private StoreException isOver() {
    return new StoreException(
        "the history %s of namespace '%s' is over: deleted, or lost"
            .formatted(identity, names.namespace()));
  }

  /** The keys that every script about a history uses. */
  private byte[][] keys() {
    return new byte[][] {names.record(), names.log()};
  }

  /** The revision of a point, as scripts take it. */
  private static byte[] revision(Point point) {
    return Names.bytes(Long.toString(point.revision()));
  }

  /** The mark of a point, as scripts take it. */
  private static byte[] mark(Point point) {
    return Names.bytes(point.mark());
  }
}
