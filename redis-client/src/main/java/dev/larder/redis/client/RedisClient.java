package dev.larder.redis.client;

import dev.larder.core.spi.StoreException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisReadOnlyException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Sends commands to a store. Every reply has a deadline and every node a circuit breaker; a
 * connection that breaks is opened again in the background. Whatever goes wrong is a {@link
 * StoreException} that names the store. No command is sent twice.
 *
 * <p>How the parts work together. {@link ConnectionFactory} opens {@link Connections}, which know
 * the node of a key; they are checked and given their scripts before anybody uses them. A command
 * asks the {@link CircuitBreaker} of its {@link Node} first, and is bounded by the {@link
 * Deadlines} of its {@link Traffic}; how it ended is recorded in both. {@link ReplicatedWrites}
 * waits for replicas. {@link Failures} makes one exception of all that can go wrong; {@link
 * #followed} also acts on what the failure says: a master or a slot that has moved.
 *
 * <p>Safe for use by many threads; nothing here blocks.
 */
public final class RedisClient implements AutoCloseable {
  private static final Logger LOG = System.getLogger(RedisClient.class.getName());

  /** How many times as long as {@link Traffic#URGENT} commands others may take. */
  static final int SLOW_FACTOR = 4;

  /** After how many ms without a read, at least, a written connection is closed. */
  private static final long READ_TIMEOUT = 5_000;

  /** How long the scripts may take to load, in ms; a node that misses one is sent its source. */
  private static final long LOAD_WITHIN = 2_000;

  /** The traffic whose connections are pinged: no blocking command is ever ahead of the ping. */
  private static final Set<Traffic> PINGED = Set.of(Traffic.URGENT, Traffic.WRITE, Traffic.BULK);

  private final Options options;
  private final Failures failures;
  private final ScheduledExecutorService timer = timer();
  private final Map<String, Node> nodes = new ConcurrentHashMap<>();
  private final Map<String, ReplicatedWrites> replicated = new ConcurrentHashMap<>();

  // Guarded by this.
  private CompletableFuture<Connections> connections;
  private boolean connecting;
  private boolean closed;

  /** A client that is not connected yet. */
  public RedisClient(Options options) {
    this.options = options;
    this.failures = new Failures(options.address());
    this.connections = CompletableFuture.failedFuture(failures.unreachable("not connected yet"));
  }

  /**
   * How a client is set.
   *
   * @param address where the store is
   * @param timeoutMillis how long the reply to an urgent command may take, in ms; {@value
   *     #SLOW_FACTOR} times as long for others
   * @param replicas how many replicas must have what {@link #runReplicated} writes
   * @param scripts are loaded into every node ahead of their first use
   * @param nodeKeys names a key, which nobody else uses, of a number below 16,384; the keys of
   *     different numbers are in different slots. What is about a whole node is sent with such a
   *     key
   * @param check is run on new connections before they are used; they are closed if it fails
   * @param traffic the classes of commands that are sent; {@link Traffic#URGENT} is one of them
   * @param subscriber is given every message
   */
  public record Options(
      RedisAddress address,
      long timeoutMillis,
      int replicas,
      List<Script> scripts,
      IntFunction<byte[]> nodeKeys,
      Function<Connections, CompletableFuture<Void>> check,
      Set<Traffic> traffic,
      MessageListener subscriber) {}

  /**
   * The timer of the deadlines. Never shut down: the deadlines of commands that are under way when
   * the client is closed still count. Its thread ends when it is idle.
   */
  private static ScheduledExecutorService timer() {
    var timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("larder-redis-timer").factory());
    timer.setKeepAliveTime(READ_TIMEOUT, TimeUnit.MILLISECONDS);
    timer.allowCoreThreadTimeOut(true);
    return timer;
  }

  /**
   * Connects, if there are no connections and none are being opened. From then on they stay, or
   * come back by themselves.
   *
   * @return fails with a {@link StoreException} if a connection cannot be opened or the check
   *     fails; the next call tries again
   */
  public synchronized CompletableFuture<Void> connect() {
    if (!closed && !connecting && connections.isCompletedExceptionally()) {
      connecting = true;
      connections =
          ConnectionFactory.open(
                  options.address(), options.traffic(), readTimeout(), options.subscriber())
              .thenCompose(this::checked)
              .thenCompose(this::withScripts);
      var _ = connections.whenComplete((opened, failure) -> connected(failure));
    }
    return connections.handle((opened, failure) -> {
      if (failure != null) {
        throw failures.of(failure);
      }
      return null;
    });
  }

  /** The read timeout in ms: longer than any command may take. */
  private long readTimeout() {
    return Math.max(READ_TIMEOUT, options.timeoutMillis() * SLOW_FACTOR * 2);
  }

  private CompletableFuture<Connections> checked(Connections opened) {
    return options
        .check()
        .apply(opened)
        .handle((done, failure) -> {
          if (failure != null) {
            opened.close();
            throw failures.of(failure);
          }
          return opened;
        });
  }

  /** Loads the scripts; a node that misses one is sent its source with the first command. */
  private CompletableFuture<Connections> withScripts(Connections opened) {
    return CompletableFuture.allOf(
            options.scripts().stream()
                .map(script ->
                    opened.commands(Traffic.URGENT).scriptLoad(script.text()).toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .orTimeout(LOAD_WITHIN, TimeUnit.MILLISECONDS)
        .handle((loaded, failure) -> opened);
  }

  private synchronized void connected(@Nullable Throwable failure) {
    connecting = false;
    if (failure != null) {
      LOG.log(Level.DEBUG, "no connection", failure);
    } else if (closed) {
      connections.join().close();
    }
  }

  private synchronized CompletableFuture<Connections> connections() {
    return connections;
  }

  /** The connections, if there are any now. */
  Connections open() {
    CompletableFuture<Connections> current = connections();
    if (!current.isDone() || current.isCompletedExceptionally()) {
      throw failures.unreachable("not connected");
    }
    return current.join();
  }

  /** True if there are connections and no node's circuit breaker is open. */
  public boolean isReachable() {
    return connections().isDone()
        && !connections().isCompletedExceptionally()
        && nodes.values().stream().map(Node::circuit).noneMatch(CircuitBreaker::isOpen);
  }

  /**
   * Pings every node on each of its connections; connects if there are none.
   *
   * @return fails with a {@link StoreException} if one does not reply
   */
  public CompletableFuture<Void> ping() {
    CompletableFuture<Connections> current = connections();
    if (!current.isDone() || current.isCompletedExceptionally()) {
      return connect();
    }
    Connections open = current.join();
    nodes.keySet().retainAll(open.nodes());
    replicated.keySet().retainAll(open.nodes());
    // Its read timeout acts on a missing reply; messages that were missed are asked for anyway.
    var _ = open.pingSubscribed();
    return CompletableFuture.allOf(
        open.nodes().stream()
            .flatMap(node ->
                options.traffic().stream()
                    .filter(PINGED::contains)
                    .map(traffic -> ping(open, traffic, node)))
            .toArray(CompletableFuture[]::new));
  }

  private CompletableFuture<String> ping(Connections open, Traffic traffic, String name) {
    return open.node(traffic, name)
        .thenCompose(connection -> {
          Node node = node(name);
          return bounded(node, node.fast(), connection.async().ping());
        })
        .whenComplete((pong, failure) -> recordUnopened(name, failure));
  }

  /** Records the failure of a node to which not even a connection could be opened. */
  void recordUnopened(String name, @Nullable Throwable failure) {
    if (failure != null && !(Failures.cause(failure) instanceof StoreException)) {
      node(name).circuit().record(false);
    }
  }

  /**
   * Sends an urgent command to every node that has slots.
   *
   * @param command is given the commands of a node and a key of {@link Options#nodeKeys} that the
   *     node has
   * @return completes with the replies; fails if one of them fails
   */
  public <T> CompletableFuture<List<T>> onEveryNode(
      BiFunction<RedisAsyncCommands<byte[], byte[]>, byte[], RedisFuture<T>> command) {
    Connections open;
    try {
      open = open();
    } catch (StoreException e) {
      return CompletableFuture.failedFuture(e);
    }
    return open.onEveryNode(
        options.nodeKeys(),
        (commands, key) -> {
          Node node = node(open.nodeOf(key));
          return bounded(node, node.fast(), command.apply(commands, key));
        });
  }

  /**
   * Sends a command about {@code key}.
   *
   * @param key decides which node it is sent to
   * @param command sends it
   * @return completes with the reply; fails with a {@link StoreException}
   */
  public <T> CompletableFuture<T> send(
      Traffic traffic,
      byte[] key,
      Function<RedisClusterAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
    try {
      Connections open = open();
      Node node = allowed(open.nodeOf(key));
      return bounded(node, node.deadlines(traffic), command.apply(open.commands(traffic)));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(failures.of(e));
    }
  }

  /**
   * Runs a script.
   *
   * @param keys the keys it uses, at least one, all in one slot
   * @param arguments its other arguments
   * @return completes with its reply as a list, of one element if the script returns no list; fails
   *     with a {@link StoreException}
   */
  public CompletableFuture<List<Object>> run(
      Traffic traffic, Script script, byte[][] keys, byte[]... arguments) {
    return this.<List<Object>>send(
            traffic,
            keys[0],
            commands -> commands.evalsha(script.digest(), ScriptOutputType.MULTI, keys, arguments))
        .exceptionallyCompose(failure ->
            Failures.cause(Failures.cause(failure)) instanceof RedisNoScriptException
                ? send(
                    traffic,
                    keys[0],
                    commands ->
                        commands.eval(script.text(), ScriptOutputType.MULTI, keys, arguments))
                : CompletableFuture.failedFuture(failures.of(failure)));
  }

  /**
   * Runs a script as {@link #run} does, and waits for the replicas. That takes at most twice as
   * long as a slow command may.
   *
   * @return completes once {@link Options#replicas} replicas have what it wrote; fails with a
   *     {@link StoreException} if they do not in time, though the write may have taken effect
   */
  public CompletableFuture<List<Object>> runReplicated(
      Script script, byte[][] keys, byte[]... arguments) {
    String name;
    try {
      name = open().nodeOf(keys[0]);
      var _ = allowed(name);
    } catch (StoreException e) {
      return CompletableFuture.failedFuture(e);
    }
    return replicated
        .computeIfAbsent(name, this::replicatedWrites)
        .run(script, keys, arguments)
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(followed(failure)));
  }

  private ReplicatedWrites replicatedWrites(String node) {
    long slow = options.timeoutMillis() * SLOW_FACTOR;
    return new ReplicatedWrites(
        () -> connections().thenCompose(open -> open.node(Traffic.REPLICATED, node)),
        waited -> waited.orTimeout(slow, TimeUnit.MILLISECONDS),
        options.replicas(),
        slow - options.timeoutMillis());
  }

  /** Subscribes to a channel, if there are connections; also after they were opened again. */
  public void subscribe(byte[] channel) {
    var _ =
        connections()
            .thenAccept(open -> {
              var _ = open.subscribe(channel);
            });
  }

  /**
   * Listens to a channel or a pattern, also after the connections were opened again.
   *
   * @return completes once messages are heard; fails with a {@link StoreException}
   */
  public CompletableFuture<Void> listen(byte[] name, boolean pattern) {
    return connect()
        .thenCompose(connected -> {
          Connections open = open();
          Node node = allowed(open.nodeOf(name));
          RedisFuture<Void> sent = pattern ? open.subscribeToPattern(name) : open.subscribe(name);
          return bounded(node, node.fast(), sent);
        });
  }

  /** Listens no longer to a channel or a pattern. */
  public void stopListening(byte[] name, boolean pattern) {
    var _ =
        connections()
            .thenAccept(open -> {
              var _ = pattern ? open.unsubscribeFromPattern(name) : open.unsubscribe(name);
            });
  }

  /** Closes all connections; commands that are under way complete or fail in their time. */
  @Override
  public synchronized void close() {
    closed = true;
    if (!connecting && !connections.isCompletedExceptionally()) {
      connections.join().close();
    }
  }

  /** The reply of a node to a command of a class, in its time. */
  <T> CompletableFuture<T> bounded(Node node, Traffic traffic, RedisFuture<T> sent) {
    return bounded(node, node.deadlines(traffic), sent);
  }

  private <T> CompletableFuture<T> bounded(Node node, Deadlines deadlines, RedisFuture<T> sent) {
    return node.bounded(deadlines, sent)
        .handle((result, failure) -> {
          if (failure == null) {
            return result;
          }
          throw followed(failure);
        });
  }

  /** A failure as a {@link StoreException}; follows a master or a slot that has moved. */
  StoreException followed(Throwable failure) {
    Throwable cause = Failures.cause(failure);
    if (cause instanceof RedisReadOnlyException) {
      // Still connected to what was the master once.
      var _ = connections().thenAccept(Connections::reconnect);
    } else if (Failures.isMoved(cause)) {
      var _ = connections().thenAccept(Connections::refreshTopology);
    }
    return failures.of(failure);
  }

  /** The node of that name; fails with a {@link StoreException} if it has not replied lately. */
  Node allowed(String name) {
    Node node = node(name);
    if (!node.circuit().allows()) {
      throw failures.unreachable("it has not answered lately");
    }
    return node;
  }

  private Node node(String name) {
    return nodes.computeIfAbsent(name, n -> Node.unknown(timer, options.timeoutMillis()));
  }
}
