package dev.larder.server.access;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/**
 * What tells one state of a file from another without reading it. A link counts as what it leads
 * to, so that what a container mounts is followed, too.
 *
 * @param modified when it was last written
 * @param size in bytes
 * @param key which file it is, where the system tells
 */
record FileState(FileTime modified, long size, Optional<Object> key) {
  /** The state of a file as it is now; empty if it is not there, or nobody may look. */
  static Optional<FileState> of(Path path) {
    try {
      var attributes = Files.readAttributes(path, BasicFileAttributes.class);
      return Optional.of(
          new FileState(
              attributes.lastModifiedTime(),
              attributes.size(),
              Optional.ofNullable(attributes.fileKey())));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
