package dev.larder.redis.store;

import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.StoreException;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import dev.larder.redis.store.Replies.Marked;
import dev.larder.redis.store.Replies.Point;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Opens the histories of namespaces. One of which a part is missing (evicted, or lost in a
 * failover) is begun anew under another identity: whoever knew the old one distrusts it.
 */
final class Histories {
  /** For how many ms a server that is gone stays in the list of servers. */
  private static final long REMEMBERED = 3_600_000;

  /** The format of histories that this version knows. */
  private static final String FORMAT = "1";

  private static final Pattern IDENTITY = Pattern.compile("[0-9a-f]{1,16}");

  private final RedisClient redis;
  private final String server;
  private final RandomGenerator random;
  private final Options options;

  /** How far each history was known when it ended here: it must not have gone back since. */
  private final Map<Namespace, Known> known = new ConcurrentHashMap<>();

  /**
   * No history yet.
   *
   * @param server the id of this server
   * @param random makes identities
   */
  Histories(RedisClient redis, String server, RandomGenerator random, Options options) {
    this.redis = redis;
    this.server = server;
    this.random = random;
    this.options = options;
  }

  /**
   * How far a history is known.
   *
   * @param identity which history
   * @param upTo the last revision known of it
   */
  private record Known(StoreIdentity identity, Point upTo) {
    static Known of(RedisLog log) {
      return new Known(log.identity(), log.known());
    }
  }

  /**
   * The reply of {@link Scripts#OPEN}, read as far as its format is known.
   *
   * @param reply time, format, identity, revision, mark, revision of the snapshot, snapshot, log
   */
  private record Opened(List<Object> reply) {
    String format() {
      return Replies.text(reply.get(2));
    }

    String identity() {
      return Replies.text(reply.get(3));
    }

    /** Where the history stands. */
    Point upTo() {
      return new Point(Replies.number(reply.get(4)), Replies.text(reply.get(5)));
    }

    long snapshotAt() {
      return Replies.number(reply.get(6));
    }

    Optional<byte[]> snapshot() {
      return Optional.of(Replies.bytes(reply.get(7))).filter(bytes -> bytes.length > 0);
    }

    /** The invalidations after the snapshot. */
    List<Marked> after() {
      return Replies.invalidations(reply.get(8));
    }

    /** False if a part of the history is missing, or cannot be read. */
    boolean isWhole() {
      try {
        return IDENTITY.matcher(identity()).matches() && hasEveryRevision();
      } catch (StoreException e) {
        return false;
      }
    }

    private boolean hasEveryRevision() {
      if (snapshotAt() > 0 && snapshot().isEmpty()) {
        return false;
      }
      long expected = snapshotAt();
      for (Marked marked : after()) {
        if (marked.invalidation().revision().number() != ++expected) {
          return false;
        }
      }
      return expected == upTo().revision();
    }
  }

  /**
   * Opens the history of a namespace; a new one if there is none, or if a part of it is missing.
   *
   * @param current the history of the namespace that is open when the store replies
   * @return fails with a {@link StoreException} if the store does not reply, or holds a format that
   *     this version does not know
   */
  CompletableFuture<OpenNamespace> open(Names names, Supplier<Optional<RedisLog>> current) {
    long sent = StoreClock.now();
    return redis
        .run(
            Traffic.BULK,
            Scripts.OPEN,
            new byte[][] {names.record(), names.log(), names.snapshot(), names.servers()},
            Names.bytes(StoreIdentity.born(random).toString()),
            Names.bytes(Long.toString(REMEMBERED)))
        .thenCompose(reply -> {
          var opened = new Opened(reply);
          if (!opened.format().equals(FORMAT)) {
            throw new StoreException(
                "namespace '%s' is stored in format '%s'; this server knows '%s'"
                    .formatted(names.namespace(), opened.format(), FORMAT));
          }
          Optional<Known> before =
              current
                  .get()
                  .map(Known::of)
                  .or(() -> Optional.ofNullable(known.get(names.namespace())))
                  .filter(it -> it.identity().toString().equals(opened.identity()));
          return isLost(names, before)
              .thenCompose(lost ->
                  lost || !opened.isWhole()
                      ? beginAnew(redis, names, opened.identity(), random)
                          .thenCompose(begun -> open(names, current))
                      : CompletableFuture.completedFuture(opened(names, opened, sent)));
        });
  }

  /** True if the store does not have what was known here of the same history. */
  private CompletableFuture<Boolean> isLost(Names names, Optional<Known> before) {
    if (before.isEmpty()) {
      return CompletableFuture.completedFuture(false);
    }
    Known it = before.orElseThrow();
    return redis
        .run(
            Traffic.URGENT,
            Scripts.SINCE,
            new byte[][] {names.record(), names.log()},
            Names.bytes(it.identity().toString()),
            Names.bytes(Long.toString(it.upTo().revision())),
            Names.bytes(it.upTo().mark()),
            Names.bytes("1"))
        .thenApply(reply -> Replies.text(reply.get(2)).equals("lost"));
  }

  /**
   * Begins a history anew, unless somebody else did.
   *
   * @param identity which history ends
   */
  static CompletableFuture<List<Object>> beginAnew(
      RedisClient redis, Names names, String identity, RandomGenerator random) {
    return redis.run(
        Traffic.WRITE,
        Scripts.BEGIN_ANEW,
        new byte[][] {names.record(), names.log(), names.snapshot(), names.audit(), names.outbox()},
        Names.bytes(identity),
        Names.bytes(StoreIdentity.born(random).toString()),
        names.events());
  }

  private OpenNamespace opened(Names names, Opened opened, long sent) {
    var clock = new StoreClock();
    clock.heard(Replies.micros(opened.reply()), sent);
    var log =
        new RedisLog(
            redis,
            names,
            Replies.identity(opened.reply().get(3)),
            clock,
            random,
            options.replicas(),
            options.outbox(),
            opened.snapshotAt(),
            opened.snapshot(),
            opened.after(),
            opened.upTo());
    var leases = new RedisLeases(redis, names, server, options.leaseMillis());
    return new OpenNamespace(names, log, leases, clock);
  }

  /** Remembers how far a history that has ended here was known. */
  void remember(OpenNamespace ended) {
    known.put(ended.names().namespace(), Known.of(ended.log()));
  }
}
