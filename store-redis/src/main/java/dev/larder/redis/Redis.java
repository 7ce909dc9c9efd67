package dev.larder.redis;

import dev.larder.core.spi.StoreException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisReadOnlyException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The way to the store: its connections, with a bound on every answer and a circuit for every node.
 * Whatever goes wrong is a {@link StoreException}. Nothing is sent twice.
 */
final class Redis implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Redis.class.getName());

  /** How much longer than others an operation may take that moves a value or appends. */
  private static final int PATIENCE = 4;

  /** After how many ms at least of silence a connection is given up. */
  private static final long SILENCE = 5_000;

  /** Where an answer is not waited for behind something slow. */
  private static final List<Lane> PINGED = List.of(Lane.LOG, Lane.APPEND, Lane.VALUES);

  /** For how many ms what is written to try it stays. */
  private static final long BRIEF = 1_000;

  private static final byte[] NOTHING = {};

  private final RedisAddress address;
  private final long timeout;
  private final BiConsumer<byte[], byte[]> news;
  private final int replicas;
  private final long silence;
  private final ScheduledExecutorService timer = timer();
  private final Map<String, Node> nodes = new ConcurrentHashMap<>();
  private final Map<String, Replicated> replicated = new ConcurrentHashMap<>();
  private CompletableFuture<Lines> lines = new CompletableFuture<>();
  private boolean connecting;
  private boolean closed;

  /**
   * A way that is not open yet.
   *
   * @param timeout how long an answer may take, in ms
   * @param replicas how many replicas must have what is written to be {@link #replicated}
   * @param news is told every message, with its channel
   */
  Redis(RedisAddress address, long timeout, int replicas, BiConsumer<byte[], byte[]> news) {
    this.address = address;
    this.timeout = timeout;
    this.replicas = replicas;
    this.silence = Math.max(SILENCE, timeout * PATIENCE * 2);
    this.news = news;
    this.lines.completeExceptionally(new StoreException(unreachable("not connected yet")));
  }

  /**
   * What is known of a node.
   *
   * @param soon of what is answered in its time
   * @param later of what may take longer
   */
  private record Node(Circuit circuit, Deadlines soon, Deadlines later) {}

  /**
   * Never shut down, as what is under way when this is closed is bounded too: it ends when idle.
   */
  private static ScheduledExecutorService timer() {
    var timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("larder-redis-timer").factory());
    timer.setKeepAliveTime(SILENCE, TimeUnit.MILLISECONDS);
    timer.allowCoreThreadTimeOut(true);
    return timer;
  }

  /** What an operation is about, and so which connection it takes. */
  enum Lane {
    /** Revisions and leases: small, and urgent. */
    LOG,
    /** Invalidations. */
    APPEND,
    /** Invalidations that are waited for until replicas have them: nothing else waits with them. */
    REPLICATED,
    /** Entries: large. */
    VALUES
  }

  /** Opens the way, if it is not open; it then stays open or comes back by itself. */
  synchronized CompletableFuture<Void> connect() {
    if (!closed && !connecting && lines.isCompletedExceptionally()) {
      connecting = true;
      lines =
          Lines.open(address, silence, news)
              .thenCompose(this::permitted)
              .thenCompose(Redis::withScripts);
      var _ = lines.whenComplete((opened, failure) -> connected(failure));
    }
    return lines.handle((opened, failure) -> {
      if (failure != null) {
        throw understood(failure);
      }
      return null;
    });
  }

  private CompletableFuture<Lines> permitted(Lines opened) {
    return Rights.check(opened, address, replicas > 0)
        .handle((done, failure) -> {
          if (failure != null) {
            opened.close();
            throw understood(failure);
          }
          return opened;
        });
  }

  /** Tells the scripts ahead of their first use; a node that misses them is told then. */
  private static CompletableFuture<Lines> withScripts(Lines opened) {
    return CompletableFuture.allOf(
            Arrays.stream(Script.values())
                .map(script ->
                    opened.commands(Lane.LOG).scriptLoad(script.text()).toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .orTimeout(2, TimeUnit.SECONDS)
        .handle((loaded, failure) -> opened);
  }

  private synchronized void connected(@Nullable Throwable failure) {
    connecting = false;
    if (failure != null) {
      LOG.log(Level.DEBUG, "no connection", failure);
    } else if (closed) {
      lines.join().close();
    }
  }

  private synchronized CompletableFuture<Lines> lines() {
    return lines;
  }

  /** True if the last thing heard of every node was an answer. */
  boolean reachable() {
    return lines().isDone()
        && !lines().isCompletedExceptionally()
        && nodes.values().stream().map(Node::circuit).noneMatch(Circuit::open);
  }

  /** Asks every node that serves whether it is there. */
  CompletableFuture<Void> ping() {
    CompletableFuture<Lines> current = lines();
    if (!current.isDone() || current.isCompletedExceptionally()) {
      return connect();
    }
    Lines open = current.join();
    nodes.keySet().retainAll(open.nodes());
    replicated.keySet().retainAll(open.nodes());
    // An answer that does not come is the business of Silence: what was told would be found anyway.
    var _ = open.pingListening();
    return CompletableFuture.allOf(
        open.nodes().stream()
            .flatMap(node -> PINGED.stream().map(lane -> ping(open, lane, node)))
            .toArray(CompletableFuture[]::new));
  }

  /**
   * Asks every node that serves whether it takes what is written: a full one answers, and refuses
   * that. What is written there is nobody's and gone after a moment.
   */
  CompletableFuture<Void> tryWriting() {
    return onEveryNode((node, key) -> node.set(key, NOTHING, SetArgs.Builder.px(BRIEF)))
        .thenAccept(written -> {});
  }

  /** What every node says of its memory. */
  CompletableFuture<List<String>> memory() {
    return onEveryNode((node, key) -> node.info("memory"));
  }

  private CompletableFuture<List<String>> onEveryNode(
      BiFunction<RedisAsyncCommands<byte[], byte[]>, byte[], RedisFuture<String>> command) {
    CompletableFuture<Lines> current = lines();
    if (!current.isDone() || current.isCompletedExceptionally()) {
      return CompletableFuture.failedFuture(new StoreException(unreachable("not connected")));
    }
    Lines open = current.join();
    List<CompletableFuture<String>> asked =
        Rights.keyOfEachNode(open).stream()
            .map(key -> {
              String name = open.nodeOf(key);
              Node known = node(name);
              return open.node(Lane.LOG, name)
                  .thenCompose(
                      node -> bounded(known, known.soon(), command.apply(node.async(), key)));
            })
            .toList();
    return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .thenApply(answered -> asked.stream().map(CompletableFuture::join).toList());
  }

  private CompletableFuture<String> ping(Lines open, Lane lane, String node) {
    return open.node(lane, node)
        .thenCompose(connection -> {
          Node asked = node(node);
          return bounded(asked, asked.soon(), connection.async().ping());
        })
        .whenComplete((pong, failure) -> noteUnopened(node, failure));
  }

  /** A node to which not even a connection could be had. */
  private void noteUnopened(String node, @Nullable Throwable failure) {
    if (failure != null && !(cause(failure) instanceof StoreException)) {
      node(node).circuit().heard(false);
    }
  }

  /** Sends a command about {@code key}. */
  <T> CompletableFuture<T> send(
      Lane lane,
      byte[] key,
      Function<RedisClusterAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
    CompletableFuture<Lines> current = lines();
    if (!current.isDone() || current.isCompletedExceptionally()) {
      return CompletableFuture.failedFuture(new StoreException(unreachable("not connected")));
    }
    try {
      return send(current.join(), lane, key, command);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(understood(e));
    }
  }

  private <T> CompletableFuture<T> send(
      Lines open,
      Lane lane,
      byte[] key,
      Function<RedisClusterAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
    Node node = node(open.nodeOf(key));
    if (!node.circuit().lets()) {
      throw new StoreException(unreachable("it has not answered lately"));
    }
    Deadlines deadlines = lane == Lane.LOG ? node.soon() : node.later();
    return bounded(node, deadlines, command.apply(open.commands(lane)));
  }

  /** Runs a script; the result is a list, of one element if the script returns no list. */
  CompletableFuture<List<Object>> run(Lane lane, Script script, byte[][] keys, byte[]... given) {
    return this.<List<Object>>send(
            lane,
            keys[0],
            commands -> commands.evalsha(script.digest(), ScriptOutputType.MULTI, keys, given))
        .exceptionallyCompose(failure ->
            cause(cause(failure)) instanceof RedisNoScriptException
                ? send(
                    lane,
                    keys[0],
                    commands -> commands.eval(script.text(), ScriptOutputType.MULTI, keys, given))
                : CompletableFuture.failedFuture(understood(unwrapped(failure))));
  }

  /**
   * Runs a script as {@link #run} does; completes once the replicas that are asked for have what it
   * wrote, and fails if they do not in time, though it may have taken effect. That is bounded by
   * twice as long as an operation that moves a value may take.
   */
  CompletableFuture<List<Object>> replicated(Script script, byte[][] keys, byte[]... given) {
    CompletableFuture<Lines> current = lines();
    if (!current.isDone() || current.isCompletedExceptionally()) {
      return CompletableFuture.failedFuture(new StoreException(unreachable("not connected")));
    }
    String node = current.join().nodeOf(keys[0]);
    if (!node(node).circuit().lets()) {
      return CompletableFuture.failedFuture(
          new StoreException(unreachable("it has not answered lately")));
    }
    return replicated
        .computeIfAbsent(
            node,
            to ->
                new Replicated(
                    () -> lines().thenCompose(open -> open.node(Lane.REPLICATED, to)),
                    waited -> waited.orTimeout(timeout * PATIENCE, TimeUnit.MILLISECONDS),
                    replicas,
                    timeout * (PATIENCE - 1)))
        .run(script, keys, given)
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(noted(failure)));
  }

  /** Listens to a channel from now on. */
  void subscribe(byte[] channel) {
    var _ =
        lines()
            .thenAccept(open -> {
              var _ = open.subscribe(channel);
            });
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (!connecting && !lines.isCompletedExceptionally()) {
      lines.join().close();
    }
  }

  private <T> CompletableFuture<T> bounded(Node node, Deadlines deadlines, RedisFuture<T> sent) {
    CompletableFuture<T> answer = sent.toCompletableFuture();
    deadlines.watch(answer);
    return answer.handle((result, failure) -> {
      node.circuit().heard(failure == null || answered(cause(failure)));
      if (failure == null) {
        return result;
      }
      throw noted(failure);
    });
  }

  /** Follows a master that is no longer where it was, if that is what a failure tells. */
  private StoreException noted(Throwable failure) {
    if (cause(failure) instanceof RedisReadOnlyException) {
      // Still connected to what was the master once.
      var _ = lines().thenAccept(Lines::leave);
    } else if (moved(cause(failure))) {
      var _ = lines().thenAccept(Lines::refresh);
    }
    return understood(failure);
  }

  private Node node(String name) {
    return nodes.computeIfAbsent(
        name,
        n ->
            new Node(
                new Circuit(StoreClock::now),
                new Deadlines(timer, timeout),
                new Deadlines(timer, timeout * PATIENCE)));
  }

  /** True if the store was heard, though it refused. */
  private static boolean answered(Throwable failure) {
    return failure instanceof RedisCommandExecutionException;
  }

  private static boolean moved(Throwable failure) {
    return failure instanceof RedisCommandExecutionException
        && String.valueOf(failure.getMessage()).startsWith("MOVED");
  }

  private StoreException understood(Throwable failure) {
    Throwable cause = unwrapped(failure);
    return switch (cause) {
      case StoreException known -> known;
      case TimeoutException e -> new StoreException(unreachable("no answer in time"), e);
      case RedisCommandTimeoutException e ->
          new StoreException(unreachable("no answer in time"), e);
      case CancellationException e -> new StoreException(unreachable("the connection ended"), e);
      default -> new StoreException(unreachable(Refusals.explained(cause, address)), cause);
    };
  }

  private String unreachable(String why) {
    return "store %s: %s".formatted(address.shown(), why);
  }

  private static Throwable unwrapped(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private static Throwable cause(Throwable failure) {
    boolean wrapped = failure instanceof CompletionException || failure instanceof StoreException;
    return wrapped && failure.getCause() != null ? failure.getCause() : failure;
  }
}
