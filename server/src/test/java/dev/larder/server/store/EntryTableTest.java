package dev.larder.server.store;

import static dev.larder.testkit.Entries.entry;
import static dev.larder.testkit.Entries.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheLife;
import dev.larder.core.Namespace;
import dev.larder.core.TagSet;
import dev.larder.core.spi.EntryStore;
import dev.larder.testkit.Entries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EntryTableTest {
  private final StoreFixture store = new StoreFixture();
  private EntryStore entries = store.shop().entries();

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void theDiskBudgetIsKeptAndWhatIsUsedStays() {
    byte[] value = new byte[1 << 20];
    new Random(1).nextBytes(value);
    put("used", entry(value, 1, Entries.FOREVER, 0));
    for (int i = 0; i < 200; i++) {
      put("key " + i, entry(value, 1, Entries.FOREVER, 0));
      assertThat(entries.get(key("used")).toCompletableFuture().join()).isPresent();
    }
    EntryStore.Stats stats = entries.stats();
    assertThat(stats.bytes()).isLessThanOrEqualTo(StoreFixture.OPTIONS.diskBytes());
    assertThat(stats.entries()).isBetween(40L, 64L);
  }

  @Test
  void tagsCountForTheBudgetToo() {
    String padding = "x".repeat(500);
    String[] tags =
        IntStream.range(0, TagSet.MAX_OF_ENTRY)
            .mapToObj(i -> "%04d".formatted(i) + padding)
            .toArray(String[]::new);
    for (int i = 0; i < 40; i++) {
      put("key " + i, entry(new byte[1], 1, Entries.FOREVER, 0, tags));
    }
    assertThat(entries.stats().entries()).isBetween(1L, 8L);
    assertThat(entries.stats().bytes()).isEqualTo(entries.stats().entries());
  }

  @Test
  void whatIsReadFromMemoryStaysOnDisk() {
    byte[] value = new byte[1 << 20];
    new Random(1).nextBytes(value);
    put("used", entry(value, 1, Entries.FOREVER, 0));
    int fromMemory = 0;
    for (int i = 0; i < 200; i++) {
      put("key " + i, entry(value, 1, Entries.FOREVER, 0));
      for (int n = 0; n < 20; n++) {
        if (entries.atHand(key("used")).isPresent()) {
          fromMemory++;
        } else {
          assertThat(entries.get(key("used")).toCompletableFuture().join()).isPresent();
        }
      }
    }
    assertThat(fromMemory).isGreaterThan(3000);
  }

  @Test
  void theDiskBudgetHoldsAfterAReopening() {
    byte[] value = new byte[1 << 20];
    for (int i = 0; i < 100; i++) {
      put("key " + i, entry(value, 1, Entries.FOREVER, 0));
    }
    long before = entries.stats().entries();
    assertThat(entries.stats().outgrown()).isEqualTo(100 - before);
    store.reopen();
    entries = store.shop().entries();
    // An answer about a key that is not there takes the whole index, once it is complete.
    long found = 0;
    for (int i = 0; i < 100; i++) {
      found += entries.get(key("key " + i)).toCompletableFuture().join().isPresent() ? 1 : 0;
    }
    assertThat(found).isEqualTo(before);
  }

  @Test
  void anExpiredEntryIsForgotten() {
    long longAgo = System.currentTimeMillis() - 10_000;
    put("key", entry(new byte[10], 1, new CacheLife(0, 1, 5), longAgo));
    // Once the index is learned it tells that there is none; at the latest upkeep does.
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          while (entries.get(key("key")).toCompletableFuture().join().isPresent()) {
            Thread.onSpinWait();
          }
        });
    assertThat(entries.stats().entries()).isZero();
    assertThat(entries.stats().expired()).isEqualTo(1);
  }

  @Test
  void whatIsStoredIsCountedAsItComesAndGoes() {
    put("key", entry(new byte[10], 1, Entries.FOREVER, 0));
    put("key", entry(new byte[30], 1, Entries.FOREVER, 0));
    put("other", entry(new byte[5], 1, Entries.FOREVER, 0));
    assertThat(entries.stats()).isEqualTo(new EntryStore.Stats(2, 35, 0, 0, 0, 0));
    EntryStore elsewhere = store.namespace(new Namespace("elsewhere")).entries();
    assertThat(elsewhere.stats()).isEqualTo(new EntryStore.Stats(0, 0, 0, 0, 0, 0));

    entries.remove(key("key")).toCompletableFuture().join();
    entries.remove(key("missing")).toCompletableFuture().join();
    assertThat(entries.stats()).isEqualTo(new EntryStore.Stats(1, 5, 0, 0, 0, 0));

    assertThat(entries.removeIf(head -> true).toCompletableFuture().join()).isEqualTo(1);
    assertThat(entries.stats()).isEqualTo(new EntryStore.Stats(0, 0, 0, 0, 0, 0));
  }

  @Test
  void aDamagedEntryIsAMissAndCounted() {
    put("key", entry("value", 1));
    store.shut();
    try (var database = StoreFixture.database(store.directory())) {
      database.scan(
          Database.Table.ENTRIES,
          new byte[0],
          new byte[0],
          10,
          (at, row) -> {
            row[row.length - 1] ^= 1;
            database.change(batch -> batch.put(Database.Table.ENTRIES, at, row));
          });
    }
    store.reopen();
    entries = store.shop().entries();

    assertThat(entries.get(key("key")).toCompletableFuture().join()).isEmpty();
    assertThat(entries.stats().damaged()).isEqualTo(1);
    put("key", entry("again", 1));
    assertThat(entries.get(key("key")).toCompletableFuture().join()).isPresent();
  }

  @Test
  void aMissingFileOfValuesIsToldOnceAndItsEntriesAreMisses() throws IOException {
    for (int i = 0; i < 10; i++) {
      put("key " + i, entry(new byte[20_000], 1, Entries.FOREVER, 0));
    }
    store.shut();
    try (var files = Files.list(store.directory().resolve("db"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".blob")).toList()) {
        Files.delete(file);
      }
    }
    store.reopen();
    entries = store.shop().entries();
    var lines = new CopyOnWriteArrayList<LogRecord>();
    Handler handler = new Recorded(lines);
    Logger.getLogger("").addHandler(handler);
    try {
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 10; i++) {
          assertThat(entries.get(key("key " + i)).toCompletableFuture().join()).isEmpty();
        }
        // The writer has then erased what could not be read, which would be counted once more.
        put("last of round " + round, entry("value", 1));
      }
    } finally {
      Logger.getLogger("").removeHandler(handler);
    }
    // One of the store and one of RocksDB, without a stack trace.
    assertThat(lines).hasSizeBetween(1, 2).allMatch(line -> line.getThrown() == null);
    assertThat(entries.stats().damaged()).isBetween(1L, 10L);
    put("key 1", entry("again", 1));
    assertThat(entries.get(key("key 1")).toCompletableFuture().join()).isPresent();
  }

  /** What is logged, kept. */
  private static final class Recorded extends Handler {
    private final List<LogRecord> lines;

    Recorded(List<LogRecord> lines) {
      this.lines = lines;
    }

    @Override
    public void publish(LogRecord line) {
      lines.add(line);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void aRowUnderTheKeyOfAnotherEntryIsAMiss() {
    put("key", entry("value", 1));
    put("other", entry("value of another", 1));
    store.shut();
    try (var database = StoreFixture.database(store.directory())) {
      var keys = new ArrayList<byte[]>();
      var rows = new ArrayList<byte[]>();
      database.scan(
          Database.Table.ENTRIES,
          new byte[0],
          new byte[0],
          10,
          (at, row) -> {
            keys.add(at);
            rows.add(row);
          });
      database.change(batch -> {
        batch.put(Database.Table.ENTRIES, keys.getFirst(), rows.getLast());
        batch.put(Database.Table.ENTRIES, keys.getLast(), rows.getFirst());
      });
    }
    store.reopen();
    entries = store.shop().entries();
    assertThat(entries.get(key("key")).toCompletableFuture().join()).isEmpty();
    assertThat(entries.get(key("other")).toCompletableFuture().join()).isEmpty();
    assertThat(entries.stats().damaged()).isEqualTo(2);
  }

  @Test
  void aDirectoryCanBeOpenedWhereNothingWasEverStored() {
    store.reopen();
    assertThat(store.shop().entries().stats()).isEqualTo(new EntryStore.Stats(0, 0, 0, 0, 0, 0));
    assertThat(Path.of(store.directory().toString())).isDirectory();
  }

  private void put(String key, CacheEntry entry) {
    assertThat(entries.put(key(key), entry).toCompletableFuture().join())
        .isInstanceOf(EntryStore.PutResult.Kept.class);
  }
}
