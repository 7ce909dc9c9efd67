package dev.larder.redis;

import static java.util.Objects.requireNonNull;

import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import dev.larder.redis.Answers.Marked;
import dev.larder.redis.Answers.Point;
import dev.larder.redis.Redis.Lane;
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

/** The history of a namespace, as one server follows it. */
final class RedisLog implements InvalidationLog {
  /*
   * Concurrency. What is known (the point up to which the follower was told) changes under the lock,
   * and the follower is told under it, so that invalidations arrive in order whoever learned them:
   * the question for what was missed, or an append. One question is under way at a time. Whoever
   * asks while it is waits for the next one, because the answer of the present one may be older
   * than his question; so a question serves everybody who came before it was sent.
   *
   * Every answer of the store is about the point that was known when it was asked, and what is known
   * only grows. So the invalidations of an answer begin at or before what is known when it arrives:
   * those known meanwhile are skipped, and there is never a gap.
   *
   * When the store does not know the point that is known here, acknowledged invalidations are lost.
   * Then nobody may go on with this history: it is begun anew under another identity, which all
   * servers and clients notice, before this server's engine is told that it is over.
   */
  private static final Logger LOG = System.getLogger(RedisLog.class.getName());

  /** How many invalidations are read at once. */
  private static final int CHUNK = 1000;

  /** Fewer invalidations than that since the last snapshot are not worth another one. */
  private static final int WORTH_COMPACTING = 512;

  private final Redis redis;
  private final Names names;
  private final StoreIdentity identity;
  private final StoreClock clock;
  private final RandomGenerator random;
  private final int replicas;
  private final List<Runnable> endings = new ArrayList<>();

  // Guarded by this.
  private Point known;
  private final Optional<byte[]> snapshot;
  private final List<Invalidation> before;
  private long snapshotAt;
  private @Nullable Consumer<Invalidation> follower;
  private @Nullable CompletableFuture<Void> asking;
  private @Nullable CompletableFuture<Void> next;
  private boolean over;
  private boolean failed;
  private boolean ended;

  /**
   * A history that was opened.
   *
   * @param snapshot the ledger as it was at {@code snapshotAt}
   * @param before what happened since then
   * @param known where that ends
   * @param replicas how many replicas must have an invalidation before it is acknowledged
   */
  RedisLog(
      Redis redis,
      Names names,
      StoreIdentity identity,
      StoreClock clock,
      RandomGenerator random,
      int replicas,
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
      if (asking != null) {
        next = next == null ? new CompletableFuture<>() : next;
        return next;
      }
      mine = new CompletableFuture<>();
      asking = mine;
    }
    ask();
    return mine;
  }

  private void ask() {
    try {
      askOnce();
    } catch (RuntimeException | Error e) {
      // Whoever waits would wait for good.
      answered(e);
    }
  }

  private void askOnce() {
    Point from;
    synchronized (this) {
      from = known;
    }
    long sent = StoreClock.now();
    var _ =
        redis
            .run(
                Lane.LOG,
                Script.SINCE,
                keys(),
                Names.bytes(identity.toString()),
                revision(from),
                mark(from),
                Names.bytes(Integer.toString(CHUNK)))
            .whenComplete((answer, failure) -> {
              if (failure != null) {
                answered(failure);
                return;
              }
              try {
                if (learned(answer, sent)) {
                  ask();
                } else {
                  answered(null);
                }
              } catch (RuntimeException | Error e) {
                answered(e);
              }
            });
  }

  /** Takes an answer into account; true if there may be more. */
  private boolean learned(List<Object> answer, long sent) {
    stands(answer, sent);
    List<Marked> missed = following(answer.get(3));
    synchronized (this) {
      missed.forEach(this::tell);
      snapshotAt = Answers.number(answer.get(4));
    }
    return missed.size() == CHUNK;
  }

  /** What follows, as the store tells it; if that cannot be understood, it is lost. */
  private List<Marked> following(Object told) {
    try {
      return Answers.invalidations(told);
    } catch (StoreException e) {
      LOG.log(Level.ERROR, "namespace ''{0}'': {1}", names.namespace(), e.getMessage());
      lost();
      throw isOver();
    }
  }

  private void answered(@Nullable Throwable failure) {
    CompletableFuture<Void> done;
    boolean more;
    synchronized (this) {
      done = requireNonNull(asking);
      asking = next;
      next = null;
      more = asking != null;
    }
    if (more) {
      ask();
    }
    if (failure == null) {
      done.complete(null);
    } else {
      done.completeExceptionally(failure);
    }
  }

  /** Tells the follower, if it does not know yet. */
  private void tell(Marked happened) {
    long revision = happened.invalidation().revision().number();
    if (over || revision <= known.revision()) {
      return;
    }
    if (revision != known.revision() + 1) {
      throw new StoreException(
          "the store tells of invalidation %d after %d".formatted(revision, known.revision()));
    }
    known = happened.point();
    if (follower == null) {
      before.add(happened.invalidation());
      return;
    }
    try {
      follower.accept(happened.invalidation());
    } catch (RuntimeException | Error e) {
      // Whoever follows has not taken it into account and must not go on without it.
      over = true;
      failed = true;
      LOG.log(Level.ERROR, "invalidation %d could not be told".formatted(revision), e);
      throw isOver();
    }
  }

  /**
   * Says why this history ends; nobody misses one that nobody follows, such as that of a rehearsal.
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
   * Makes sure that an answer is about this history.
   *
   * @throws StoreException if it is not
   */
  private void stands(List<Object> answer, long sent) {
    clock.heard(Answers.micros(answer), sent);
    switch (Answers.text(answer.get(2))) {
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
    String mark = HexFormat.of().toHexDigits(random.nextLong());
    Point from;
    synchronized (this) {
      if (over) {
        return CompletableFuture.failedStage(isOver());
      }
      from = known;
    }
    long sent = StoreClock.now();
    byte[][] given = {
      Names.bytes(identity.toString()),
      revision(from),
      mark(from),
      Names.bytes(mark),
      Names.bytes(Answers.delay(expire)),
      Values.tags(tags),
      names.news()
    };
    CompletableFuture<List<Object>> appended =
        replicas == 0
            ? redis.run(Lane.APPEND, Script.APPEND, keys(), given)
            : redis.replicated(Script.APPEND, keys(), given);
    return appended.thenCompose(answer -> {
      stands(answer, sent);
      var invalidation =
          new Invalidation(
              new Revision(Answers.number(answer.get(3))), tags, Answers.deadline(answer.get(4)));
      return told(new Marked(invalidation, mark));
    });
  }

  private CompletionStage<Invalidation> told(Marked appended) {
    synchronized (this) {
      if (appended.invalidation().revision().number() == known.revision() + 1) {
        tell(appended);
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
  public CompletionStage<Void> compact(Revision upTo, byte[] taken) {
    Point from;
    synchronized (this) {
      from = known;
      if (over) {
        return CompletableFuture.failedStage(isOver());
      }
      if (snapshotAt > 0 && upTo.number() - snapshotAt < WORTH_COMPACTING) {
        // Another server did it.
        return CURRENT;
      }
    }
    long sent = StoreClock.now();
    return redis
        .run(
            Lane.VALUES,
            Script.COMPACT,
            new byte[][] {names.record(), names.log(), names.snapshot()},
            Names.bytes(identity.toString()),
            revision(from),
            mark(from),
            Names.bytes(upTo.toString()),
            taken)
        .thenAccept(answer -> stands(answer, sent));
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
  public void onEnd(Runnable ending) {
    synchronized (this) {
      if (!ended) {
        endings.add(ending);
        return;
      }
    }
    ending.run();
  }

  /** Up to where it is known here. */
  synchronized Point known() {
    return known;
  }

  /** Goes on with what could not be done at once. */
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

  /** Acknowledged invalidations are gone from the store. */
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

  private void beginAnew() {
    var _ =
        redis
            .run(
                Lane.APPEND,
                Script.BEGIN_ANEW,
                new byte[][] {names.record(), names.log(), names.snapshot()},
                Names.bytes(identity.toString()),
                Names.bytes(StoreIdentity.born(random).toString()),
                names.news())
            .thenAccept(done -> end());
  }

  /** This history is over. */
  void end() {
    List<Runnable> told;
    synchronized (this) {
      if (ended) {
        return;
      }
      over = true;
      ended = true;
      told = List.copyOf(endings);
    }
    for (Runnable ending : told) {
      try {
        ending.run();
      } catch (RuntimeException | Error e) {
        LOG.log(Level.ERROR, "the end of history %s could not be told".formatted(identity), e);
      }
    }
  }

  private StoreException isOver() {
    return new StoreException(
        "the history %s of namespace '%s' is over: deleted, or lost"
            .formatted(identity, names.namespace()));
  }

  private byte[][] keys() {
    return new byte[][] {names.record(), names.log()};
  }

  private static byte[] revision(Point point) {
    return Names.bytes(Long.toString(point.revision()));
  }

  private static byte[] mark(Point point) {
    return Names.bytes(point.mark());
  }
}
