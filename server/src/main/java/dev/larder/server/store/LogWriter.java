package dev.larder.server.store;

import dev.larder.core.Invalidation;
import dev.larder.core.TagSet;
import dev.larder.core.spi.StoreException;
import dev.larder.server.LastResort;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.StoreOptions.Fsync;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The one thread that appends invalidations, of all namespaces. Whatever was asked for while the
 * disk was busy is written and synced together (group commit).
 */
final class LogWriter implements AutoCloseable {
  private static final Logger LOG = System.getLogger(LogWriter.class.getName());
  private static final int MAX_QUEUED = 10_000;

  private final Database database;
  private final Fsync fsync;
  private final BlockingQueue<Work> queue = new LinkedBlockingQueue<>(MAX_QUEUED);
  private final Thread thread;
  private volatile boolean closed;

  LogWriter(Database database, Fsync fsync) {
    this.database = database;
    this.fsync = fsync;
    this.thread = Thread.ofPlatform().daemon().name("larder-log").start(this::run);
  }

  /** Appends an invalidation to a log; the stage completes once it is durable and told. */
  CompletableFuture<Invalidation> append(EmbeddedLog log, TagSet tags, long expire) {
    var append = new Append(log, tags, expire, new CompletableFuture<>());
    return enqueue(append, append.done);
  }

  /** Changes a log between two appends. */
  CompletableFuture<Void> change(Database.Changes changes) {
    var change = new Change(changes, new CompletableFuture<>());
    return enqueue(change, change.done);
  }

  /** Finishes what is queued and ends. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    fail(queue, new StoreException("the server is stopping"));
  }

  private <T> CompletableFuture<T> enqueue(Work work, CompletableFuture<T> done) {
    if (closed) {
      done.completeExceptionally(new StoreException("the server is stopping"));
    } else if (!queue.offer(work)) {
      done.completeExceptionally(
          new StoreException("%d invalidations wait for the disk already".formatted(MAX_QUEUED)));
    }
    return done;
  }

  private void run() {
    var group = new ArrayList<Work>();
    while (true) {
      try {
        group.add(queue.take());
      } catch (InterruptedException e) {
        if (closed && queue.isEmpty()) {
          return;
        }
        continue;
      }
      queue.drainTo(group);
      try {
        write(group);
      } catch (RuntimeException | Error e) {
        // This thread is the only one that writes: it goes on, whatever it meets.
        LastResort.ifOutOfMemory(e);
        LOG.log(Level.ERROR, "invalidations were not written", e);
        fail(group, unexpected(e));
      }
      group.clear();
      if (closed && queue.isEmpty()) {
        return;
      }
    }
  }

  private void write(List<Work> group) {
    var appended = new ArrayList<Appended>();
    var written = new IdentityHashMap<EmbeddedLog, Long>();
    try {
      database.change(batch -> {
        for (Work work : group) {
          switch (work) {
            case Append append when append.log.over() ->
                append.done.completeExceptionally(append.log.isOver());
            case Append append -> {
              long before = written.getOrDefault(append.log, append.log.last());
              Invalidation next = append.log.after(before, append.tags, append.expire);
              batch.put(Table.LOG, append.log.key(next), Records.invalidation(next));
              written.put(append.log, next.revision().number());
              appended.add(new Appended(append, next));
            }
            case Change change -> change.changes.into(batch);
          }
        }
      });
      if (!appended.isEmpty() && fsync == Fsync.ALWAYS) {
        database.sync();
      }
    } catch (StoreException e) {
      fail(group, e);
      return;
    }
    appended.forEach(Appended::tell);
    for (Work work : group) {
      if (work instanceof Change change) {
        change.done.complete(null);
      }
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

  private static void fail(Iterable<Work> works, RuntimeException why) {
    for (Work work : works) {
      switch (work) {
        case Append append -> append.done.completeExceptionally(why);
        case Change change -> change.done.completeExceptionally(why);
      }
    }
  }

  private sealed interface Work {}

  private record Append(
      EmbeddedLog log, TagSet tags, long expire, CompletableFuture<Invalidation> done)
      implements Work {}

  private record Change(Database.Changes changes, CompletableFuture<Void> done) implements Work {}

  /** An append that is written, to be told once it is durable. */
  private record Appended(Append append, Invalidation invalidation) {
    void tell() {
      try {
        append.log.tell(invalidation);
        append.done.complete(invalidation);
      } catch (RuntimeException | Error e) {
        LastResort.ifOutOfMemory(e);
        LOG.log(
            Level.ERROR,
            "an invalidation is durable, but could not be told: its namespace is read again",
            e);
        append.done.completeExceptionally(unexpected(e));
      }
    }
  }
}
