package dev.larder.server.store;

import dev.larder.core.Invalidation;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.core.spi.InvalidationLog;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.Records.Damaged;
import dev.larder.server.store.Records.Snapshot;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The invalidations of one namespace, in the database. */
final class EmbeddedLog implements InvalidationLog {
  private final Database database;
  private final LogWriter writer;
  private final InstantSource clock;
  private final StoreIdentity identity;
  private final History history;

  /** The revision of the last durable invalidation; changed by the writer's thread only. */
  private volatile long last;

  private volatile Consumer<Invalidation> subscriber = invalidation -> {};

  /** Run once the subscriber may not go on. */
  private volatile Runnable ending = () -> {};

  private volatile boolean over;

  /**
   * The log of that identity.
   *
   * @throws StoreException if it is damaged
   */
  EmbeddedLog(Database database, LogWriter writer, InstantSource clock, StoreIdentity identity) {
    this.database = database;
    this.writer = writer;
    this.clock = clock;
    this.identity = identity;
    this.history = read();
  }

  @Override
  public StoreIdentity identity() {
    return identity;
  }

  @Override
  public History follow(Consumer<Invalidation> follower) {
    subscriber = follower;
    return history;
  }

  @Override
  public CompletionStage<Invalidation> append(TagSet tags, long expire) {
    return writer.append(this, tags, expire);
  }

  @Override
  public CompletionStage<Void> compact(Revision upTo, byte[] snapshot) {
    return writer.change(batch -> {
      batch.put(
          Table.META,
          Records.snapshotKey(identity),
          Records.snapshot(new Snapshot(upTo, snapshot)));
      batch.deleteRange(
          Table.LOG, Records.logKey(identity, 0), Records.logKey(identity, upTo.number() + 1));
    });
  }

  @Override
  public void onEnd(Runnable ended) {
    ending = ended;
  }

  /** True once whoever follows must not go on: the log has to be read again. */
  boolean over() {
    return over;
  }

  StoreException isOver() {
    return new StoreException(
        "the history %s could not be followed; it is read again".formatted(identity));
  }

  /** The revision of the last durable invalidation. */
  long last() {
    return last;
  }

  /** The invalidation that follows the one of revision {@code before}. */
  Invalidation after(long before, TagSet tags, long expire) {
    return new Invalidation(
        new Revision(before + 1), tags, Invalidation.deadline(expire, clock.millis()));
  }

  byte[] key(Invalidation invalidation) {
    return Records.logKey(identity, invalidation.revision().number());
  }

  /** Tells that an invalidation is durable. Called by the writer, in order. */
  void tell(Invalidation invalidation) {
    last = invalidation.revision().number();
    if (over) {
      throw isOver();
    }
    try {
      subscriber.accept(invalidation);
    } catch (RuntimeException | Error e) {
      // Whoever follows has not taken it into account, and would serve what it expired.
      over = true;
      ending.run();
      throw e;
    }
  }

  private History read() {
    try {
      Optional<Snapshot> snapshot =
          database.get(Table.META, Records.snapshotKey(identity)).map(Records::snapshot);
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
              after.add(Records.invalidation(key, row));
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
      last = expected;
      return new History(snapshot.map(Snapshot::bytes), List.copyOf(after));
    } catch (Damaged e) {
      throw new StoreException(
          "the invalidation log %s is damaged: %s".formatted(identity, e.getMessage()), e);
    }
  }
}
