package dev.larder.server.access;

import dev.larder.core.spi.SharedText;
import dev.larder.core.spi.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A text in a file, which is for its owner only and replaced as a whole: nobody ever reads half of
 * it. Its stages are complete when they are returned.
 *
 * <p>Who replaces it holds a lock of the operating system, on a file beside it whose name ends in
 * {@code .lock}.
 *
 * @param path where it is
 */
public record FileText(Path path) implements SharedText {
  @Override
  public CompletionStage<Optional<String>> read() {
    return done("read", this::content);
  }

  @Override
  public CompletionStage<Boolean> replace(Optional<String> expected, String text) {
    return done(
        "written",
        () -> {
          Path directory = Objects.requireNonNull(path.toAbsolutePath().getParent());
          Files.createDirectories(directory);
          Path lock = directory.resolve(path.getFileName() + ".lock");
          try (var channel =
              FileChannel.open(
                  lock,
                  Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                  PrivateFile.owner())) {
            // Held until the file is closed.
            channel.lock();
            boolean still = content().equals(expected);
            if (still) {
              PrivateFile.replace(path, text);
            }
            return still;
          }
        });
  }

  /** Whether others than its owner may read it. */
  boolean isReadByOthers() {
    try {
      return Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ);
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private Optional<String> content() throws IOException {
    try {
      if (Files.size(path) > MAX_BYTES) {
        throw new IOException("it is larger than %d bytes".formatted(MAX_BYTES));
      }
      return Optional.of(Files.readString(path));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private <T> CompletionStage<T> done(String what, Callable<T> work) {
    try {
      return CompletableFuture.completedStage(work.call());
    } catch (Exception e) {
      return CompletableFuture.failedStage(
          new StoreException("'%s' cannot be %s: %s".formatted(path, what, e), e));
    }
  }
}
