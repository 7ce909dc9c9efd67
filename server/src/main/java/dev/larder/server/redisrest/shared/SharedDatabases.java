package dev.larder.server.redisrest.shared;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.Namespace;
import dev.larder.core.spi.StoreProvider;
import dev.larder.redis.client.AnyCommands;
import dev.larder.redis.client.RedisAddress;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.Engine;
import dev.larder.redis.engine.command.CommandTable;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.server.http.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The databases of all namespaces, in the store. Its connections are others than those of the
 * cache: a script of a client keeps no lookup waiting but those that the store itself keeps.
 */
public final class SharedDatabases implements AutoCloseable {
  /** Between two pings, in ms: what only listens would not notice that its connection is dead. */
  private static final long PING = 2_000;

  private final RedisClient client;
  private final AnyCommands<Reply> store;
  private final SharedChannels channels = new SharedChannels();
  private final int most;
  private final Map<Namespace, SharedDatabase> databases = new ConcurrentHashMap<>();
  private final ScheduledExecutorService pings =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("larder-redis-ping").factory());
  private boolean begun;

  /**
   * The databases of a store. Connects when it is first asked.
   *
   * @param most how many there may be
   * @param largest how many bytes the replies of a request may have
   */
  public SharedDatabases(String address, StoreProvider.Options options, int most, long largest) {
    this.most = most;
    this.client =
        new RedisClient(
            new RedisClient.Options(
                RedisAddress.parse(address),
                options.timeoutMillis(),
                0,
                List.of(),
                number -> "larder:{redis-%d}".formatted(number).getBytes(UTF_8),
                opened -> CompletableFuture.completedFuture(null),
                EnumSet.of(Traffic.URGENT, Traffic.BULK, Traffic.TRANSACTION),
                channels::received));
    this.store = new AnyCommands<>(client, new StoreReplies(), largest);
  }

  /** The commands that are served, with where their keys are; made when they are first needed. */
  private static final class Served {
    private static final CommandTable COMMANDS = commands();
    private static final Prelude PRELUDE = Prelude.of(COMMANDS);
    private static final Scripts SCRIPTS = new Scripts(PRELUDE);

    private static CommandTable commands() {
      try (Engine engine = Engine.builder().open()) {
        return engine.commands();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * The database of a namespace. Its stages fail with a {@link dev.larder.core.spi.StoreException}
   * if the store cannot be asked.
   *
   * @throws Refusal if there may not be one more
   */
  public Database of(Namespace namespace) {
    SharedDatabase known = databases.get(namespace);
    if (known == null && databases.size() >= most) {
      throw new Refusal(
          503,
          "overloaded",
          "ERR %d databases are in use already; --max-namespaces allows no more".formatted(most));
    }
    return known != null ? known : databases.computeIfAbsent(namespace, this::database);
  }

  private SharedDatabase database(Namespace namespace) {
    begin();
    Prefix prefix = Prefix.of(namespace);
    var libraries = new Libraries(namespace, prefix, Served.PRELUDE);
    return new SharedDatabase(
        client,
        store,
        channels,
        prefix,
        new Translator(Served.COMMANDS, prefix, Served.SCRIPTS, libraries));
  }

  private synchronized void begin() {
    if (!begun) {
      begun = true;
      var _ =
          pings.scheduleWithFixedDelay(
              () -> {
                var _ = client.ping();
              },
              PING,
              PING,
              TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void close() {
    pings.shutdownNow();
    client.close();
  }
}
