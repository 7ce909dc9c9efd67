package dev.larder.redis.store;

import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.InvalidValueException;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.StoreException;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import dev.larder.redis.store.LocalCopies.Location;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Scans every key of the database and removes entries of one history. Nothing else here looks at
 * foreign keys. No request waits for a scan; it rests between its steps, so that the store has most
 * of its time for requests.
 */
final class KeyScan {
  /** How many keys one step scans, about. */
  private static final int STEP = 500;

  /** The shortest rest between two steps, in ms. */
  private static final long REST = 20;

  /** How many times as long as the last step the rest takes. */
  private static final long REST_FACTOR = 3;

  private final RedisClient redis;
  private final LocalCopies copies;
  private final StoreIdentity history;
  private final byte[] prefix;
  private final byte[] pattern;
  private final Predicate<EntryHead> useless;

  /**
   * A scan that has not begun.
   *
   * @param copies the copies of this server, which go with their entries
   * @param names the names of the namespace
   * @param history whose entries are looked at
   * @param useless accepts what is removed
   */
  KeyScan(
      RedisClient redis,
      LocalCopies copies,
      Names names,
      StoreIdentity history,
      Predicate<EntryHead> useless) {
    this.redis = redis;
    this.copies = copies;
    this.history = history;
    this.prefix = Names.bytes(names.entries(history));
    this.pattern = Names.bytes(names.entries(history) + "*");
    this.useless = useless;
  }

  /**
   * Runs it.
   *
   * @return completes with how many entries were removed; fails with a {@link StoreException} if
   *     the store does not reply
   */
  CompletableFuture<Long> run() {
    return step(ScanCursor.INITIAL, 0);
  }

  /**
   * Scans the next keys, removes what is useless, rests, and goes on.
   *
   * @param removed how many entries were removed so far
   */
  private CompletableFuture<Long> step(ScanCursor from, long removed) {
    long began = StoreClock.now();
    CompletableFuture<KeyScanCursor<byte[]>> passed =
        redis.send(
            Traffic.BULK,
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
                    Math.max(REST, REST_FACTOR * took), TimeUnit.MILLISECONDS);
            return CompletableFuture.supplyAsync(() -> found, rested)
                .thenCompose(next -> step(next, sum));
          });
    });
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
