package dev.larder.server.store;

import dev.larder.core.InvalidValueException;
import dev.larder.core.spi.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A data directory: ours by the marker file in it, or new. Never somebody else's.
 *
 * <p>It holds the marker {@code LARDER}, the database in {@code db}, the file {@code commit} and
 * RocksDB's library in {@code native}. A directory with anything else in it and without the marker
 * is refused, so that a mistyped path removes nobody's files.
 */
final class DataDirectory {
  private static final Logger LOG = System.getLogger(DataDirectory.class.getName());

  private static final String MARKER = "LARDER";

  /**
   * Changes with the format of rows or of the commit file; other formats are refused, but for
   * {@link #EARLIER}.
   */
  private static final String FORMAT = "larder data, format 3\n";

  /** Whose contents are known to be of no use any more. */
  private static final String EARLIER = "larder data, format 2\n";

  private final Path directory;
  private final boolean earlier;

  private DataDirectory(Path directory, boolean earlier) {
    this.directory = directory;
    this.earlier = earlier;
  }

  /**
   * This directory, which is created and marked if it is new.
   *
   * <p>The files of it are made readable by their owner only. Nothing keeps another server out yet:
   * the lock is RocksDB's.
   *
   * @throws StoreException if it is not a directory, not writable, or holds something else
   */
  static DataDirectory claim(Path directory) {
    try {
      Files.createDirectories(directory);
      Path marker = marker(directory);
      if (Files.exists(marker)) {
        String format = Files.readString(marker, StandardCharsets.ISO_8859_1);
        if (format.equals(EARLIER)) {
          keepToOurselves(directory);
          return new DataDirectory(directory, true);
        }
        if (!format.equals(FORMAT)) {
          throw new StoreException(
              ("data directory %s is of another format, or damaged: '%s'; expected '%s'. Remove it"
                      + " to begin with an empty cache")
                  .formatted(
                      directory, InvalidValueException.shortened(format.strip()), FORMAT.strip()));
        }
      } else if (isEmpty(directory)) {
        Files.writeString(marker, FORMAT);
      } else {
        throw new StoreException(
            ("directory %s holds files that are not Larder's; expected an empty or missing"
                    + " directory, or one of Larder's")
                .formatted(directory));
      }
      keepToOurselves(directory);
      return new DataDirectory(directory, false);
    } catch (IOException e) {
      throw new StoreException("data directory %s cannot be used: %s".formatted(directory, e), e);
    }
  }

  /** The file by which a directory is known to be ours. */
  static Path marker(Path directory) {
    return directory.resolve(MARKER);
  }

  /** True if it was written by a version whose entries and histories this one does not read. */
  boolean isEarlier() {
    return earlier;
  }

  /** Where it is. */
  Path path() {
    return directory;
  }

  /** The place of the database. */
  Path database() {
    return directory.resolve("db");
  }

  /**
   * Removes the database, which nobody may have open.
   *
   * @throws StoreException if it cannot be removed
   */
  void removeDatabase() {
    try (Stream<Path> files = Files.walk(database())) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new StoreException("database %s cannot be removed: %s".formatted(database(), e), e);
    }
  }

  /**
   * From now on it is of this version's format.
   *
   * <p>By a file that is moved over the marker, so that there is never half of one.
   *
   * @throws StoreException if it cannot be marked
   */
  void mark() {
    try {
      Path next = directory.resolve(MARKER + ".new");
      Files.writeString(next, FORMAT);
      Files.move(next, marker(directory), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new StoreException("data directory %s cannot be used: %s".formatted(directory, e), e);
    }
  }

  /** What is stored is for nobody else on this machine, whatever its files would allow. */
  private static void keepToOurselves(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.toList()) {
        keepToOurselves(file, Files.isDirectory(file) ? "rwx------" : "rw-------");
      }
    } catch (IOException | UncheckedIOException | UnsupportedOperationException e) {
      // It is somebody else's, such as a volume's that is shared by group, or not of POSIX.
      LOG.log(Level.WARNING, "others may be able to read data directory {0}: {1}", directory, e);
    }
  }

  private static void keepToOurselves(Path file, String allowed) throws IOException {
    try {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(allowed));
    } catch (NoSuchFileException e) {
      // Another server has the directory in use, as is told next.
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }
}
