package dev.larder.server.store;

import dev.larder.core.spi.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The one thread that writes entries, of all namespaces, one after the other. What waits for it is
 * bounded in bytes.
 */
final class EntryWriter implements AutoCloseable {
  private static final Logger LOG = System.getLogger(EntryWriter.class.getName());

  /** The most bytes of values that may wait: an eighth of the heap, within reason. */
  private static final long MAX_WAITING_BYTES =
      Math.clamp(Runtime.getRuntime().maxMemory() / 8, 8L << 20, 64L << 20);

  private static final int BYTES_BESIDE_VALUE = 1024;

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("larder-entries").factory());
  private final AtomicLong waiting = new AtomicLong();

  /**
   * Does a write in its turn.
   *
   * @param bytes the size of the value it writes
   * @param failed its outcome if it cannot be done
   */
  <T> CompletableFuture<T> write(int bytes, T failed, Supplier<T> write) {
    long cost = (long) bytes + BYTES_BESIDE_VALUE;
    if (waiting.addAndGet(cost) > Math.max(MAX_WAITING_BYTES, cost)) {
      waiting.addAndGet(-cost);
      return CompletableFuture.completedFuture(failed);
    }
    var done = new CompletableFuture<T>();
    try {
      thread.execute(() -> {
        T outcome = failed;
        try {
          outcome = write.get();
        } catch (StoreException e) {
          LOG.log(Level.WARNING, "an entry was dropped: {0}", e.getMessage());
        } finally {
          waiting.addAndGet(-cost);
          done.complete(outcome);
        }
      });
    } catch (RejectedExecutionException e) {
      waiting.addAndGet(-cost);
      done.complete(failed);
    }
    return done;
  }

  /** Finishes what waits and ends. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.log(Level.WARNING, "entries were still being written");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
