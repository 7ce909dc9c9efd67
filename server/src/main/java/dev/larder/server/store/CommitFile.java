package dev.larder.server.store;

import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Records.Commit;
import dev.larder.server.store.Records.Damaged;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The last commit, in a file beside the database: what the database must have, whatever became of
 * its own files.
 *
 * <p>A commit goes to the database first and then here, and is acknowledged once the disk has both.
 * So after the end of the process the database has at least what the file records. It has less if
 * it was damaged, or if the machine stopped while a commit was on its way to the disk: then nobody
 * can tell whether it was acknowledged, and it counts as lost.
 *
 * <p>Two places are written in turns, each in a page of its own, so that a write that is torn
 * leaves the one before. In a third page is how many changes of entries the database had seen: they
 * need not be there, but their loss is worth a line of the log.
 */
final class CommitFile implements AutoCloseable {
  /** What it is called in a data directory. */
  static final String NAME = "commit";

  /** What no disk writes in part together with something else. */
  private static final int PAGE = 4096;

  private static final int PLACES = 2;
  private static final int BYTES = Records.commit(new Commit(0, 0, 0)).length;
  private static final int CHANGES_BYTES = Records.changes(0, 0).length;

  private final FileChannel file;

  private CommitFile(FileChannel file) {
    this.file = file;
  }

  /**
   * Opens the file of a data directory, created if missing.
   *
   * @throws StoreException if it cannot be opened
   */
  static CommitFile open(Path directory) {
    try {
      return new CommitFile(
          FileChannel.open(
              directory.resolve(NAME),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE));
    } catch (IOException e) {
      throw new StoreException("data directory %s cannot be used: %s".formatted(directory, e), e);
    }
  }

  /** True if nothing was ever written. */
  boolean isEmpty() {
    return bytes() == 0;
  }

  /** True if every place is whole, or was never written. */
  boolean intact() {
    for (int place = 0; place < PLACES; place++) {
      byte[] row = row(place);
      if (at(place).isEmpty() && !isZero(row)) {
        return false;
      }
    }
    // Versions of before had no third page.
    return bytes() >= (long) PLACES * PAGE;
  }

  /** The last commit; empty if none is whole. */
  Optional<Commit> last() {
    return IntStream.range(0, PLACES)
        .mapToObj(this::at)
        .flatMap(Optional::stream)
        .max(Comparator.comparingLong(Commit::number));
  }

  /**
   * Begins anew with a commit, on the disk.
   *
   * @throws StoreException if it cannot be written
   */
  void begin(Commit commit) {
    try {
      file.truncate(0);
      // All of it, so that what follows changes nothing but bytes.
      file.write(ByteBuffer.allocate((PLACES + 1) * PAGE), 0);
    } catch (IOException e) {
      throw failed(e);
    }
    write(commit);
    sync();
  }

  /**
   * Writes a commit. It survives the process, not yet a power failure.
   *
   * @throws StoreException if it cannot be written
   */
  void write(Commit commit) {
    try {
      file.write(ByteBuffer.wrap(Records.commit(commit)), commit.number() % PLACES * PAGE);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Notes how many changes a database has seen. That survives the process, not a power failure.
   *
   * @param database the random number of the database
   * @throws StoreException if it cannot be written
   */
  void noteChanges(long database, long changes) {
    try {
      file.write(ByteBuffer.wrap(Records.changes(database, changes)), (long) PLACES * PAGE);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** How many changes that database had seen, as far as it is known; else 0. */
  long changes(long database) {
    try {
      return Records.changesOf(database, row(PLACES, CHANGES_BYTES));
    } catch (Damaged e) {
      return 0;
    }
  }

  /**
   * Makes what was written survive a power failure.
   *
   * @throws StoreException if the disk does not take it
   */
  void sync() {
    try {
      file.force(false);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private Optional<Commit> at(int place) {
    try {
      Commit commit = Records.commit(row(place));
      return commit.number() % PLACES == place ? Optional.of(commit) : Optional.empty();
    } catch (Damaged e) {
      return Optional.empty();
    }
  }

  private byte[] row(int place) {
    return row(place, BYTES);
  }

  private byte[] row(int place, int length) {
    ByteBuffer row = ByteBuffer.allocate(length);
    try {
      file.read(row, (long) place * PAGE);
    } catch (IOException e) {
      throw failed(e);
    }
    byte[] bytes = new byte[row.position()];
    row.flip().get(bytes);
    return bytes;
  }

  private long bytes() {
    try {
      return file.size();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private static boolean isZero(byte[] bytes) {
    for (byte each : bytes) {
      if (each != 0) {
        return false;
      }
    }
    return true;
  }

  private static StoreException failed(IOException e) {
    return new StoreException("the file '%s' fails: %s".formatted(NAME, e), e);
  }
}
