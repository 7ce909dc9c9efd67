package dev.larder.redis.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.InvalidValueException;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.EntryStore.Walk;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Shows the heads of the entries of one history, in a {@linkplain KeyScan scan}: as many as the
 * scan comes to in its time. While the store moves its keys to a larger table, one may be shown
 * twice.
 */
final class EntryWalk {
  /** How much of an entry is read at first, in bytes: the head of nearly all. */
  private static final int FIRST = 1024;

  private final RedisClient redis;
  private final byte[] prefix;
  private final long end;
  private final Predicate<EntryHead> visitor;

  // Guarded by this.
  private long examined;
  private boolean ended;

  /** Whether somebody ended it, or its time, before all keys were scanned. */
  private boolean cut;

  /**
   * A walk that has not begun.
   *
   * @param names the names of the namespace
   * @param history whose entries are shown
   * @param millis after how long it ends
   * @param visitor false ends it
   */
  EntryWalk(
      RedisClient redis,
      Names names,
      StoreIdentity history,
      long millis,
      Predicate<EntryHead> visitor) {
    this.redis = redis;
    this.prefix = Names.bytes(names.entries(history));
    this.end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    this.visitor = visitor;
  }

  /**
   * Runs it.
   *
   * @return fails with a {@link dev.larder.core.spi.StoreException} if the store does not reply
   */
  CompletableFuture<Walk> run() {
    return new KeyScan(redis, new String(prefix, UTF_8) + "*", this::visit, this::goesOn)
        .run()
        .thenApply(scanned -> outcome());
  }

  private synchronized Walk outcome() {
    return new Walk(examined, !cut && !ended);
  }

  private synchronized boolean goesOn() {
    cut = ended || System.nanoTime() >= end;
    return !cut;
  }

  /** Reads the head under a name, and shows it; true if there is one. */
  private CompletableFuture<Boolean> visit(byte[] name) {
    CacheKey key;
    try {
      key = CacheKey.of(Arrays.copyOfRange(name, prefix.length, name.length));
    } catch (InvalidValueException e) {
      return CompletableFuture.completedFuture(false);
    }
    return start(name, FIRST)
        .thenCompose(start ->
            Values.headEnd(start) <= start.length
                ? CompletableFuture.completedFuture(start)
                : start(name, Values.headEnd(start)))
        .thenApply(start -> {
          Values.head(key, start).ifPresent(this::show);
          return true;
        });
  }

  private synchronized void show(EntryHead head) {
    if (!ended) {
      examined++;
      ended = !visitor.test(head);
    }
  }

  /** The first bytes of what is stored under a name. */
  private CompletableFuture<byte[]> start(byte[] name, int length) {
    return redis.send(Traffic.BULK, name, commands -> commands.getrange(name, 0, length - 1));
  }
}
