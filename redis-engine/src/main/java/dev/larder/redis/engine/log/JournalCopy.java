package dev.larder.redis.engine.log;

import static java.nio.file.StandardOpenOption.READ;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The files of a journal as they are at one moment, held open: what is appended, replaced or
 * deleted afterwards is not part of it. Opened in another directory, they are the database of that
 * moment.
 */
public final class JournalCopy implements AutoCloseable {
  /** How often it is looked again, when a snapshot has replaced files meanwhile. */
  private static final int ATTEMPTS = 10;

  private final List<Part> parts;

  private JournalCopy(List<Part> parts) {
    this.parts = parts;
  }

  /**
   * A file of it.
   *
   * @param name in the directory
   * @param length how many bytes of it belong to the copy
   * @param file open for reading
   */
  public record Part(String name, long length, FileChannel file) {}

  /**
   * What is in a directory now. Called by the thread that commits, or while the journal is not
   * open: no record is half written then.
   *
   * @param directory of a journal
   * @return to be closed
   * @throws IOException if the files cannot be opened, or one is missing
   */
  public static JournalCopy of(Path directory) throws IOException {
    for (int attempt = 1; ; attempt++) {
      var copy = new JournalCopy(new ArrayList<>());
      try {
        copy.open(new JournalFiles(directory));
        return copy;
      } catch (IOException e) {
        copy.close();
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private void open(JournalFiles files) throws IOException {
    JournalFiles.Found found = files.find();
    if (found.hasSnapshot()) {
      add(files.snapshot(found.first()));
    }
    for (long number = found.first(); number <= found.last(); number++) {
      add(files.journal(number));
    }
  }

  private void add(Path path) throws IOException {
    FileChannel file = FileChannel.open(path, READ);
    parts.add(new Part(path.getFileName().toString(), file.size(), file));
  }

  /** The files, in the order in which they are read. */
  public List<Part> parts() {
    return List.copyOf(parts);
  }

  /** True if a name is that of a file of a journal. */
  public static boolean isFile(String name) {
    return JournalFiles.isFile(name);
  }

  /** True if there is a journal in a directory. */
  public static boolean isIn(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.anyMatch(file -> isFile(file.getFileName().toString()));
    }
  }

  @Override
  public void close() throws IOException {
    for (Part part : parts) {
      part.file().close();
    }
  }
}
