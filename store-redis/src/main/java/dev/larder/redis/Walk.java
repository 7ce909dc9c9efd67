package dev.larder.redis;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.InvalidValueException;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.StoreException;
import dev.larder.redis.MemoryTier.Place;
import dev.larder.redis.Redis.Lane;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A walk past every key of the database that removes entries of one history: the only thing here
 * that looks at keys of others. No request waits for one. It steps slowly, so that the store has
 * most of its time for requests.
 */
final class Walk {
  /** How many keys are passed in one step. */
  private static final int STEP = 500;

  /** The least rest between two steps, in ms. */
  private static final long REST = 20;

  /** How many times as long as its last step it rests. */
  private static final long IDLENESS = 3;

  private final Redis redis;
  private final MemoryTier memory;
  private final StoreIdentity history;
  private final byte[] prefix;
  private final byte[] pattern;
  private final Predicate<EntryHead> useless;

  /**
   * A walk that has not begun.
   *
   * @param useless what it removes
   */
  Walk(
      Redis redis,
      MemoryTier memory,
      Names names,
      StoreIdentity history,
      Predicate<EntryHead> useless) {
    this.redis = redis;
    this.memory = memory;
    this.history = history;
    this.prefix = Names.bytes(names.entries(history));
    this.pattern = Names.bytes(names.entries(history) + "*");
    this.useless = useless;
  }

  /**
   * Begins it; fails with a {@link StoreException} where the store does not answer.
   *
   * @return completes with how many entries were removed
   */
  CompletableFuture<Long> begin() {
    return step(ScanCursor.INITIAL, 0);
  }

  private CompletableFuture<Long> step(ScanCursor from, long removed) {
    long began = StoreClock.now();
    CompletableFuture<KeyScanCursor<byte[]>> passed =
        redis.send(
            Lane.VALUES,
            prefix,
            commands -> commands.scan(from, ScanArgs.Builder.matches(pattern).limit(STEP)));
    return passed.thenCompose(found -> {
      List<CompletableFuture<Boolean>> looked =
          found.getKeys().stream().map(this::removeIfUseless).toList();
      return CompletableFuture.allOf(looked.toArray(CompletableFuture[]::new))
          .thenCompose(all -> {
            long sum = removed + looked.stream().filter(CompletableFuture::join).count();
            if (found.isFinished()) {
              return CompletableFuture.completedFuture(sum);
            }
            long took = TimeUnit.NANOSECONDS.toMillis(StoreClock.now() - began);
            var rested =
                CompletableFuture.delayedExecutor(
                    Math.max(REST, IDLENESS * took), TimeUnit.MILLISECONDS);
            return CompletableFuture.supplyAsync(() -> found, rested)
                .thenCompose(next -> step(next, sum));
          });
    });
  }

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
                        Lane.VALUES,
                        Script.REMOVE_IF_STILL,
                        new byte[][] {name},
                        Values.seal(start))
                    .thenApply(removed -> {
                      memory.remove(new Place(history, key));
                      return removed.getFirst() instanceof Long one && one == 1;
                    }))
        .exceptionally(failure -> {
          if (failure.getCause() instanceof StoreException lost) {
            throw lost;
          }
          throw new StoreException("an entry cannot be looked at", failure);
        });
  }

  private CompletableFuture<byte[]> start(byte[] name, int length) {
    return redis.send(Lane.VALUES, name, commands -> commands.getrange(name, 0, length - 1));
  }
}
