package dev.larder.server.store;

import dev.larder.core.spi.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A data directory: ours by the marker file in it, or new. Never somebody else's. */
final class DataDirectory {
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
      return directory.resolve("db");
    } catch (IOException e) {
      throw new StoreException("data directory %s cannot be used: %s".formatted(directory, e), e);
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }
}
