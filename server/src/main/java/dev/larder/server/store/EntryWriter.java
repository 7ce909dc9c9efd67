package dev.larder.server.store;

import dev.larder.core.spi.StoreException;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.store.Database.Batch;
import dev.larder.server.store.MemoryTier.Place;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.RocksDBException;

/**
 * The one thread that writes entries, of all namespaces, one after the other. Whatever was asked
 * for while the database was busy is written together, all of it or nothing. What waits is bounded
 * in bytes.
 *
 * <p>An entry that is written survives the end of the process, not a power failure: nothing is
 * synced. A change that fails has its outcome for that; its stage never fails.
 */
final class EntryWriter implements AutoCloseable {
  private static final Logger LOG = System.getLogger(EntryWriter.class.getName());

  /** The most bytes of values that may wait: an eighth of the heap, within reason. */
  private static final long MAX_WAITING_BYTES =
      Math.clamp(Runtime.getRuntime().maxMemory() / 8, 8L << 20, 64L << 20);

  /** What is written together ends once it is this large. */
  private static final long GROUP_BYTES = 1 << 20;

  /** What a change takes beside the value, about. */
  private static final int BYTES_BESIDE_VALUE = 1024;

  /** How long writes must not have failed until they succeed. */
  private static final Duration CALM = Duration.ofSeconds(10);

  /** How long what waits may take to be written when the store is closed, in seconds. */
  private static final long LAST_WRITES = 10;

  private final Condition writes = new Condition("writes of entries", CALM);
  private final Database database;
  private final Runnable written;
  private final BlockingDeque<Work<?>> queue = new LinkedBlockingDeque<>();
  private final AtomicLong waiting = new AtomicLong();
  private final Thread thread;
  private volatile boolean closed;

  EntryWriter(Database database) {
    this(database, () -> {});
  }

  /**
   * A writer.
   *
   * @param written run each time something was written
   */
  EntryWriter(Database database, Runnable written) {
    this.database = database;
    this.written = written;
    this.thread = Thread.ofPlatform().daemon().name("larder-entries").start(this::run);
  }

  /** A change of one entry. */
  @FunctionalInterface
  interface Change<T> {
    /** Decides what to change, and puts it into the batch. */
    Made<T> into(Batch batch) throws RocksDBException;
  }

  /**
   * A change that was decided.
   *
   * @param outcome what it comes to
   * @param then run once it is in the database, and everything before it
   */
  record Made<T>(T outcome, Runnable then) {}

  /**
   * Makes a change in its turn.
   *
   * <p>Changes are made in the order of the calls.
   *
   * @param place what it changes
   * @param bytes the size of the value it writes
   * @param failed its outcome if it cannot be made
   * @param change called on this thread, after everything before it is in the database
   */
  <T> CompletableFuture<T> write(Place place, int bytes, T failed, Change<T> change) {
    long cost = (long) bytes + BYTES_BESIDE_VALUE;
    if (closed) {
      return CompletableFuture.completedFuture(failed);
    }
    if (waiting.addAndGet(cost) > Math.max(MAX_WAITING_BYTES, cost)) {
      waiting.addAndGet(-cost);
      return CompletableFuture.completedFuture(failed);
    }
    var work = new Work<>(place, cost, failed, change);
    queue.add(work);
    if (closed && queue.remove(work)) {
      // It came after the last look at the queue.
      work.done.complete(failed);
    }
    return work.done;
  }

  /** Finishes what waits and ends. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      if (!thread.join(Duration.ofSeconds(LAST_WRITES))) {
        LOG.log(Level.WARNING, "entries were still being written");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** False if its thread has ended: nothing is written any more. */
  boolean alive() {
    return thread.isAlive();
  }

  private void run() {
    for (Optional<Work<?>> first = next(); first.isPresent(); first = next()) {
      try {
        write(gathered(first.orElseThrow()));
      } catch (RuntimeException | Error e) {
        // This thread is the only one that writes: it goes on, whatever it meets.
        OutOfMemory.exitIfCause(e);
        LOG.log(Level.ERROR, "entries were dropped", e);
      }
    }
  }

  /** What waits longest, awaited while this is open; empty once nothing will come any more. */
  private Optional<Work<?>> next() {
    while (!closed) {
      try {
        return Optional.of(queue.take());
      } catch (InterruptedException e) {
        // By close, which is seen above.
      }
    }
    return Optional.ofNullable(queue.poll());
  }

  /**
   * A change with what waits behind it, as far as that is about other entries: a change sees those
   * before it.
   */
  private List<Work<?>> gathered(Work<?> first) {
    var group = new ArrayList<Work<?>>(List.of(first));
    Set<Place> places = new HashSet<>(Set.of(first.place));
    long bytes = first.cost;
    while (bytes < GROUP_BYTES) {
      Work<?> work = queue.poll();
      if (work == null) {
        break;
      }
      if (!places.add(work.place)) {
        queue.addFirst(work);
        break;
      }
      bytes += work.cost;
      group.add(work);
    }
    return group;
  }

  private void write(List<Work<?>> group) {
    boolean done = false;
    try {
      database.change(batch -> {
        for (Work<?> work : group) {
          work.make(batch);
        }
      });
      group.forEach(Work::then);
      done = true;
      written.run();
      writes.succeeds();
    } catch (StoreException e) {
      writes.fails(String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      // Somebody waits for each.
      OutOfMemory.exitIfCause(e);
      LOG.log(Level.ERROR, "entries were dropped", e);
    }
    for (Work<?> work : group) {
      waiting.addAndGet(-work.cost);
      work.complete(done);
    }
  }

  /** A change that waits for its turn. */
  private static final class Work<T> {
    private final Place place;
    private final long cost;
    private final T failed;
    private final Change<T> change;
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private Made<T> made;

    Work(Place place, long cost, T failed, Change<T> change) {
      this.place = place;
      this.cost = cost;
      this.failed = failed;
      this.change = change;
      this.made = new Made<>(failed, () -> {});
    }

    void make(Batch batch) throws RocksDBException {
      made = change.into(batch);
    }

    void then() {
      made.then().run();
    }

    void complete(boolean written) {
      done.complete(written ? made.outcome() : failed);
    }
  }
}
