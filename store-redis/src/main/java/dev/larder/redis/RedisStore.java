package dev.larder.redis;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.StoreException;
import dev.larder.core.spi.StoreProvider.Options;
import dev.larder.redis.Answers.Marked;
import dev.larder.redis.Answers.Point;
import dev.larder.redis.Redis.Lane;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The store at a Redis address, as one server sees it. */
final class RedisStore implements Store {
  private static final Logger LOG = System.getLogger(RedisStore.class.getName());

  /** For how many ms a server that is gone is remembered. */
  private static final long REMEMBERED = 3_600_000;

  /** One beat in so many looks at how the store is set. */
  private static final int LOOK_EVERY = 60;

  private static final long LEAVE_WITHIN = 500;

  private static final Pattern IDENTITY = Pattern.compile("[0-9a-f]{1,16}");

  /** A pulse that was not felt for so long has ended. */
  private static final Duration STILL_PULSING = Duration.ofSeconds(30);

  /** How long, in ms, namespaces may wait for the rehearsal. */
  private static final long REHEARSED_WITHIN = 2_000;

  private final SecureRandom random = new SecureRandom();
  private final String server = HexFormat.of().toHexDigits(random.nextLong());
  private final Map<Namespace, Opened> open = new ConcurrentHashMap<>();

  /** How far history was known when it ended here: it must not have gone back when it is opened. */
  private final Map<Namespace, Remembered> remembered = new ConcurrentHashMap<>();

  /** Whether it was told that a name of a namespace is none. */
  private final AtomicBoolean foreign = new AtomicBoolean();

  private final ScheduledExecutorService pulse =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("larder-pulse").factory());
  private final Options options;
  private final Redis redis;
  private final MemoryTier memory;
  private final RedisAddress address;
  private volatile boolean answers;

  /** When everything was looked after last, in ns. */
  private volatile long beaten = System.nanoTime();

  private volatile String complaint = "";

  /** What was remarked on about how the store is set. */
  private volatile String remarked = "";

  private int beats;

  // Guarded by this.
  private @Nullable CompletableFuture<Void> rehearsal;

  /** The store at that address, which is connected to as soon as it can be. */
  RedisStore(RedisAddress address, Options options) {
    this.address = address;
    this.options = options;
    this.redis = new Redis(address, options.timeoutMillis(), options.replicas(), this::heard);
    this.memory = new MemoryTier(options.memoryBytes());
    var _ = pulse.scheduleWithFixedDelay(this::beat, 0, RedisLeases.BEAT, TimeUnit.MILLISECONDS);
  }

  /** A namespace in use. */
  private record Opened(Names names, RedisLog log, RedisLeases leases) {
    Remembered remembered() {
      return new Remembered(log.identity(), log.known());
    }
  }

  /** What is known of a history. */
  private record Remembered(StoreIdentity identity, Point known) {}

  @Override
  public CompletionStage<NamespaceStore> open(Namespace namespace) {
    var names = new Names(namespace);
    return redis
        .connect()
        .thenCompose(connected -> rehearsed())
        .thenCompose(rehearsed ->
            redis.send(
                Lane.LOG,
                Names.NAMESPACES,
                commands -> commands.sadd(Names.NAMESPACES, Names.bytes(namespace.name()))))
        .thenCompose(named -> history(names));
  }

  /** Completes once the ways to the store that is connected were taken a first time. */
  private synchronized CompletableFuture<Void> rehearsed() {
    if (rehearsal == null) {
      rehearsal =
          CompletableFuture.runAsync(Compression::load, pulse)
              .thenCompose(loaded -> new Rehearsal(redis, server, random).begin())
              .completeOnTimeout(null, REHEARSED_WITHIN, TimeUnit.MILLISECONDS);
    }
    return rehearsal;
  }

  private CompletableFuture<NamespaceStore> history(Names names) {
    long sent = StoreClock.now();
    return redis
        .run(
            Lane.VALUES,
            Script.OPEN,
            new byte[][] {names.record(), names.log(), names.snapshot(), names.servers()},
            Names.bytes(StoreIdentity.born(random).toString()),
            Names.bytes(Long.toString(REMEMBERED)))
        .thenCompose(answer -> {
          String format = Answers.text(answer.get(2));
          if (!format.equals("1")) {
            throw new StoreException(
                "namespace '%s' is stored in format '%s'; this server knows '1'"
                    .formatted(names.namespace(), format));
          }
          String identity = Answers.text(answer.get(3));
          return lost(names, identity)
              .thenCompose(lost ->
                  lost || !whole(answer)
                      ? begunAnew(names, identity)
                      : CompletableFuture.completedFuture(opened(names, answer, sent)));
        });
  }

  /** True if the store has lost what was known here of the history it has. */
  private CompletableFuture<Boolean> lost(Names names, String identity) {
    Opened opened = open.get(names.namespace());
    Remembered before = opened == null ? remembered.get(names.namespace()) : opened.remembered();
    if (before == null || !before.identity().toString().equals(identity)) {
      return CompletableFuture.completedFuture(false);
    }
    return redis
        .run(
            Lane.LOG,
            Script.SINCE,
            new byte[][] {names.record(), names.log()},
            Names.bytes(identity),
            Names.bytes(Long.toString(before.known().revision())),
            Names.bytes(before.known().mark()),
            Names.bytes("1"))
        .thenApply(answer -> Answers.text(answer.get(2)).equals("lost"));
  }

  /** False if the store lost a part of the history, such as by evicting it. */
  private static boolean whole(List<Object> answer) {
    try {
      return IDENTITY.matcher(Answers.text(answer.get(3))).matches() && wholeLog(answer);
    } catch (StoreException e) {
      return false;
    }
  }

  private static boolean wholeLog(List<Object> answer) {
    long revision = Answers.number(answer.get(4));
    long snapshotAt = Answers.number(answer.get(6));
    if (snapshotAt > 0 && Answers.bytes(answer.get(7)).length == 0) {
      return false;
    }
    long expected = snapshotAt;
    for (Marked marked : Answers.invalidations(answer.get(8))) {
      if (marked.invalidation().revision().number() != ++expected) {
        return false;
      }
    }
    return expected == revision;
  }

  private CompletableFuture<NamespaceStore> begunAnew(Names names, String identity) {
    return redis
        .run(
            Lane.APPEND,
            Script.BEGIN_ANEW,
            new byte[][] {names.record(), names.log(), names.snapshot()},
            Names.bytes(identity),
            Names.bytes(StoreIdentity.born(random).toString()),
            names.news())
        .thenCompose(begun -> history(names));
  }

  private NamespaceStore opened(Names names, List<Object> answer, long sent) {
    var identity = new StoreIdentity(Long.parseUnsignedLong(Answers.text(answer.get(3)), 16));
    var clock = new StoreClock();
    clock.heard(Answers.micros(answer), sent);
    byte[] snapshot = Answers.bytes(answer.get(7));
    var log =
        new RedisLog(
            redis,
            names,
            identity,
            clock,
            random,
            options.replicas(),
            Answers.number(answer.get(6)),
            snapshot.length == 0 ? Optional.empty() : Optional.of(snapshot),
            Answers.invalidations(answer.get(8)),
            new Point(Answers.number(answer.get(4)), Answers.text(answer.get(5))));
    var leases = new RedisLeases(redis, names, server, options.leaseMillis());
    var opened = new Opened(names, log, leases);
    open.put(names.namespace(), opened);
    log.onEnd(() -> {
      remembered.put(names.namespace(), opened.remembered());
      open.remove(names.namespace(), opened);
      memory.removeAll(identity);
    });
    redis.subscribe(names.news());
    return new NamespaceStore(entries(names, identity, clock), log, leases, clock);
  }

  private RedisEntries entries(Names names, StoreIdentity identity, StoreClock clock) {
    return new RedisEntries(redis, memory, names, identity, clock, random);
  }

  @Override
  public CompletionStage<List<Namespace>> namespaces() {
    return redis
        .connect()
        .thenCompose(connected ->
            redis.send(Lane.LOG, Names.NAMESPACES, commands -> commands.smembers(Names.NAMESPACES)))
        .thenApply(names ->
            names.stream()
                .flatMap(name -> namespace(Answers.text(name)).stream())
                .sorted(Comparator.comparing(Namespace::name))
                .toList());
  }

  /** The namespace of that name; none if somebody else put there what is no name. */
  private Optional<Namespace> namespace(String name) {
    try {
      return Optional.of(new Namespace(name));
    } catch (InvalidValueException e) {
      if (!foreign.getAndSet(true)) {
        LOG.log(
            Level.WARNING,
            "somebody else put a name among those of namespaces, which is passed over: {0}",
            e.getMessage());
      }
      return Optional.empty();
    }
  }

  @Override
  public CompletionStage<Boolean> delete(Namespace namespace) {
    var names = new Names(namespace);
    return redis
        .run(
            Lane.LOG,
            Script.DELETE,
            new byte[][] {names.record(), names.log(), names.snapshot(), names.servers()},
            names.news())
        .thenCompose(deleted ->
            redis
                .send(
                    Lane.LOG,
                    Names.NAMESPACES,
                    commands -> commands.srem(Names.NAMESPACES, Names.bytes(namespace.name())))
                .thenApply(unnamed -> forgotten(names, deleted.getFirst())));
  }

  private boolean forgotten(Names names, @Nullable Object identity) {
    Opened opened = open.get(names.namespace());
    if (opened != null) {
      opened.log().end();
    }
    if (identity == null) {
      return false;
    }
    var deleted = new StoreIdentity(Long.parseUnsignedLong(Answers.text(identity), 16));
    // Nobody finds them any more; this gives their memory back before their time.
    var _ = entries(names, deleted, new StoreClock()).purge(entry -> true);
    return true;
  }

  @Override
  public boolean ready() {
    boolean pulsing = System.nanoTime() - beaten < STILL_PULSING.toNanos();
    return answers && pulsing && redis.reachable();
  }

  @Override
  public void close() {
    pulse.shutdownNow();
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

  private void beat() {
    guarded(() -> {
      var _ =
          redis
              .ping()
              .thenCompose(pong -> rehearsed())
              .thenCompose(rehearsed -> named())
              .thenCompose(named -> redis.tryWriting())
              .whenComplete((written, failure) -> heardFromStore(failure));
    });
    if (answers && beats++ % LOOK_EVERY == 0) {
      guarded(this::lookAtPolicy);
    }
    for (Opened opened : open.values()) {
      guarded(() -> opened.leases().beat());
      guarded(() -> opened.log().beat());
    }
    beaten = System.nanoTime();
  }

  /**
   * Fails if namespaces cannot be found, such as for a foreign key in the place of their names. It
   * removes a name that none has, which costs nothing and needs no right that is not needed anyway.
   */
  private CompletionStage<?> named() {
    return redis.send(
        Lane.LOG, Names.NAMESPACES, commands -> commands.srem(Names.NAMESPACES, new byte[0]));
  }

  /** What fails is told, and ends neither the pulse nor what else there is to do. */
  private static void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "following the store failed; it is tried again", e);
    }
  }

  /** Remarks on a policy that does not suit, once; who may not ask for it is not told. */
  private void lookAtPolicy() {
    var _ =
        redis
            .memory()
            .thenAccept(nodes -> {
              String remark =
                  nodes.stream()
                      .flatMap(said -> Policy.in(said).flatMap(Policy::remark).stream())
                      .findFirst()
                      .orElse("");
              if (!remark.equals(remarked)) {
                remarked = remark;
                if (!remark.isEmpty()) {
                  LOG.log(Level.WARNING, "store {0}: {1}", address.shown(), remark);
                }
              }
            });
  }

  private void heardFromStore(@Nullable Throwable failure) {
    boolean before = answers;
    answers = failure == null;
    if (failure == null) {
      complaint = "";
      if (!before) {
        LOG.log(Level.INFO, "the store {0} answers", address.shown());
      }
      return;
    }
    Throwable cause = failure.getCause() instanceof StoreException known ? known : failure;
    String said = String.valueOf(cause.getMessage());
    if (!said.equals(complaint)) {
      complaint = said;
      LOG.log(Level.WARNING, "the store cannot be used: " + said);
    }
  }

  private void heard(byte[] channel, byte[] message) {
    for (Opened opened : open.values()) {
      if (Arrays.equals(opened.names().news(), channel) && message.length > 0) {
        guarded(() -> {
          if (message[0] == 'r') {
            var _ = opened.log().catchUp();
          } else {
            opened.leases().heard(message);
          }
        });
      }
    }
  }
}
