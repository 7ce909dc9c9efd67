package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.EntryHead;
import dev.larder.core.HotKey;
import dev.larder.core.Namespace;
import dev.larder.core.engine.Limits;
import dev.larder.core.spi.CacheObserver;
import dev.larder.core.spi.EntryStore;
import dev.larder.core.spi.Scheduler;
import dev.larder.core.spi.Store;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.server.events.EventLog;
import dev.larder.server.session.ForwardingStore;
import dev.larder.server.session.Namespaces;
import dev.larder.testkit.Fault;
import dev.larder.testkit.ManualTime;
import dev.larder.testkit.MemoryStore;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Timers of a server go on, whatever one run meets. */
class TimersTest {
  /** Those that look at connections, and listen to clients. */
  @ParameterizedTest
  @EnumSource
  void thoseOfTheEventLoopTickAgainAndTellWhatFailed(Fault fault) throws Exception {
    Vertx vertx = Vertx.vertx(LarderServer.vertxOptions());
    try {
      var thrown = new LinkedBlockingQueue<Throwable>();
      vertx.exceptionHandler(thrown::add);
      var ticks = new CountDownLatch(3);
      vertx.setPeriodic(
          5,
          tick -> {
            ticks.countDown();
            fault.raise();
          });
      assertThat(ticks.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(thrown.poll(30, TimeUnit.SECONDS)).hasMessage("injected");
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** The one of the engine: leases, sweeps, compactions, replaced copies. */
  @ParameterizedTest
  @EnumSource
  void theOneOfTheEngineRunsWhatComesNext(Fault fault) {
    var timer = new ScheduledThreadPoolExecutor(1);
    try {
      Scheduler scheduler = LarderServer.scheduler(timer);
      scheduler.after(0, () -> fault.raise());
      var next = new CompletableFuture<Boolean>();
      scheduler.after(1, () -> next.complete(true));
      assertThat(next).succeedsWithin(Duration.ofSeconds(30));
    } finally {
      timer.shutdownNow();
    }
  }

  /** The one that lets go of namespaces in which nothing ever was. */
  @ParameterizedTest
  @EnumSource
  void theOneThatTidiesNamespacesComesAgain(Fault fault) {
    var time = new ManualTime(1_000);
    var failures = new AtomicInteger(1);
    var store = new Faulty(new MemoryStore(time, new Random(1)), failures, fault);
    var failed = new AtomicInteger();
    Scheduler scheduler =
        (delay, task) ->
            time.after(
                delay,
                () -> {
                  try {
                    task.run();
                  } catch (RuntimeException | Error e) {
                    failed.incrementAndGet();
                  }
                });
    var namespaces =
        new Namespaces(
            store,
            scheduler,
            new Random(1),
            Limits.DEFAULT,
            10,
            true,
            name -> CacheObserver.NONE,
            new EventLog(InstantSource.system()));
    namespaces.cache(new Namespace("empty")).toCompletableFuture().join();
    time.advance(60_000);
    assertThat(failed).hasValue(1);
    assertThat(namespaces.list().toCompletableFuture().join()).hasSize(1);
    time.advance(180_000);
    assertThat(namespaces.list().toCompletableFuture().join()).isEmpty();
  }

  /** A store whose numbers cannot be had so many times. */
  private static final class Faulty extends ForwardingStore {
    private final AtomicInteger failures;
    private final Fault fault;

    Faulty(Store store, AtomicInteger failures, Fault fault) {
      super(store);
      this.failures = failures;
      this.fault = fault;
    }

    @Override
    public CompletionStage<NamespaceStore> open(Namespace namespace) {
      return super.open(namespace)
          .thenApply(opened ->
              new NamespaceStore(
                  new Entries(opened.entries(), this),
                  opened.log(),
                  opened.leases(),
                  opened.clock()));
    }
  }

  /** Entries whose numbers cannot be had. */
  private record Entries(EntryStore entries, Faulty faulty) implements EntryStore {
    @Override
    public CompletionStage<Optional<CacheEntry>> get(CacheKey key) {
      return entries.get(key);
    }

    @Override
    public CompletionStage<PutResult> put(CacheKey key, CacheEntry entry) {
      return entries.put(key, entry);
    }

    @Override
    public CompletionStage<Void> remove(CacheKey key) {
      return entries.remove(key);
    }

    @Override
    public CompletionStage<Long> removeIf(Predicate<EntryHead> useless) {
      return entries.removeIf(useless);
    }

    @Override
    public CompletionStage<List<HotKey>> hottest(int count) {
      return entries.hottest(count);
    }

    @Override
    public CompletionStage<Walk> walk(
        Optional<CacheKey> from, long millis, Predicate<EntryHead> visitor) {
      return entries.walk(from, millis, visitor);
    }

    @Override
    public Stats stats() {
      if (faulty.failures.getAndDecrement() > 0) {
        faulty.fault.raise();
      }
      return entries.stats();
    }
  }
}
