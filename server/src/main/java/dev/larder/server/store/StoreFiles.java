package dev.larder.server.store;

import dev.larder.core.spi.StoreException;
import dev.larder.server.store.Records.Commit;
import dev.larder.server.store.Records.Damaged;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What is open of a data directory.
 *
 * @param database its database
 * @param commits the last commit, beside it
 * @param volume the file system it is on
 * @param recovered what the database held when it was opened
 */
record StoreFiles(Database database, CommitFile commits, Volume volume, Recovery recovered)
    implements AutoCloseable {
  private static final Logger LOG = System.getLogger(StoreFiles.class.getName());

  /**
   * Opens a data directory, created if missing. What provably lacks something that was acknowledged
   * is removed, and begun anew.
   *
   * <p>In this order: the directory is claimed, the database opened, which locks it, and compared
   * with the commit file. {@code bootId} is the start of the machine, empty if it is not known.
   *
   * @throws StoreException if the directory is in use, not ours, or cannot be read
   */
  static StoreFiles open(Path path, String bootId, RandomGenerator random) {
    DataDirectory directory = DataDirectory.claim(path);
    Volume volume = volume(path);
    Database database = Database.open(directory.database(), volume);
    CommitFile commits = CommitFile.open(path);
    try {
      Optional<String> lost = Optional.of("it was written by an earlier version of Larder");
      if (!directory.isEarlier()) {
        Recovery recovered = Recovery.of(database, commits, bootId);
        lost = recovered.lost();
        if (lost.isEmpty() && !recovered.isNew()) {
          tellOfDamage(commits, path);
          tellOfLostEntries(database, commits, recovered.last().database(), path);
          return new StoreFiles(database, commits, volume, recovered);
        }
      }
      if (lost.isPresent()) {
        LOG.log(
            Level.ERROR,
            "data directory {0}: {1}: everything stored is forgotten, new histories begin",
            path,
            lost.orElseThrow());
        database.close();
        directory.removeDatabase();
        database = Database.open(directory.database(), volume);
      }
      var first = new Commit(random.nextLong() | 1, 0, 0);
      commits.begin(first);
      directory.mark();
      return new StoreFiles(
          database,
          commits,
          volume,
          new Recovery(Map.of(), new Histories(), first, Optional.empty()));
    } catch (Damaged | StoreException e) {
      throw closed(database, commits, damaged(path, e));
    }
  }

  private static void tellOfDamage(CommitFile commits, Path path) {
    if (!commits.intact()) {
      LOG.log(
          Level.WARNING,
          "data directory {0}: one of two copies in the file ''{1}'' is damaged, and the database is"
              + " whole",
          path,
          CommitFile.NAME);
    }
  }

  /** What is stored need not be there; that it is not is logged all the same. */
  private static void tellOfLostEntries(
      Database database, CommitFile commits, long number, Path path) {
    long had = commits.changes(number);
    long has = database.changes();
    if (has < had) {
      LOG.log(
          Level.WARNING,
          "data directory {0}: the last changes of entries are lost, {1} of {2}: they are misses",
          path,
          had - has,
          had);
      commits.noteChanges(number, has);
    }
  }

  private static Volume volume(Path path) {
    try {
      return Volume.of(path);
    } catch (IOException e) {
      throw new StoreException("data directory %s cannot be used: %s".formatted(path, e), e);
    }
  }

  private static StoreException damaged(Path path, RuntimeException why) {
    return new StoreException(
        "data directory %s is damaged: %s; remove it to begin with an empty cache"
            .formatted(path, why.getMessage()),
        why);
  }

  private static StoreException closed(
      Database database, CommitFile commits, StoreException failure) {
    try {
      commits.close();
      database.abandon();
    } catch (StoreException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }

  /** Notes how far the database has come, so that it shows when the end of that is lost. */
  void noteChanges() {
    commits.noteChanges(recovered.last().database(), database.changes());
  }

  /** The commit file first: nothing is written to either any more. */
  @Override
  public void close() {
    commits.close();
    database.close();
  }
}
