package dev.larder.server.store;

import dev.larder.core.Invalidation;
import dev.larder.core.InvalidationSource;
import dev.larder.core.TagSet;
import dev.larder.core.spi.StoreException;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.store.Database.Batch;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.Records.Commit;
import dev.larder.server.store.StoreOptions.Fsync;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.rocksdb.RocksDBException;

/**
 * The one thread that changes histories, of all namespaces. Whatever was asked for while the disk
 * was busy is written and synced together (group commit), and counted as one {@link Commit}: in the
 * database with what it changes, then in the {@link CommitFile}. It is acknowledged once the disk
 * has both, which are synced at the same time.
 *
 * <p>Invalidations are acknowledged in the order of their revisions, which is that of the queue.
 * What cannot be written fails, and the next is tried again: a full disk may have room later. But
 * if the commit file cannot be written, or a sync fails, nobody knows what the disk has, and a
 * second one may succeed although the first has lost something (as in PostgreSQL's "fsyncgate");
 * then everything is refused until the server is started again, and {@link Recovery} looks at what
 * is there.
 */
final class LogWriter implements AutoCloseable {
  private static final Logger LOG = System.getLogger(LogWriter.class.getName());

  /** One more fails at once. */
  private static final int MAX_QUEUED = 10_000;

  private final Database database;
  private final CommitFile commits;
  private final Fsync fsync;

  /** Whether invalidations are written; by it the server says whether it is ready. */
  private final Condition writes;

  private final BlockingQueue<Work> queue = new LinkedBlockingQueue<>(MAX_QUEUED);

  /** Syncs the commit file while the writer syncs the database. */
  private final ExecutorService syncer =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("larder-commit").factory());

  private final Thread thread;
  private volatile boolean closed;

  // Of the writer's thread.
  private final Histories histories;
  private Commit last;

  /** Why the disk cannot be trusted any more: what it took may be there after a restart, or not. */
  private String broken = "";

  /**
   * A writer that has begun.
   *
   * @param writes learns whether it succeeds
   */
  LogWriter(
      Database database, CommitFile commits, Recovery recovered, Fsync fsync, Condition writes) {
    this.database = database;
    this.commits = commits;
    this.fsync = fsync;
    this.writes = writes;
    this.histories = recovered.histories();
    this.last = recovered.last();
    this.thread = Thread.ofPlatform().daemon().name("larder-log").start(this::run);
  }

  /**
   * A change of histories, decided when its turn comes.
   *
   * <p>Puts rows into the batch, and where histories end into the draft; both are thrown away if
   * anything of the group fails.
   */
  @FunctionalInterface
  interface LogChange {
    void into(Batch batch, Histories.Draft histories) throws RocksDBException;
  }

  /**
   * Appends an invalidation to a log; the stage completes once it is durable and published.
   *
   * <p>Fails with {@link StoreException} if it is not durable, or the history is over. Whether one
   * that failed is there after a restart is open; nobody was told that it is.
   */
  CompletableFuture<Invalidation> append(
      EmbeddedLog log, TagSet tags, long expire, InvalidationSource source) {
    var append = new Append(log, tags, expire, source, new CompletableFuture<>());
    return enqueue(append, append.done);
  }

  /** Changes histories between two appends; the stage completes once that is durable. */
  CompletableFuture<Void> change(LogChange changes) {
    var change = new Change(changes, new CompletableFuture<>());
    return enqueue(change, change.done);
  }

  /** Finishes what is queued and ends. */
  @Override
  public void close() {
    closed = true;
    // Never an interrupt, which would close the file it writes. A full queue needs no word.
    var _ = queue.offer(new Wake());
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    fail(queue, stopping());
    syncer.shutdown();
  }

  private <T> CompletableFuture<T> enqueue(Work work, CompletableFuture<T> done) {
    if (closed) {
      done.completeExceptionally(stopping());
    } else if (!queue.offer(work)) {
      done.completeExceptionally(
          new StoreException("%d invalidations wait for the disk already".formatted(MAX_QUEUED)));
    } else if (closed && queue.remove(work)) {
      // It came after the last look at the queue.
      done.completeExceptionally(stopping());
    }
    return done;
  }

  private static StoreException stopping() {
    return new StoreException("the server is stopping");
  }

  private void run() {
    var group = new ArrayList<Work>();
    while (!closed || !queue.isEmpty()) {
      try {
        group.add(queue.take());
      } catch (InterruptedException e) {
        continue;
      }
      queue.drainTo(group);
      write(group);
      group.clear();
    }
  }

  /** Writes what was queued as one commit, and acknowledges it. */
  private void write(List<Work> group) {
    var appended = new ArrayList<Appended>();
    try {
      if (!broken.isEmpty()) {
        throw new StoreException(broken);
      }
      Histories.Draft draft = histories.draft();
      var commit = new Commit[] {last};
      database.change(batch -> {
        for (Work work : group) {
          into(batch, draft, work, appended);
        }
        commit[0] = new Commit(last.database(), last.number() + 1, draft.digest());
        batch.put(Table.META, Records.commitKey(), Records.commit(commit[0]));
      });
      draft.accept();
      last = commit[0];
      keep(last);
    } catch (RuntimeException | Error e) {
      // This thread is the only one that writes: it goes on, whatever it meets.
      OutOfMemory.exitIfCause(e);
      if (!(e instanceof StoreException)) {
        LOG.log(Level.ERROR, "invalidations were not written", e);
      }
      writes.fails(String.valueOf(e.getMessage()));
      fail(group, unexpected(e));
      return;
    }
    writes.succeeds();
    appended.forEach(Appended::tell);
    for (Work work : group) {
      if (work instanceof Change change) {
        change.done.complete(null);
      }
    }
  }

  /** Decides the revision of an append, and what a change changes. */
  private static void into(Batch batch, Histories.Draft draft, Work work, List<Appended> appended)
      throws RocksDBException {
    switch (work) {
      case Append append -> {
        OptionalLong before = draft.last(append.log.identity());
        if (before.isEmpty() || append.log.over()) {
          append.done.completeExceptionally(append.log.isOver());
          return;
        }
        Invalidation next = append.log.after(before.getAsLong(), append.tags, append.expire);
        byte[] key = append.log.key(next);
        batch.put(Table.LOG, key, Records.invalidation(key, next));
        append.log.audit(batch, key, next, append.source);
        draft.put(append.log.identity(), next.revision().number());
        appended.add(new Appended(append, next));
      }
      case Change change -> change.changes.into(batch, draft);
      case Wake wake -> {}
    }
  }

  /** Makes a commit that the database has durable. */
  private void keep(Commit commit) {
    try {
      commits.write(commit);
      if (fsync == Fsync.ALWAYS) {
        var synced = CompletableFuture.runAsync(commits::sync, syncer);
        database.sync();
        synced.join();
      }
    } catch (RuntimeException e) {
      Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
      broken =
          "the disk did not take an invalidation for good (%s); restart the server"
              .formatted(cause.getMessage());
      throw new StoreException(broken, cause);
    }
  }

  private static StoreException unexpected(Throwable failure) {
    return failure instanceof StoreException known
        ? known
        : new StoreException("a fault of the server: " + failure, failure);
  }

  /** False if its thread has ended: nothing is written any more. */
  boolean alive() {
    return thread.isAlive();
  }

  private static void fail(Iterable<Work> works, Throwable why) {
    for (Work work : works) {
      switch (work) {
        case Append append -> append.done.completeExceptionally(why);
        case Change change -> change.done.completeExceptionally(why);
        case Wake wake -> {}
      }
    }
  }

  /** What waits for its turn. */
  private sealed interface Work {}

  private record Append(
      EmbeddedLog log,
      TagSet tags,
      long expire,
      InvalidationSource source,
      CompletableFuture<Invalidation> done)
      implements Work {}

  private record Change(LogChange changes, CompletableFuture<Void> done) implements Work {}

  /** Nothing: it ends the wait for work. */
  private record Wake() implements Work {}

  /** An append that is written, to be published once it is durable. */
  private record Appended(Append append, Invalidation invalidation) {
    void tell() {
      try {
        append.log.tell(invalidation);
        append.done.complete(invalidation);
      } catch (RuntimeException | Error e) {
        OutOfMemory.exitIfCause(e);
        LOG.log(
            Level.ERROR,
            "an invalidation is durable, but could not be published: its namespace is read again",
            e);
        append.done.completeExceptionally(unexpected(e));
      }
    }
  }
}
