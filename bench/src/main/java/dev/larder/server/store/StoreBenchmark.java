package dev.larder.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.core.CacheEntry;
import dev.larder.core.CacheKey;
import dev.larder.core.CacheLife;
import dev.larder.core.Invalidation;
import dev.larder.core.Namespace;
import dev.larder.core.Revision;
import dev.larder.core.TagSet;
import dev.larder.core.spi.EntryStore.PutResult;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.server.store.StoreOptions.Fsync;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What the embedded store costs: reads from memory and from disk, writes, invalidations. Values are
 * random, so that nothing makes them smaller, and every write is durable ({@code fsync} always).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class StoreBenchmark {
  /** How many entries there are. */
  private static final int KEYS = 5000;

  /** The bytes of a value. */
  @Param({"10240", "102400"})
  int size;

  /** How many bytes of them are kept in memory, in MiB. */
  @Param({"0", "1024"})
  int memory;

  private Optional<Opened> opened = Optional.empty();
  private byte[] value = new byte[0];

  /** A state that {@link #open} fills. */
  public StoreBenchmark() {}

  private record Opened(Path directory, EmbeddedStore store, NamespaceStore namespace) {}

  /** Opens a store in a new directory and fills it. */
  @Setup
  public void open() throws IOException {
    Path directory = Files.createTempDirectory("larder-bench-");
    EmbeddedStore store =
        EmbeddedStore.open(
            directory, new StoreOptions((long) memory << 20, 2L << 30, Fsync.ALWAYS));
    NamespaceStore namespace = store.open(new Namespace("bench")).toCompletableFuture().join();
    value = new byte[size];
    new Random(1).nextBytes(value);
    opened = Optional.of(new Opened(directory, store, namespace));
    for (int i = 0; i < KEYS; i++) {
      put(namespace, i);
    }
  }

  /** Closes and deletes it. */
  @TearDown
  public void close() throws IOException {
    Opened was = opened.orElseThrow();
    was.store().close();
    try (Stream<Path> files = Files.walk(was.directory())) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** A read of any key. */
  @Benchmark
  public Optional<CacheEntry> get() {
    return opened
        .orElseThrow()
        .namespace()
        .entries()
        .get(key(ThreadLocalRandom.current().nextInt(KEYS)))
        .toCompletableFuture()
        .join();
  }

  /** A write of any key. */
  @Benchmark
  public PutResult put() {
    return put(opened.orElseThrow().namespace(), ThreadLocalRandom.current().nextInt(KEYS));
  }

  /** An invalidation that is durable. */
  @Benchmark
  public Invalidation append() {
    return opened
        .orElseThrow()
        .namespace()
        .log()
        .append(TagSet.of("products"), 0)
        .toCompletableFuture()
        .join();
  }

  /** Writes an entry of three tags, and waits until it is kept. */
  private PutResult put(NamespaceStore namespace, int number) {
    var entry =
        new CacheEntry(
            Revision.ZERO,
            TagSet.of("products", "product:42", "brand:7"),
            new CacheLife(300, 900, CacheLife.NEVER),
            namespace.clock().millis(),
            CacheEntry.checksum(value),
            value);
    return namespace.entries().put(key(number), entry).toCompletableFuture().join();
  }

  private static CacheKey key(int number) {
    return CacheKey.of("benchmark entry %024d".formatted(number).getBytes(UTF_8));
  }
}
