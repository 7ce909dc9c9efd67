package dev.larder.server.redisrest;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.Database;
import dev.larder.redis.engine.Engine;
import dev.larder.redis.engine.MemoryBudget;
import dev.larder.redis.engine.data.Eviction;
import dev.larder.redis.engine.log.FileJournal;
import dev.larder.redis.engine.log.Fsync;
import dev.larder.redis.engine.log.JournalCopy;
import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.resp.Command;
import dev.larder.redis.engine.resp.Reply;
import dev.larder.server.backup.BackupWriter;
import dev.larder.server.http.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/* A script may take seconds, and a write waits for the disk. So event loops only read single values, and only while
 * nobody is at work: each database has a thread while it is used, which also is one whose allocations are counted, as
 * those of virtual threads are not.
 */
/**
 * The databases of all namespaces, in this process. Each is opened when it is first asked, and has
 * a thread.
 *
 * <p>Commands of one namespace run one after the other, in the order in which they were asked;
 * those of several run at the same time. The memory of all of them has one bound: what would exceed
 * it is refused with an error of Redis, unless keys may be evicted.
 */
final class EmbeddedDatabases implements Databases {
  /** How many requests may wait for a database, unless it is said. */
  static final int WAITING = 10_000;

  /** How long a thread without work is kept, in s. */
  private static final long IDLE = 30;

  /** Between two looks for keys whose time has come, in ms. */
  private static final long EXPIRY = 100;

  private static final Logger LOG = System.getLogger(EmbeddedDatabases.class.getName());
  private static final ThreadFactory THREADS =
      Thread.ofPlatform().daemon().name("larder-redis-", 0).factory();

  private final Path directory;
  private final int most;
  private final MemoryBudget memory;
  private final Eviction eviction;
  private final Fsync fsync;

  /** More are refused with 429 {@code overloaded}. */
  private final int waiting;

  private final Map<Namespace, Served> served = new ConcurrentHashMap<>();

  /** Begun with the first database. */
  private @Nullable ScheduledExecutorService expiry;

  private boolean closed;

  /**
   * No database is open.
   *
   * @param directory where they are, one directory below it for each
   * @param most how many there may be
   * @param memory how many bytes their keys and values may take together
   * @param eviction what is removed when that is used up
   * @param fsync when what they acknowledge is on the disk
   * @param waiting how many requests may wait for one of them
   */
  EmbeddedDatabases(
      Path directory, int most, long memory, Eviction eviction, Fsync fsync, int waiting) {
    this.directory = directory;
    this.most = most;
    this.memory = new MemoryBudget(memory);
    this.eviction = eviction;
    this.fsync = fsync;
    this.waiting = waiting;
  }

  @Override
  public Database of(Namespace namespace) {
    Served database = served.get(namespace);
    return database == null ? begin(namespace) : database;
  }

  @Override
  public boolean copies() {
    return false;
  }

  /** What is written meanwhile is not in it, and waits for nothing but a look at the files. */
  @Override
  public void backUp(BackupWriter backup, Predicate<Namespace> which) throws IOException {
    for (Namespace namespace : stored().stream().filter(which).toList()) {
      try (JournalCopy copy = begin(namespace).copy()) {
        backup.database(namespace, copy);
      }
    }
  }

  /** The namespaces that have a database on disk. */
  private List<Namespace> stored() throws IOException {
    var namespaces = new ArrayList<Namespace>();
    if (Files.isDirectory(directory)) {
      try (var found = Files.newDirectoryStream(directory, Files::isDirectory)) {
        for (Path path : found) {
          if (JournalCopy.isIn(path)) {
            namespaces.add(new Namespace(path.getFileName().toString()));
          }
        }
      }
    }
    namespaces.sort(Comparator.comparing(Namespace::name));
    return namespaces;
  }

  private synchronized Served begin(Namespace namespace) {
    if (closed) {
      throw new Refusal(503, "draining", "ERR the server is stopping");
    }
    if (served.size() >= most && !served.containsKey(namespace)) {
      throw new Refusal(
          503,
          "overloaded",
          "ERR %d databases are open already; --max-namespaces allows no more".formatted(most));
    }
    if (expiry == null) {
      expiry = Executors.newSingleThreadScheduledExecutor(THREADS);
      var _ =
          expiry.scheduleWithFixedDelay(this::removeExpired, EXPIRY, EXPIRY, TimeUnit.MILLISECONDS);
    }
    return served.computeIfAbsent(namespace, Served::new);
  }

  private void removeExpired() {
    for (Served each : served.values()) {
      try {
        each.opened().ifPresent(Engine::removeExpired);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "keys that have expired were not removed", e);
      }
    }
  }

  /** Closes them all, once they have answered. */
  @Override
  public synchronized void close() {
    closed = true;
    if (expiry != null) {
      expiry.shutdownNow();
    }
    served.values().forEach(Served::close);
  }

  /** One namespace's database. Its stages complete on its thread. */
  private final class Served implements Database {
    private final Namespace namespace;
    private final ThreadPoolExecutor thread =
        new ThreadPoolExecutor(
            1, 1, IDLE, TimeUnit.SECONDS, new LinkedBlockingQueue<>(waiting), THREADS);

    /**
     * How many requests were given to the thread that it has not done: what comes must not
     * overtake.
     */
    private final AtomicInteger underWay = new AtomicInteger();

    /** Written by its thread; read by the one that removes expired keys. */
    private volatile @Nullable Engine engine;

    Served(Namespace namespace) {
      this.namespace = namespace;
      thread.allowCoreThreadTimeOut(true);
    }

    /** None before the first request. */
    Optional<Engine> opened() {
      return Optional.ofNullable(engine);
    }

    /** What takes microseconds is answered by whoever asks: the way to the thread takes longer. */
    @Override
    public CompletionStage<List<Reply>> execute(List<Command> commands) {
      Optional<List<Reply>> read =
          underWay.get() == 0
              ? opened().flatMap(open -> open.readAtOnce(commands))
              : Optional.empty();
      return read.map(CompletableFuture::completedStage)
          .orElseGet(() -> ask(open -> open.executeAll(commands)));
    }

    @Override
    public CompletionStage<Reply> transact(List<Command> commands) {
      return ask(open -> open.transaction(commands));
    }

    @Override
    public CompletionStage<Subscription> subscribe(
        Set<Bytes> channels, Set<Bytes> patterns, Listener listener) {
      return ask(open -> open.subscribe(channels, patterns, listener))
          .thenCompose(Function.identity());
    }

    /**
     * Its files as they are between two requests. It is not opened for that.
     *
     * @throws IOException if they cannot be read
     */
    JournalCopy copy() throws IOException {
      Path path = directory.resolve(namespace.name());
      try {
        return onThread(
                () -> {
                  try {
                    return JournalCopy.of(path);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                })
            .toCompletableFuture()
            .join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof UncheckedIOException unread) {
          throw unread.getCause();
        }
        throw e;
      }
    }

    /** Runs work on the thread of the database. */
    private <T> CompletionStage<T> ask(Function<Engine, T> work) {
      return onThread(() -> work.apply(open()));
    }

    private <T> CompletionStage<T> onThread(Supplier<T> work) {
      try {
        underWay.incrementAndGet();
        return CompletableFuture.supplyAsync(
            () -> {
              try {
                return work.get();
              } finally {
                underWay.decrementAndGet();
              }
            },
            thread);
      } catch (RejectedExecutionException e) {
        underWay.decrementAndGet();
        return CompletableFuture.failedStage(
            new Refusal(
                429, "overloaded", "ERR %d requests wait for the database".formatted(waiting)));
      }
    }

    /**
     * The engine, opened if it is not yet. Called by its thread only.
     *
     * <p>Fails with 503 if the files of the journal cannot be opened; the next request tries again.
     */
    private Engine open() {
      Engine open = engine;
      if (open == null) {
        Path path = directory.resolve(namespace.name());
        try {
          open =
              Engine.builder()
                  .journal(FileJournal.open(path, fsync))
                  .memory(memory, eviction)
                  .open();
          engine = open;
        } catch (IOException e) {
          LOG.log(Level.ERROR, "the Redis database in '%s' cannot be opened".formatted(path), e);
          throw new Refusal(
              503,
              "store-unavailable",
              "ERR the database cannot be opened; the log of the server says why");
        }
      }
      return open;
    }

    /** What was asked may take 10 s more; then it is closed all the same. */
    @Override
    public void close() {
      thread.shutdown();
      try {
        if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
          LOG.log(Level.WARNING, "a Redis database was closed while it was asked");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      opened().ifPresent(Engine::close);
    }
  }
}
