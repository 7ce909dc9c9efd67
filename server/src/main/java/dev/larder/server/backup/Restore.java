package dev.larder.server.backup;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.larder.core.Namespace;
import dev.larder.core.spi.StoreException;
import dev.larder.server.store.EmbeddedStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Makes a data directory of a backup.
 *
 * <p>It is made in a directory {@code restoring} inside of its place, since that may be the root of
 * a volume, and moved up once the disk has all of it: last the file by which a server knows its
 * own. So a directory is whole, or no server takes it for its own. What an attempt that was killed
 * has left is removed by the next one.
 *
 * <p>It has no caches, and so no history of one: each begins anew, with an identity nobody has
 * seen.
 */
public final class Restore {
  private static final String DATABASES = "redis";
  private static final String WORK = "restoring";

  private final Path data;
  private final Path work;
  private final Path made;

  private Restore(Path data) {
    this.data = data;
    this.work = data.resolve(WORK);
    this.made = work.resolve("data");
  }

  /**
   * Restores a backup.
   *
   * @param backup is read to its end
   * @param data missing or empty, or what an attempt that was killed has left
   * @throws DamagedBackupException if the backup is not whole; nothing was made then
   * @throws StoreException if something is in the directory, or another restore makes it
   * @throws IOException if the backup cannot be read, or the disk does not take it
   */
  public static BackupReader.Contents into(InputStream backup, Path data) throws IOException {
    return new Restore(data).from(backup);
  }

  private BackupReader.Contents from(InputStream backup) throws IOException {
    expectNothing();
    boolean missing = Files.notExists(data);
    Files.createDirectories(work);
    try (FileChannel lock = FileChannel.open(work.resolve("lock"), CREATE, WRITE)) {
      if (!locked(lock)) {
        throw new StoreException("another restore makes data directory %s already".formatted(data));
      }
      remove(made);
      remove(data.resolve(DATABASES));
      try {
        EmbeddedStore.prepare(made);
        BackupReader.Contents contents = BackupReader.read(backup, this::file);
        publish();
        return contents;
      } finally {
        remove(work);
        if (missing && isEmpty(data)) {
          Files.delete(data);
        }
      }
    }
  }

  /** The databases first: before the marker is there, no server uses them. */
  private void publish() throws IOException {
    force(made);
    if (Files.exists(made.resolve(DATABASES))) {
      Files.move(made.resolve(DATABASES), data.resolve(DATABASES), ATOMIC_MOVE);
    }
    forced(data);
    Path marker = EmbeddedStore.marker(data);
    Files.move(EmbeddedStore.marker(made), marker, ATOMIC_MOVE);
    forced(data);
  }

  private void expectNothing() throws IOException {
    boolean left = Files.exists(work) && Files.notExists(EmbeddedStore.marker(data));
    if (Files.notExists(data) || left || (Files.isDirectory(data) && isEmpty(data))) {
      return;
    }
    throw new StoreException(
        ("%s is there, and something is in it; expected a data directory that is missing or empty:"
                + " stop the server of this one and move it away, or name another one with --data")
            .formatted(data));
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  private OutputStream file(Namespace namespace, String name) throws IOException {
    Path directory = made.resolve(DATABASES).resolve(namespace.name());
    Files.createDirectories(directory);
    FileChannel file = FileChannel.open(directory.resolve(name), CREATE_NEW, WRITE);
    return Channels.newOutputStream(file);
  }

  private static boolean locked(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** The disk has everything in a directory, with its names. */
  private static void force(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path each : paths.toList()) {
        forced(each);
      }
    }
  }

  private static void forced(Path path) throws IOException {
    try (FileChannel file = FileChannel.open(path, READ)) {
      file.force(true);
    }
  }

  private static void remove(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> paths = Files.walk(directory)) {
        for (Path each : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(each);
        }
      }
    }
  }
}
