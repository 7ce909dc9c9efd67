package dev.larder.server.store;

import dev.larder.core.Namespace;
import dev.larder.core.spi.Store.NamespaceStore;
import dev.larder.testkit.OpenStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Comparator;

/** An embedded store in a directory of its own, which can be closed and opened again. */
final class StoreFixture implements OpenStore {
  static final Namespace SHOP = new Namespace("shop");
  static final StoreOptions OPTIONS =
      new StoreOptions(16 << 20, 64 << 20, StoreOptions.Fsync.ALWAYS);

  private final Path directory;
  private EmbeddedStore store;

  StoreFixture() {
    try {
      directory = Files.createTempDirectory("larder-store");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    store = EmbeddedStore.open(directory, OPTIONS);
  }

  /** Opens the database of a store in a directory that exists. */
  static Database database(Path directory) {
    try {
      return Database.open(directory.resolve("db"), Volume.of(directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The entries of a database whose readers also open, sweep and show. */
  static EntryTable table(
      Database database, EntryWriter writer, Readers readers, Path directory, StoreOptions options)
      throws IOException {
    return new EntryTable(
        database,
        writer,
        readers,
        readers,
        readers,
        Volume.of(directory),
        InstantSource.system(),
        options);
  }

  Path directory() {
    return directory;
  }

  EmbeddedStore store() {
    return store;
  }

  @Override
  public NamespaceStore shop() {
    return namespace(SHOP);
  }

  NamespaceStore namespace(Namespace namespace) {
    return store.open(namespace).toCompletableFuture().join();
  }

  @Override
  public void reopen() {
    store.close();
    store = EmbeddedStore.open(directory, OPTIONS);
  }

  /** Closes the store and leaves the directory to the test. */
  void shut() {
    store.close();
  }

  @Override
  public void close() {
    store.close();
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
