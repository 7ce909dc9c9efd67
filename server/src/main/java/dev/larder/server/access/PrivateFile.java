package dev.larder.server.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/** Files that are for their owner only, and are replaced as a whole. */
final class PrivateFile {
  private PrivateFile() {}

  /** What a file is made with, so that only its owner reads and writes it. */
  static FileAttribute<Set<PosixFilePermission>> owner() {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  }

  /**
   * Replaces a file, or makes one: written beside it, forced to the disk, moved over it. Whoever
   * reads it sees what was there, or all of {@code text}.
   *
   * @throws IOException if its directory is not there, or cannot be written
   */
  static void replace(Path path, String text) throws IOException {
    Path directory = Objects.requireNonNull(path.toAbsolutePath().getParent());
    Path written = Files.createTempFile(directory, "." + path.getFileName(), ".new", owner());
    try {
      try (var channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(
          written, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(written);
    }
  }
}
