package dev.larder.redis.store;

import dev.larder.core.CacheKey;
import dev.larder.core.InvalidValueException;
import dev.larder.core.Revision;
import dev.larder.core.spi.LeaseEvent;
import dev.larder.core.spi.SharedLeases;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Script;
import dev.larder.redis.client.Traffic;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The leases of a namespace. A lease ends with its time to live in the store, or when its server
 * has not been heard there for {@value #GONE_AFTER} ms, whichever is sooner.
 *
 * <p>Servers tell each other of leases on the channel of the namespace. A message is {@code TNUMBER
 * KEY}: the type of the event, the number of the lease in decimal, and the bytes of the key.
 */
final class RedisLeases implements SharedLeases {
  /** How often a server records that it is alive, in ms. */
  static final long BEAT = 1_000;

  /** After how many ms without a record a server is gone, and so are its leases. */
  private static final long GONE_AFTER = 3 * BEAT;

  /** The type of {@link LeaseEvent.EntryStored}. */
  private static final char STORED = 's';

  /** The type of {@link LeaseEvent.Ended}. */
  private static final char ENDED = 'e';

  /** The type of {@link LeaseEvent.Unshareable}. */
  private static final char UNSHAREABLE = 'u';

  /** In place of a server: whichever server holds the lease. */
  private static final byte[] ANY = {};

  private final RedisClient redis;
  private final Names names;
  private final byte[] server;
  private final byte[] duration;
  private volatile Consumer<LeaseEvent> listener = event -> {};

  /**
   * The leases as one server sees them.
   *
   * @param names the names of the namespace
   * @param server the id of this server
   * @param duration how long a lease lasts after its grant or renewal, in ms
   */
  RedisLeases(RedisClient redis, Names names, String server, long duration) {
    this.redis = redis;
    this.names = names;
    this.server = Names.bytes(server);
    this.duration = Names.bytes(Long.toString(duration));
  }

  @Override
  public CompletionStage<Boolean> claim(
      CacheKey key, long lease, Revision asOf, Revision usefulFrom) {
    return run(
        Scripts.CLAIM,
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
            Traffic.URGENT,
            Scripts.ADOPT,
            new byte[][] {names.lease(key), names.servers()},
            number(lease),
            server,
            duration)
        .thenApply(reply ->
            reply.getFirst() instanceof Long asOf && asOf >= 0
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

  /**
   * Ends a lease.
   *
   * @param type the type of the event that tells of it
   * @param holder the server that has to hold it, or {@link #ANY}
   * @return completes with false if it is not held
   */
  private CompletionStage<Boolean> end(char type, CacheKey key, long lease, byte[] holder) {
    return run(
        Scripts.RELEASE,
        new byte[][] {names.lease(key)},
        number(lease),
        names.events(),
        key.bytes(),
        holder,
        Names.bytes(String.valueOf(type)));
  }

  @Override
  public void stored(CacheKey key, long lease, Revision revision) {
    var _ =
        run(
            Scripts.STORED,
            new byte[][] {names.lease(key)},
            number(lease),
            Names.bytes(revision.toString()),
            names.events(),
            key.bytes());
  }

  @Override
  public void listen(Consumer<LeaseEvent> to) {
    listener = to;
  }

  /** Calls the listener with the event of a message; another message is ignored. */
  void received(byte[] message) {
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
        case STORED -> listener.accept(new LeaseEvent.EntryStored(key, lease));
        case ENDED -> listener.accept(new LeaseEvent.Ended(key, lease));
        case UNSHAREABLE -> listener.accept(new LeaseEvent.Unshareable(key, lease));
        default -> {
          // Of a later version, or foreign.
        }
      }
    } catch (InvalidValueException | NumberFormatException e) {
      // A foreign message.
    }
  }

  /** Records that this server is alive. */
  void beat() {
    var _ = run(Scripts.BEAT, new byte[][] {names.servers()}, server, number(0));
  }

  /**
   * Records that this server is alive for as long as a lease lasts: the leases it still has are
   * held by clients without a connection, which renew them through another server.
   *
   * @return completes once the store has it
   */
  CompletableFuture<Boolean> leave() {
    return run(Scripts.BEAT, new byte[][] {names.servers()}, server, duration);
  }

  /** Runs a script that replies 0 or 1; completes with true for 1. */
  private CompletableFuture<Boolean> run(Script script, byte[][] keys, byte[]... given) {
    return redis
        .run(Traffic.URGENT, script, keys, given)
        .thenApply(reply -> reply.getFirst() instanceof Long one && one == 1);
  }

  private static byte[] number(long number) {
    return Names.bytes(Long.toString(number));
  }
}
