package dev.larder.server.store;

import dev.larder.core.AuditedInvalidation;
import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.InvalidationSource.Via;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Batch;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.Records.Damaged;
import dev.larder.server.store.Records.Snapshot;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.rocksdb.RocksDBException;

/**
 * The invalidations of one namespace, in the database.
 *
 * <p>A history is a snapshot of the ledger and the invalidations after it, whose revisions have no
 * gap. {@link LogWriter} alone appends, and notifies the subscriber in the order of revisions,
 * after an invalidation is durable and before it is acknowledged. So none is acknowledged while
 * somebody could still be served what it expired.
 *
 * <p>If the subscriber fails, the log ends: what follows it is thrown away with it, and the next
 * use of the namespace reads the history again.
 */
final class EmbeddedLog implements InvalidationLog {
  /**
   * After how many audit records the oldest are looked for that are too many.
   *
   * <p>So there are at most this many more than {@link AuditedInvalidation#KEPT} on disk.
   */
  private static final int TRIM_AFTER = 1_000;

  private final Database database;
  private final LogWriter writer;
  private final InstantSource clock;
  private final StoreIdentity identity;
  private final boolean outbox;
  private final History history;

  /** Guarded by itself; emptied when they run. */
  private final List<Runnable> endings = new ArrayList<>();

  /** Of the writer's thread: how many audit records were written since this was opened. */
  private long auditedSinceTrim;

  /** True once whoever follows must not go on: deleted, or the log has to be read again. */
  private volatile boolean over;

  /** The one who follows; does nothing before {@link #follow}. */
  private volatile Consumer<Invalidation> subscriber = invalidation -> {};

  /**
   * The log of that identity.
   *
   * @param outbox whether what is invalidated is also put there
   * @throws StoreException if it is damaged
   */
  EmbeddedLog(
      Database database,
      LogWriter writer,
      InstantSource clock,
      StoreIdentity identity,
      boolean outbox) {
    this.database = database;
    this.writer = writer;
    this.clock = clock;
    this.identity = identity;
    this.outbox = outbox;
    this.history = contents(database, identity).history();
  }

  /** No other server writes to this directory. */
  @Override
  public boolean exclusive() {
    return true;
  }

  @Override
  public StoreIdentity identity() {
    return identity;
  }

  /** Gives the history as it was when this was opened. */
  @Override
  public History follow(Consumer<Invalidation> follower) {
    subscriber = follower;
    return history;
  }

  @Override
  public CompletionStage<Invalidation> append(TagSet tags, long expire) {
    return append(tags, expire, InvalidationSource.NONE);
  }

  @Override
  public CompletionStage<Invalidation> append(TagSet tags, long expire, InvalidationSource source) {
    return writer.append(this, tags, expire, source);
  }

  /**
   * Remembers who made an invalidation, and that it is to be told outside, in the write that makes
   * it. Called by the writer.
   *
   * <p>What the server does of its own accord is neither audited nor told.
   *
   * @param key of the invalidation, which is also that of the record
   */
  void audit(Batch batch, byte[] key, Invalidation invalidation, InvalidationSource source)
      throws RocksDBException {
    if (source.via() == Via.SERVER) {
      return;
    }
    long now = clock.millis();
    if (outbox) {
      var whole = new AuditedInvalidation(invalidation, 0, now, source);
      batch.put(Table.OUTBOX, key, Records.audit(key, whole));
    }
    var audited = AuditedInvalidation.of(invalidation, now, source);
    batch.put(Table.AUDIT, key, Records.audit(key, audited));
    if (auditedSinceTrim++ % TRIM_AFTER == 0) {
      trim(batch);
    }
  }

  /** Removes the oldest audit records, all but {@link AuditedInvalidation#KEPT}. */
  private void trim(Batch batch) throws RocksDBException {
    var revisions = new ArrayDeque<byte[]>();
    var tooMany = new ArrayList<byte[]>();
    byte[] prefix = Records.identity(identity);
    database.scan(
        Table.AUDIT,
        prefix,
        prefix,
        Integer.MAX_VALUE,
        (key, row) -> {
          revisions.add(key);
          if (revisions.size() > AuditedInvalidation.KEPT) {
            tooMany.add(revisions.remove());
          }
        });
    if (!tooMany.isEmpty()) {
      batch.deleteRange(Table.AUDIT, tooMany.getFirst(), revisions.getFirst());
    }
  }

  /** Latest first. Reads no more records than it lists, on a thread of its own. */
  @Override
  public CompletionStage<List<AuditedInvalidation>> audited(Revision before, int most) {
    return CompletableFuture.supplyAsync(
        () -> {
          var latest = new ArrayList<AuditedInvalidation>();
          database.scanBack(
              Table.AUDIT,
              Records.identity(identity),
              Records.logKey(identity, before.number()),
              most,
              (key, row) -> latest.add(Records.auditIn(key, row)));
          return List.copyOf(latest);
        },
        Thread::startVirtualThread);
  }

  /** Does nothing to a history that was deleted meanwhile. */
  @Override
  public CompletionStage<Void> compact(Revision upTo, byte[] snapshot) {
    return writer.change((batch, histories) -> {
      if (histories.last(identity).isEmpty()) {
        return;
      }
      byte[] key = Records.snapshotKey(identity);
      batch.put(Table.META, key, Records.snapshot(key, new Snapshot(upTo, snapshot)));
      batch.deleteRange(
          Table.LOG, Records.logKey(identity, 0), Records.logKey(identity, upTo.number() + 1));
    });
  }

  @Override
  public void onEnd(Runnable ending) {
    synchronized (endings) {
      if (!over) {
        endings.add(ending);
        return;
      }
    }
    ending.run();
  }

  /** True once nothing is appended or published here any more. */
  boolean over() {
    return over;
  }

  /** Whoever follows must not go on: deleted, or not published. */
  void end() {
    List<Runnable> listeners;
    synchronized (endings) {
      over = true;
      listeners = List.copyOf(endings);
      endings.clear();
    }
    listeners.forEach(Runnable::run);
  }

  /** Why nothing can be appended. */
  StoreException isOver() {
    return new StoreException(
        "the history %s is over: deleted, or it could not be followed and is read again"
            .formatted(identity));
  }

  /**
   * The invalidation that follows the one of revision {@code before}.
   *
   * @param expire in how many s what has the tags expires
   */
  Invalidation after(long before, TagSet tags, long expire) {
    return new Invalidation(
        new Revision(before + 1), tags, Invalidation.deadline(expire, clock.millis()));
  }

  byte[] key(Invalidation invalidation) {
    return Records.logKey(identity, invalidation.revision().number());
  }

  /** Tells that an invalidation is durable. Called by the writer, in order. */
  void tell(Invalidation invalidation) {
    if (over) {
      throw isOver();
    }
    try {
      subscriber.accept(invalidation);
    } catch (RuntimeException | Error e) {
      // Whoever follows has not taken it into account, and would serve what it expired.
      end();
      throw e;
    }
  }

  /**
   * What the database has of a history.
   *
   * @param last the revision it ends at
   */
  record Contents(long last, History history) {}

  private static Contents contents(Database database, StoreIdentity identity) {
    try {
      return read(database, identity);
    } catch (Damaged e) {
      throw new StoreException(
          "the invalidation log %s is damaged: %s; restart the server"
              .formatted(identity, e.getMessage()),
          e);
    }
  }

  /**
   * Reads a history.
   *
   * <p>Invalidations that the snapshot covers may still be there, and are skipped.
   *
   * @throws Damaged if a row is missing between two others, or not what was written
   */
  static Contents read(Database database, StoreIdentity identity) {
    byte[] snapshotKey = Records.snapshotKey(identity);
    Optional<Snapshot> snapshot =
        database.get(Table.META, snapshotKey).map(row -> Records.snapshotIn(snapshotKey, row));
    Revision covered = snapshot.map(Snapshot::revision).orElse(Revision.ZERO);
    long expected = covered.number();
    var after = new ArrayList<Invalidation>();
    database.scan(
        Table.LOG,
        Records.identity(identity),
        Records.identity(identity),
        Integer.MAX_VALUE,
        (key, row) -> {
          if (Records.revisionOf(key).isAfter(covered)) {
            after.add(Records.invalidationIn(key, row));
          }
        });
    for (Invalidation invalidation : after) {
      expected++;
      if (invalidation.revision().number() != expected) {
        throw new Damaged(
            "invalidation %d where %d is expected"
                .formatted(invalidation.revision().number(), expected));
      }
    }
    return new Contents(expected, new History(snapshot.map(Snapshot::bytes), List.copyOf(after)));
  }
}
