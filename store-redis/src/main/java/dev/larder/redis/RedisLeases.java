package dev.larder.redis;

import dev.larder.core.CacheKey;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Revision;
import dev.larder.core.spi.SharedLeases;
import dev.larder.redis.Redis.Lane;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The leases of a namespace. A lease lasts as long as its time in the store and as long as its
 * server is heard there, whichever is shorter.
 */
final class RedisLeases implements SharedLeases {
  /** How often a server lets itself be heard, in ms. */
  static final long BEAT = 1_000;

  /** After how many ms of silence a server is gone. */
  private static final long GONE_AFTER = 3 * BEAT;

  /** What messages about a lease begin with. */
  private static final char STORED = 's';

  private static final char ENDED = 'e';
  private static final char UNSHAREABLE = 'u';

  /** Whichever server holds a lease. */
  private static final byte[] ANY = {};

  private final Redis redis;
  private final Names names;
  private final byte[] server;
  private final byte[] duration;
  private volatile Consumer<News> follower = news -> {};

  /**
   * The leases as one server sees them.
   *
   * @param server its id
   * @param duration how long a lease lasts, in ms
   */
  RedisLeases(Redis redis, Names names, String server, long duration) {
    this.redis = redis;
    this.names = names;
    this.server = Names.bytes(server);
    this.duration = Names.bytes(Long.toString(duration));
  }

  @Override
  public CompletionStage<Boolean> claim(
      CacheKey key, long lease, Revision asOf, Revision usefulFrom) {
    return run(
        Script.CLAIM,
        new byte[][] {names.lease(key), names.servers()},
        number(lease),
        server,
        Names.bytes(asOf.toString()),
        duration,
        number(GONE_AFTER),
        Names.bytes(usefulFrom.toString()));
  }

  @Override
  public CompletionStage<Optional<Revision>> adopt(CacheKey key, long lease) {
    return redis
        .run(
            Lane.LOG,
            Script.ADOPT,
            new byte[][] {names.lease(key), names.servers()},
            number(lease),
            server,
            duration)
        .thenApply(answer ->
            answer.getFirst() instanceof Long asOf && asOf >= 0
                ? Optional.of(new Revision(asOf))
                : Optional.empty());
  }

  @Override
  public CompletionStage<Boolean> abandon(CacheKey key, long lease) {
    return end(ENDED, key, lease, server);
  }

  @Override
  public CompletionStage<Boolean> release(CacheKey key, long lease) {
    return end(ENDED, key, lease, ANY);
  }

  @Override
  public CompletionStage<Boolean> unshareable(CacheKey key, long lease) {
    return end(UNSHAREABLE, key, lease, ANY);
  }

  private CompletionStage<Boolean> end(char news, CacheKey key, long lease, byte[] holder) {
    return run(
        Script.RELEASE,
        new byte[][] {names.lease(key)},
        number(lease),
        names.news(),
        key.bytes(),
        holder,
        Names.bytes(String.valueOf(news)));
  }

  @Override
  public void stored(CacheKey key, long lease, Revision revision) {
    var _ =
        run(
            Script.STORED,
            new byte[][] {names.lease(key)},
            number(lease),
            Names.bytes(revision.toString()),
            names.news(),
            key.bytes());
  }

  @Override
  public void follow(Consumer<News> told) {
    follower = told;
  }

  /** Passes on a message about a lease; what is not one is ignored. */
  void heard(byte[] message) {
    int space = 1;
    while (space < message.length && message[space] != ' ') {
      space++;
    }
    try {
      long lease = Long.parseLong(new String(message, 1, space - 1, StandardCharsets.UTF_8));
      CacheKey key =
          CacheKey.of(
              Arrays.copyOfRange(message, Math.min(space + 1, message.length), message.length));
      switch (message[0]) {
        case STORED -> follower.accept(new News.Stored(key, lease));
        case ENDED -> follower.accept(new News.Ended(key, lease));
        case UNSHAREABLE -> follower.accept(new News.Unshareable(key, lease));
        default -> {
          // Of a later version, or somebody else's.
        }
      }
    } catch (InvalidValueException | NumberFormatException e) {
      // Somebody else's message.
    }
  }

  /** Lets this server be heard. */
  void beat() {
    var _ = run(Script.BEAT, new byte[][] {names.servers()}, server, number(0));
  }

  /**
   * Leaves the leases of this server to their time: what is still leased is held by clients without
   * a connection, who renew it through another server.
   */
  CompletableFuture<Boolean> leave() {
    return run(Script.BEAT, new byte[][] {names.servers()}, server, duration);
  }

  private CompletableFuture<Boolean> run(Script script, byte[][] keys, byte[]... given) {
    return redis
        .run(Lane.LOG, script, keys, given)
        .thenApply(answer -> answer.getFirst() instanceof Long one && one == 1);
  }

  private static byte[] number(long number) {
    return Names.bytes(Long.toString(number));
  }
}
