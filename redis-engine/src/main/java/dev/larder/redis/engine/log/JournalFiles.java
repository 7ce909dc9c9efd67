package dev.larder.redis.engine.log;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The files of a journal, by their numbers.
 *
 * <p>A name is {@code journal-} or {@code snapshot-} with twelve digits. The snapshot of a number
 * holds everything before the journal of that number. Other files in the directory are left alone,
 * but for {@code unfinished}, which is a snapshot that is being written.
 */
final class JournalFiles {
  private static final String JOURNAL = "journal-";
  private static final String SNAPSHOT = "snapshot-";

  private final Path directory;

  JournalFiles(Path directory) {
    this.directory = directory;
  }

  /**
   * What there is to read.
   *
   * @param hasSnapshot whether there is one, of the first number
   * @param first the number of the first journal
   * @param last the number of the last journal
   */
  record Found(boolean hasSnapshot, long first, long last) {}

  /** True if a file of that name is one of these. */
  static boolean isFile(String name) {
    return name.matches("(%s|%s)\\d{12}".formatted(JOURNAL, SNAPSHOT));
  }

  /** The file of a journal. */
  Path journal(long number) {
    return directory.resolve("%s%012d".formatted(JOURNAL, number));
  }

  /** The file of a snapshot. */
  Path snapshot(long number) {
    return directory.resolve("%s%012d".formatted(SNAPSHOT, number));
  }

  /**
   * Finds the last snapshot and the journals from there on; an empty journal if there is none.
   *
   * @throws IOException if one is missing
   */
  Found find() throws IOException {
    NavigableSet<Long> snapshots = numbers(SNAPSHOT);
    NavigableSet<Long> journals = numbers(JOURNAL);
    long first =
        !snapshots.isEmpty() ? snapshots.last() : journals.isEmpty() ? 0 : journals.first();
    long last = journals.isEmpty() ? first : Math.max(first, journals.last());
    if (snapshots.isEmpty() && first > 0) {
      throw new DamagedJournalException(journal(first), 0, "what was before it is missing");
    }
    for (long i = first; i <= last; i++) {
      if (!Files.exists(journal(i))) {
        if (i < last || !snapshots.isEmpty()) {
          throw new DamagedJournalException(journal(i), 0, "the file is missing");
        }
        Files.createFile(journal(i));
      }
    }
    return new Found(!snapshots.isEmpty(), first, last);
  }

  /** The numbers of all files of one kind. */
  private NavigableSet<Long> numbers(String prefix) throws IOException {
    var numbers = new TreeSet<Long>();
    for (Path file : list()) {
      String name = file.getFileName().toString();
      if (name.matches(prefix + "\\d{12}")) {
        numbers.add(Long.parseLong(name.substring(prefix.length())));
      }
    }
    return numbers;
  }

  private List<Path> list() throws IOException {
    var files = new ArrayList<Path>();
    try (var stream = Files.newDirectoryStream(directory)) {
      stream.forEach(files::add);
    }
    return files;
  }

  /**
   * Writes a snapshot, which is there once it is whole; returns its length.
   *
   * <p>It is written under another name, forced, and renamed: whoever finds the name finds all of
   * it.
   *
   * @return in bytes
   */
  long write(Snapshot snapshot, long number) throws IOException {
    Path unfinished = directory.resolve("unfinished");
    try (var file = FileChannel.open(unfinished, CREATE, TRUNCATE_EXISTING, WRITE)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(file), 1 << 16);
      out.write(Records.MAGIC);
      try {
        snapshot.write(unit -> {
          try {
            out.write(Records.encode(unit));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      out.flush();
      file.force(true);
    }
    long length = Files.size(unfinished);
    Files.move(unfinished, snapshot(number), ATOMIC_MOVE);
    force();
    return length;
  }

  /** Deletes what the snapshot of a number replaces. */
  void deleteBefore(long number) throws IOException {
    for (long i : numbers(JOURNAL).headSet(number)) {
      Files.deleteIfExists(journal(i));
    }
    for (long i : numbers(SNAPSHOT).headSet(number)) {
      Files.deleteIfExists(snapshot(i));
    }
  }

  /** Forces the names of the files to the disk, where directories can be. */
  void force() throws IOException {
    if (File.separatorChar == '/') {
      try (var opened = FileChannel.open(directory, READ)) {
        opened.force(true);
      }
    }
  }
}
