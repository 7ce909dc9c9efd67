package dev.larder.redis.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.store.Replies.Point;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Uses a store once before anybody waits for it: the JVM loads and links the code of an operation,
 * and of the compression of values, at the first use.
 *
 * <p>It uses a namespace of a random name and opens no history: the store refuses what it asks of a
 * history that does not exist, and keeps nothing of it. The one entry it stores is removed, and
 * expires within seconds if that fails.
 */
final class WarmUp {
  /** What the names of warm-up namespaces begin with. */
  static final String NAME = "warm-up-";

  private static final TagSet TAGS = TagSet.of("warm-up");

  /** The entry expires after 10 s. */
  private static final CacheLife LIFE = new CacheLife(0, 1, 10);

  /** The bytes of the copies it makes. */
  private static final long MEMORY = 1 << 20;

  private final RedisLog followed;
  private final RedisLog appended;
  private final RedisLeases leases;
  private final RedisEntries entries;
  private final RedisEntries others;
  private final CacheKey key;
  private final long lease;

  /**
   * A warm-up that has not begun.
   *
   * @param server the id of this server
   * @param random makes its names
   */
  WarmUp(RedisClient redis, String server, RandomGenerator random) {
    String name = NAME + HexFormat.of().toHexDigits(random.nextLong());
    var names = new Names(new Namespace(name));
    StoreIdentity identity = StoreIdentity.born(random);
    var clock = new StoreClock();
    var nothing = new Point(0, "");
    // Without replicas: nothing is written that they could have.
    Supplier<RedisLog> history =
        () ->
            new RedisLog(
                redis,
                names,
                identity,
                clock,
                random,
                0,
                false,
                0,
                Optional.empty(),
                List.of(),
                nothing);
    // One for each operation: a refused one ends its history.
    this.followed = history.get();
    this.appended = history.get();
    this.leases = new RedisLeases(redis, names, server, 0);
    this.entries = new RedisEntries(redis, new LocalCopies(MEMORY), names, identity, clock, random);
    this.others = new RedisEntries(redis, new LocalCopies(MEMORY), names, identity, clock, random);
    this.key = CacheKey.of(Names.bytes(name));
    this.lease = random.nextLong();
  }

  /** Runs it; completes once it is over, normally also if something failed. */
  CompletableFuture<Void> run() {
    byte[] value = "<p>larder</p>".repeat(1000).getBytes(UTF_8);
    var entry =
        new CacheEntry(
            Revision.ZERO,
            TAGS,
            LIFE,
            System.currentTimeMillis(),
            CacheEntry.checksum(value),
            value);
    CompletionStage<?> missed =
        CompletableFuture.allOf(
            over(appended.append(TAGS, 0)),
            over(followed.catchUp()),
            over(leases.adopt(key, lease)),
            over(entries.get(key)));
    return over(missed)
        .thenCompose(done -> over(entries.put(key, entry)))
        // From the copy, by its seal; and as a server without a copy.
        .thenCompose(done -> CompletableFuture.allOf(over(entries.get(key)), over(others.get(key))))
        .thenCompose(done -> {
          leases.stored(key, lease, Revision.ZERO);
          return over(leases.release(key, lease));
        })
        .thenCompose(done -> over(entries.remove(key)));
  }

  /** Completes normally once {@code stage} is over. */
  private static CompletableFuture<Void> over(CompletionStage<?> stage) {
    return stage.<Void>handle((result, failure) -> null).toCompletableFuture();
  }
}
