package dev.larder.redis.store;

import dev.larder.core.spi.StoreException;
import dev.larder.redis.client.RedisAddress;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import io.lettuce.core.SetArgs;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is done every second: asks whether the store replies and takes writes, renews this server's
 * place in the list of servers, and catches up with every history. Logs when the store becomes
 * unusable, and when it is usable again.
 */
final class Heartbeat implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Heartbeat.class.getName());

  /** One beat in so many looks at the store's memory policy. */
  private static final int POLICY_EVERY = 60;

  /** A heartbeat without a beat for so long has stopped. */
  private static final Duration STOPPED_AFTER = Duration.ofSeconds(30);

  /** How long namespaces may wait for the warm-up, in ms. */
  private static final long WARM_WITHIN = 2_000;

  /** For how many ms a key stays that is written to try it. */
  private static final long PROBE_STAYS = 1_000;

  private static final byte[] NOTHING = {};

  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("larder-redis-heartbeat").factory());
  private final RedisClient redis;
  private final RedisAddress address;
  private final Supplier<CompletableFuture<Void>> warmUp;
  private final Supplier<Collection<OpenNamespace>> open;

  /** Whether the last beat found a store that can be used. */
  private volatile boolean usable;

  /** When the last beat ended, in ns. */
  private volatile long beatAt = System.nanoTime();

  /** Why the store cannot be used, as it was logged; empty if it can. */
  private volatile String complaint = "";

  /** What was logged about the memory policy; empty if nothing is wrong. */
  private volatile String policyRemark = "";

  /** How many beats found a usable store; used by the executor only. */
  private int beats;

  // Guarded by this.
  private @Nullable CompletableFuture<Void> warming;

  /**
   * A heartbeat that begins at once.
   *
   * @param address where the store is, for messages
   * @param warmUp is run once, when there is a connection
   * @param open the namespaces in use
   */
  Heartbeat(
      RedisClient redis,
      RedisAddress address,
      Supplier<CompletableFuture<Void>> warmUp,
      Supplier<Collection<OpenNamespace>> open) {
    this.redis = redis;
    this.address = address;
    this.warmUp = warmUp;
    this.open = open;
    var _ = executor.scheduleWithFixedDelay(this::beat, 0, RedisLeases.BEAT, TimeUnit.MILLISECONDS);
  }

  /** True if the heartbeat goes on, and its last beat found a store that can be used. */
  boolean isHealthy() {
    return usable && System.nanoTime() - beatAt < STOPPED_AFTER.toNanos();
  }

  /** Runs the warm-up if it was not run; completes once it is over, or has taken too long. */
  synchronized CompletableFuture<Void> warmedUp() {
    if (warming == null) {
      warming =
          CompletableFuture.runAsync(Compression::load, executor)
              .thenCompose(loaded -> warmUp.get())
              .completeOnTimeout(null, WARM_WITHIN, TimeUnit.MILLISECONDS);
    }
    return warming;
  }

  /** Ends it. */
  @Override
  public void close() {
    executor.shutdownNow();
  }

  private void beat() {
    guarded(() -> {
      var _ =
          redis
              .ping()
              .thenCompose(pong -> warmedUp())
              .thenCompose(warm -> tryNamespaces())
              .thenCompose(named -> tryWriting())
              .whenComplete((written, failure) -> report(failure));
    });
    if (usable && beats++ % POLICY_EVERY == 0) {
      guarded(this::checkPolicy);
    }
    for (OpenNamespace opened : open.get()) {
      guarded(() -> opened.leases().beat());
      guarded(() -> opened.log().beat());
    }
    beatAt = System.nanoTime();
  }

  /**
   * Fails if namespaces cannot be found, such as for a foreign key in the place of their set. It
   * removes a name that no namespace has, which needs no other right than the store needs anyway.
   */
  private CompletionStage<?> tryNamespaces() {
    return redis.send(
        Traffic.URGENT, Names.NAMESPACES, commands -> commands.srem(Names.NAMESPACES, NOTHING));
  }

  /** Fails if a node takes no writes: a full one replies to a ping, and refuses to write. */
  private CompletionStage<?> tryWriting() {
    return redis.onEveryNode(
        (node, key) -> node.set(key, NOTHING, SetArgs.Builder.px(PROBE_STAYS)));
  }

  /** Runs something that may fail: a failure is logged, and stops nothing else. */
  static void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      if (e instanceof OutOfMemoryError) {
        // The server decides what becomes of a process without memory.
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
      }
      LOG.log(Level.ERROR, "following the store failed; it is tried again", e);
    }
  }

  /** Logs, once, a memory policy that does not suit a cache; skips a user without the right. */
  private void checkPolicy() {
    var _ =
        redis
            .onEveryNode((node, key) -> node.info("memory"))
            .thenAccept(nodes -> {
              String remark =
                  nodes.stream()
                      .flatMap(info -> MemoryPolicy.in(info).flatMap(MemoryPolicy::remark).stream())
                      .findFirst()
                      .orElse("");
              if (!remark.equals(policyRemark)) {
                policyRemark = remark;
                if (!remark.isEmpty()) {
                  LOG.log(Level.WARNING, "store {0}: {1}", address.shown(), remark);
                }
              }
            });
  }

  private void report(@Nullable Throwable failure) {
    boolean before = usable;
    usable = failure == null;
    if (failure == null) {
      complaint = "";
      if (!before) {
        LOG.log(Level.INFO, "the store {0} answers", address.shown());
      }
      return;
    }
    Throwable cause = failure.getCause() instanceof StoreException known ? known : failure;
    String message = String.valueOf(cause.getMessage());
    if (!message.equals(complaint)) {
      complaint = message;
      LOG.log(Level.WARNING, "the store cannot be used: " + message);
    }
  }
}
