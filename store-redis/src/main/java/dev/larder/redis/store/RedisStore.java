package dev.larder.redis.store;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.Outbox;
import dev.larder.core.spi.SharedText;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.client.RedisAddress;
import dev.larder.redis.client.RedisClient;
import dev.larder.redis.client.Traffic;
import io.lettuce.core.KeyValue;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The store at a Redis address, as one server sees it. It has one client for all namespaces, one
 * heartbeat, and one memory for copies of entries.
 *
 * <p>A namespace is open from its first use until its history ends: deleted, lost, or begun anew by
 * another server. Whoever opens it after that finds the new history.
 */
final class RedisStore implements Store {
  private static final Logger LOG = System.getLogger(RedisStore.class.getName());

  /** How long the last heartbeat may take when the store is closed, in ms. */
  private static final long LEAVE_WITHIN = 500;

  private static final byte[] ID = Names.bytes("id");
  private static final byte[] REVISION = Names.bytes("rev");

  /** Makes ids, identities, marks and seals, which nobody can guess. */
  private final SecureRandom random = new SecureRandom();

  /** The id of this server, by which the others know whose leases are whose. */
  private final String server = HexFormat.of().toHexDigits(random.nextLong());

  /** The namespaces in use by this server. */
  private final Map<Namespace, OpenNamespace> open = new ConcurrentHashMap<>();

  /** Whether a foreign name among the namespaces was reported. */
  private final AtomicBoolean foreignReported = new AtomicBoolean();

  private final RedisClient redis;
  private final LocalCopies copies;
  private final Histories histories;
  private final Heartbeat heartbeat;
  private final boolean outbox;

  /**
   * The store at that address. It connects in the background, as soon as it can.
   *
   * @param address where it is
   * @param options timeouts and bounds
   */
  RedisStore(RedisAddress address, Options options) {
    this.redis =
        new RedisClient(
            new RedisClient.Options(
                address,
                options.timeoutMillis(),
                options.replicas(),
                Scripts.ALL,
                Names::probe,
                opened -> Rights.check(opened, address, options.replicas() > 0),
                EnumSet.complementOf(EnumSet.of(Traffic.TRANSACTION)),
                (pattern, channel, message) -> received(channel, message)));
    this.outbox = options.outbox();
    this.copies = new LocalCopies(options.memoryBytes());
    this.histories = new Histories(redis, server, random, options);
    this.heartbeat =
        new Heartbeat(redis, address, () -> new WarmUp(redis, server, random).run(), open::values);
  }

  /**
   * {@inheritDoc}
   *
   * <p>It first connects and warms up, if that is not done; then the namespace is listed, and its
   * history is read.
   */
  @Override
  public CompletionStage<NamespaceStore> open(Namespace namespace) {
    var names = new Names(namespace);
    return redis
        .connect()
        .thenCompose(connected -> heartbeat.warmedUp())
        .thenCompose(warm ->
            redis.send(
                Traffic.URGENT,
                Names.NAMESPACES,
                commands -> commands.sadd(Names.NAMESPACES, Names.bytes(namespace.name()))))
        .thenCompose(named ->
            histories.open(
                names, () -> Optional.ofNullable(open.get(namespace)).map(OpenNamespace::log)))
        .thenApply(this::opened);
  }

  /** Takes a namespace into use: its history is followed until it ends. */
  private NamespaceStore opened(OpenNamespace opened) {
    RedisLog log = opened.log();
    open.put(opened.names().namespace(), opened);
    log.onEnd(() -> {
      histories.remember(opened);
      open.remove(opened.names().namespace(), opened);
      copies.removeAll(log.identity());
    });
    redis.subscribe(opened.names().events());
    return new NamespaceStore(
        entries(opened.names(), log.identity(), opened.clock()),
        log,
        opened.leases(),
        opened.clock());
  }

  /** The entries of a history. */
  private RedisEntries entries(Names names, StoreIdentity identity, StoreClock clock) {
    return new RedisEntries(redis, copies, names, identity, clock, random);
  }

  @Override
  public CompletionStage<List<Namespace>> namespaces() {
    return redis
        .connect()
        .thenCompose(connected ->
            redis.send(
                Traffic.URGENT, Names.NAMESPACES, commands -> commands.smembers(Names.NAMESPACES)))
        .thenApply(names ->
            names.stream()
                .flatMap(name -> namespace(Replies.text(name)).stream())
                .sorted(Comparator.comparing(Namespace::name))
                .toList());
  }

  @Override
  public Optional<Outbox> outbox() {
    return outbox
        ? Optional.of(new RedisOutbox(redis, server, this::namespaces))
        : Optional.empty();
  }

  @Override
  public Optional<SharedText> text(String name) {
    return Optional.of(new RedisText(redis, Names.text(name)));
  }

  /** The namespace of that name; empty if another program put there what is no name. */
  private Optional<Namespace> namespace(String name) {
    try {
      return Optional.of(new Namespace(name));
    } catch (InvalidValueException e) {
      if (!foreignReported.getAndSet(true)) {
        LOG.log(
            Level.WARNING,
            "somebody else put a name among those of namespaces, which is passed over: {0}",
            e.getMessage());
      }
      return Optional.empty();
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>The history goes at once, with everything about leases; entries go in the background, or
   * when they expire.
   */
  @Override
  public CompletionStage<Boolean> delete(Namespace namespace) {
    var names = new Names(namespace);
    return redis
        .run(
            Traffic.URGENT,
            Scripts.DELETE,
            new byte[][] {
              names.record(),
              names.log(),
              names.snapshot(),
              names.servers(),
              names.audit(),
              names.outbox()
            },
            names.events())
        .thenCompose(deleted ->
            redis
                .send(
                    Traffic.URGENT,
                    Names.NAMESPACES,
                    commands -> commands.srem(Names.NAMESPACES, Names.bytes(namespace.name())))
                .thenApply(unnamed -> deleted(names, deleted.getFirst())));
  }

  /**
   * {@inheritDoc}
   *
   * <p>One scan of all keys looks for entries of those whose history has no invalidation.
   */
  @Override
  public CompletionStage<Set<Namespace>> empty(Set<Namespace> unused) {
    Map<String, Namespace> byEntries = new ConcurrentHashMap<>();
    return CompletableFuture.allOf(
            unused.stream()
                .map(each -> new Names(each))
                .map(names ->
                    redis
                        .send(
                            Traffic.BULK,
                            names.record(),
                            commands -> commands.hmget(names.record(), ID, REVISION))
                        .thenAccept(record -> {
                          if (isUntouched(record)) {
                            byEntries.put(
                                names.entries(Replies.identity(record.getFirst().getValue())),
                                names.namespace());
                          }
                        }))
                .toArray(CompletableFuture[]::new))
        .thenCompose(looked ->
            byEntries.isEmpty()
                ? CompletableFuture.completedFuture(0L)
                : new KeyScan(redis, Names.ENTRIES, name -> used(byEntries, name)).run())
        .thenApply(scanned -> Set.copyOf(byEntries.values()));
  }

  /** True for a history without an invalidation, as its record says. */
  private static boolean isUntouched(List<KeyValue<byte[], byte[]>> record) {
    return record.stream().allMatch(KeyValue::hasValue)
        && Replies.number(record.getLast().getValue()) == 0;
  }

  /** An entry of one of the histories shows that its namespace is used. */
  private static CompletableFuture<Boolean> used(Map<String, Namespace> byEntries, byte[] name) {
    return CompletableFuture.completedFuture(
        Names.history(name).filter(history -> byEntries.remove(history) != null).isPresent());
  }

  /** Ends what is open of a deleted namespace; false if the store had none. */
  private boolean deleted(Names names, @Nullable Object identity) {
    OpenNamespace opened = open.get(names.namespace());
    if (opened != null) {
      opened.log().end();
    }
    if (identity == null) {
      return false;
    }
    // Nobody finds its entries any more; this frees their memory before they expire.
    var _ = entries(names, Replies.identity(identity), new StoreClock()).purge(entry -> true);
    return true;
  }

  /**
   * True if the last heartbeat found a store that replies and takes writes, and none since failed.
   */
  @Override
  public boolean ready() {
    return heartbeat.isHealthy() && redis.isReachable();
  }

  /**
   * Ends the heartbeat and closes the connections. The leases of this server stay for as long as a
   * lease lasts. Blocks for at most {@value #LEAVE_WITHIN} ms.
   */
  @Override
  public void close() {
    heartbeat.close();
    CompletableFuture<?>[] leaving =
        open.values().stream()
            .map(opened -> opened.leases().leave())
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(leaving)
        .completeOnTimeout(null, LEAVE_WITHIN, TimeUnit.MILLISECONDS)
        .exceptionally(failure -> null)
        .join();
    redis.close();
  }

  /** Dispatches a message to the namespace of its channel. Runs on the event loop. */
  private void received(byte[] channel, byte[] message) {
    for (OpenNamespace opened : open.values()) {
      if (Arrays.equals(opened.names().events(), channel) && message.length > 0) {
        Heartbeat.guarded(() -> {
          if (message[0] == 'r') {
            var _ = opened.log().catchUp();
          } else {
            opened.leases().received(message);
          }
        });
      }
    }
  }
}
