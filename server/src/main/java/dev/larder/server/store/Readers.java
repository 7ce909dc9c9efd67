package dev.larder.server.store;

import dev.larder.core.spi.StoreException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A few threads that ask the disk, and a bounded queue before them. */
final class Readers implements AutoCloseable {
  private final ThreadPoolExecutor pool;
  private final int most;

  /**
   * Threads that have begun.
   *
   * @param name what their names begin with
   * @param threads how many there are
   * @param most how many may wait for them
   */
  Readers(String name, int threads, int most) {
    this.most = most;
    this.pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(most),
            Thread.ofPlatform().daemon().name(name, 0).factory());
  }

  /**
   * Does something in its turn. The stage fails with {@link StoreException} if too much waits
   * already. What nobody waits for any more is not begun.
   *
   * <p>It fails with what {@code question} throws. With one thread, questions are answered in their
   * order.
   */
  <T extends @Nullable Object> CompletableFuture<T> ask(Supplier<T> question) {
    var answer = new CompletableFuture<T>();
    try {
      pool.execute(() -> {
        if (!answer.isDone()) {
          answer(answer, question);
        }
      });
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(
          new StoreException(
              pool.isShutdown()
                  ? "the server is stopping"
                  : "%d reads wait for the disk already".formatted(most)));
    }
    return answer;
  }

  private static <T extends @Nullable Object> void answer(
      CompletableFuture<T> answer, Supplier<T> question) {
    try {
      answer.complete(question.get());
    } catch (RuntimeException | Error e) {
      answer.completeExceptionally(e);
    }
  }

  /** Lets what was asked be answered, and takes nothing more. */
  @Override
  public void close() {
    pool.shutdown();
  }
}
