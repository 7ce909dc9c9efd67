package dev.larder.server.store;

import dev.larder.core.spi.StoreException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;

/** A data directory: ours by the marker file in it, or new. Never somebody else's. */
final class DataDirectory {
  private static final Logger LOG = System.getLogger(DataDirectory.class.getName());

  private static final String MARKER = "LARDER";
  private static final String FORMAT = "larder data, format 2\n";

  private DataDirectory() {}

  /**
   * The place of the database in this directory, which is created and marked if it is new.
   *
   * @throws StoreException if it is not a directory, not writable, or holds something else
   */
  static Path claim(Path directory) {
    try {
      Files.createDirectories(directory);
      Path marker = directory.resolve(MARKER);
      if (Files.exists(marker)) {
        String format = Files.readString(marker);
        if (!format.equals(FORMAT)) {
          throw new StoreException(
              "data directory %s is of another format: '%s'; expected '%s'"
                  .formatted(directory, format.strip(), FORMAT.strip()));
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
      return directory.resolve("db");
    } catch (IOException e) {
      throw new StoreException("data directory %s cannot be used: %s".formatted(directory, e), e);
    }
  }

  /** What is stored is for nobody else on this machine, whatever its files would allow. */
  private static void keepToOurselves(Path directory) {
    try {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException | UnsupportedOperationException e) {
      // It is somebody else's, such as a volume's that is shared by group, or not of POSIX.
      LOG.log(Level.WARNING, "others may be able to read data directory {0}: {1}", directory, e);
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }
}
