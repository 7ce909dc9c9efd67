package dev.larder.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.StoreIdentity;
import dev.larder.core.TagSet;
import dev.larder.redis.Answers.Point;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What the first to use a store would wait for, done before: a JVM loads and links what leads to
 * the store, and to the compression of values, when it is taken the first time.
 *
 * <p>It has names of its own, which nobody can guess, and opens no history: what it asks of that of
 * a namespace that does not exist is refused without a trace. The one entry it stores is removed,
 * and expires soon if it could not be.
 */
final class Rehearsal {
  /** What the names of a rehearsal begin with. */
  static final String NAME = "rehearsal-";

  private static final TagSet TAGS = TagSet.of("rehearsal");
  private static final CacheLife LIFE = new CacheLife(0, 1, 10);
  private static final long MEMORY = 1 << 20;

  private final RedisLog followed;
  private final RedisLog appended;
  private final RedisLeases leases;
  private final RedisEntries entries;
  private final RedisEntries others;
  private final CacheKey key;
  private final long lease;

  /**
   * A rehearsal that has not begun.
   *
   * @param server the id of the server
   */
  Rehearsal(Redis redis, String server, RandomGenerator random) {
    String name = NAME + HexFormat.of().toHexDigits(random.nextLong());
    var names = new Names(new Namespace(name));
    StoreIdentity identity = StoreIdentity.born(random);
    var clock = new StoreClock();
    var nothing = new Point(0, "");
    // Nobody waits for replicas: nothing is written that they could get.
    Supplier<RedisLog> history =
        () ->
            new RedisLog(
                redis, names, identity, clock, random, 0, 0, Optional.empty(), List.of(), nothing);
    // One each: what is refused ends a history.
    this.followed = history.get();
    this.appended = history.get();
    this.leases = new RedisLeases(redis, names, server, 0);
    this.entries = new RedisEntries(redis, new MemoryTier(MEMORY), names, identity, clock, random);
    this.others = new RedisEntries(redis, new MemoryTier(MEMORY), names, identity, clock, random);
    this.key = CacheKey.of(Names.bytes(name));
    this.lease = random.nextLong();
  }

  /** Plays it through; completes once it is over, whatever came of it. */
  CompletableFuture<Void> begin() {
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
        // From memory, by the seal, and as a server that has no copy.
        .thenCompose(done -> CompletableFuture.allOf(over(entries.get(key)), over(others.get(key))))
        .thenCompose(done -> {
          leases.stored(key, lease, Revision.ZERO);
          return over(leases.release(key, lease));
        })
        .thenCompose(done -> over(entries.remove(key)));
  }

  private static CompletableFuture<Void> over(CompletionStage<?> stage) {
    return stage.<Void>handle((result, failure) -> null).toCompletableFuture();
  }
}
