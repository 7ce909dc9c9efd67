package dev.larder.redis.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.InvalidValueException;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.StoreException;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import dev.larder.redis.store.LocalCopies.Location;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** Removes the useless entries of one history, in a {@linkplain KeyScan scan}. */
final class EntryRemoval {
  private final RedisClient redis;
  private final LocalCopies copies;
  private final StoreIdentity history;
  private final byte[] prefix;
  private final Predicate<EntryHead> useless;

  /**
   * A removal that has not begun.
   *
   * @param copies the copies of this server, which go with their entries
   * @param names the names of the namespace
   * @param history whose entries are looked at
   * @param useless accepts what is removed
   */
  EntryRemoval(
      RedisClient redis,
      LocalCopies copies,
      Names names,
      StoreIdentity history,
      Predicate<EntryHead> useless) {
    this.redis = redis;
    this.copies = copies;
    this.history = history;
    this.prefix = Names.bytes(names.entries(history));
    this.useless = useless;
  }

  /**
   * Runs it.
   *
   * @return completes with how many entries were removed; fails with a {@link StoreException} if
   *     the store does not reply
   */
  CompletableFuture<Long> run() {
    String pattern = new String(prefix, UTF_8) + "*";
    return new KeyScan(redis, pattern, this::removeIfUseless).run();
  }

  /** Removes one entry if it is useless and not replaced meanwhile; true if it did. */
  private CompletableFuture<Boolean> removeIfUseless(byte[] name) {
    CacheKey key;
    try {
      key = CacheKey.of(Arrays.copyOfRange(name, prefix.length, name.length));
    } catch (InvalidValueException e) {
      return CompletableFuture.completedFuture(false);
    }
    return start(name, Values.SEAL + 8)
        .thenCompose(start -> start(name, Math.max(1, Values.headEnd(start))))
        .thenCompose(start ->
            Values.head(key, start).filter(useless).isEmpty()
                ? CompletableFuture.completedFuture(false)
                : redis
                    .run(
                        Traffic.BULK,
                        Scripts.REMOVE_IF_STILL,
                        new byte[][] {name},
                        Values.seal(start))
                    .thenApply(removed -> {
                      copies.remove(new Location(history, key));
                      return removed.getFirst() instanceof Long one && one == 1;
                    }))
        .exceptionally(failure -> {
          if (failure.getCause() instanceof StoreException lost) {
            throw lost;
          }
          throw new StoreException("an entry cannot be looked at", failure);
        });
  }

  /** The first bytes of what is stored under a name. */
  private CompletableFuture<byte[]> start(byte[] name, int length) {
    return redis.send(Traffic.BULK, name, commands -> commands.getrange(name, 0, length - 1));
  }
}
