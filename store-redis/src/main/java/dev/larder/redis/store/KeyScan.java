package dev.larder.redis.store;

import dev.larder.core.spi.StoreException;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Scans the keys of the database and visits those of a pattern. Nothing else here looks at foreign
 * keys. No request of a client waits for a scan; it rests between its steps, so that the store has
 * most of its time for requests.
 */
final class KeyScan {
  /** How many keys one step scans, about. */
  private static final int STEP = 500;

  /** The shortest rest between two steps, in ms. */
  private static final long REST = 20;

  /** How many times as long as the last step the rest takes. */
  private static final long REST_FACTOR = 3;

  private final RedisClient redis;
  private final byte[] pattern;
  private final Function<byte[], CompletableFuture<Boolean>> visit;
  private final BooleanSupplier goesOn;

  /**
   * A scan of all keys, that has not begun.
   *
   * @param pattern of the names that are visited, as SCAN takes it
   * @param visit called with the name of each key, perhaps more than once; completes with whether
   *     it counts
   */
  KeyScan(RedisClient redis, String pattern, Function<byte[], CompletableFuture<Boolean>> visit) {
    this(redis, pattern, visit, () -> true);
  }

  /**
   * A scan that has not begun, and may end before it has seen all keys.
   *
   * @param goesOn asked after each step but the last; false ends the scan
   */
  KeyScan(
      RedisClient redis,
      String pattern,
      Function<byte[], CompletableFuture<Boolean>> visit,
      BooleanSupplier goesOn) {
    this.redis = redis;
    this.pattern = Names.bytes(pattern);
    this.visit = visit;
    this.goesOn = goesOn;
  }

  /**
   * Runs it.
   *
   * @return completes with how many keys count; fails with a {@link StoreException} if the store
   *     does not reply
   */
  CompletableFuture<Long> run() {
    return step(ScanCursor.INITIAL, 0);
  }

  /**
   * Scans the next keys, visits them, rests, and goes on.
   *
   * @param counted how many keys counted so far
   */
  private CompletableFuture<Long> step(ScanCursor from, long counted) {
    long began = StoreClock.now();
    CompletableFuture<KeyScanCursor<byte[]>> passed =
        redis.send(
            Traffic.BULK,
            pattern,
            commands -> commands.scan(from, ScanArgs.Builder.matches(pattern).limit(STEP)));
    return passed.thenCompose(found -> {
      List<CompletableFuture<Boolean>> visited = found.getKeys().stream().map(visit).toList();
      return CompletableFuture.allOf(visited.toArray(CompletableFuture[]::new))
          .thenCompose(all -> {
            long sum = counted + visited.stream().filter(CompletableFuture::join).count();
            if (found.isFinished() || !goesOn.getAsBoolean()) {
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
}
