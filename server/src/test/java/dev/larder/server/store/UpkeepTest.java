package dev.larder.server.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Database.Table;
import dev.larder.server.store.MemoryTier.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store does now and then goes on, whatever it meets, and holds up nobody who closes it. */
class UpkeepTest {
  private static final StoreIdentity SHOP = new StoreIdentity(7);
  private static final Duration SOON = Duration.ofMinutes(1);

  @TempDir private Path temporary = Path.of("");

  /** A clock that fails as often as there are faults, once somebody says so. */
  private static final class FaultyClock implements InstantSource {
    private final Queue<Throwable> faults = new ConcurrentLinkedQueue<>();
    private final AtomicInteger failed = new AtomicInteger();

    @Override
    public Instant instant() {
      Throwable fault = faults.poll();
      if (fault != null) {
        failed.incrementAndGet();
        if (fault instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) fault;
      }
      return Instant.ofEpochMilli(1_000);
    }
  }

  @Test
  void itLearnsWhatIsOnDiskThoughThatFailsAtFirst() throws Exception {
    try (StoreFiles files = StoreFiles.open(temporary, "boot", new Random(1));
        EntryWriter writer = new EntryWriter(files.database());
        Readers readers = new Readers("test-read-", 1, 10)) {
      table(files, writer, readers, InstantSource.system())
          .put(new Place(SHOP, key("key")), entry("value", 1))
          .join();
      // A key that is none of an entry is nobody's.
      files.database().change(batch -> batch.put(Table.HEADERS, new byte[] {1, 2}, new byte[3]));
      var clock = new FaultyClock();
      clock.faults.add(new IllegalStateException("injected"));
      clock.faults.add(new InternalError("injected"));
      EntryTable table = table(files, writer, readers, clock);
      try (LogWriter log = log(files);
          Upkeep upkeep = upkeep(files, table, log)) {
        upkeep.begin(Set.of(SHOP));
        long deadline = System.nanoTime() + SOON.toNanos();
        while (table.stats(SHOP).entries() == 0
            || files.database().get(Table.HEADERS, new byte[] {1, 2}).isPresent()) {
          assertThat(System.nanoTime()).isLessThan(deadline);
          Thread.onSpinWait();
        }
        assertThat(clock.failed).hasValue(2);
      }
    }
  }

  private EntryTable table(
      StoreFiles files, EntryWriter writer, Readers readers, InstantSource clock) {
    return new EntryTable(
        files.database(),
        writer,
        readers,
        readers,
        readers,
        files.volume(),
        clock,
        StoreFixture.OPTIONS);
  }

  private static LogWriter log(StoreFiles files) {
    return new LogWriter(
        files.database(),
        files.commits(),
        files.recovered(),
        StoreOptions.Fsync.NEVER,
        new Condition("invalidations", Duration.ZERO));
  }

  private static Upkeep upkeep(StoreFiles files, EntryTable table, LogWriter log) {
    return new Upkeep(
        files.database(),
        files.volume(),
        table,
        log,
        new Condition("invalidations", Duration.ZERO),
        StoreFixture.OPTIONS.diskBytes());
  }

  /** Compactions that copy large values one after the other, until the database is closed. */
  @Test
  void aCompactionHoldsUpNobodyWhoCloses() throws Exception {
    long fastest = Long.MAX_VALUE;
    long whole = 0;
    for (int round = 0; round < 3; round++) {
      Path directory = Files.createDirectory(temporary.resolve("round" + round));
      Database database = StoreFixture.database(directory);
      fill(database);
      whole = nanos(() -> database.reclaim(0.5));
      var begun = new CountDownLatch(1);
      CompletableFuture<String> compacting =
          CompletableFuture.supplyAsync(() -> {
            begun.countDown();
            try {
              while (true) {
                database.reclaim(0.5);
              }
            } catch (StoreException closed) {
              return String.valueOf(closed.getMessage());
            }
          });
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      // In the middle of one.
      LockSupport.parkNanos(whole / 3);
      fastest = Math.min(fastest, nanos(database::close));
      assertThat(compacting).succeedsWithin(SOON).isEqualTo("cannot compact: the store is closed");
    }
    System.out.printf(
        "a compaction of 160 MiB takes %d ms; closing while one runs %d ms%n",
        whole / 1_000_000, fastest / 1_000_000);
    assertThat(fastest).as("ns to close, of %d for a compaction", whole).isLessThan(whole / 2);
  }

  private static void fill(Database database) {
    var random = new Random(3);
    byte[] value = new byte[1 << 20];
    for (int i = 0; i < 160; i++) {
      random.nextBytes(value);
      byte[] at = {(byte) (i % 80)};
      database.change(batch -> batch.put(Table.ENTRIES, at, value));
    }
  }

  private static long nanos(Runnable work) {
    long began = System.nanoTime();
    work.run();
    return System.nanoTime() - began;
  }
}
