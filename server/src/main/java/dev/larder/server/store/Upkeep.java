package dev.larder.server.store;

import dev.larder.core.StoreIdentity;
import dev.larder.core.spi.StoreException;
import dev.larder.server.process.OutOfMemory;
import dev.larder.server.store.Records.Damaged;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What a store does now and then, on a thread of its own: learns what is on disk, gives space back,
 * lets go of what has expired, and finds out whether writes succeed again.
 *
 * <p>Every second it looks whether writes fail or the volume is full; every ten it does what can
 * wait. The limit of entries follows the room on the volume: others may fill it, and what they take
 * is taken from entries, so that invalidations can be written for as long as possible. A failure is
 * logged, and does not end it.
 */
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Upkeep.class.getName());

  /** When to begin learning what is on disk, in seconds: starting goes first. */
  private static final int LEARN_AFTER = 1;

  /** How soon to go through it again if that failed; once it is known there is nothing to do. */
  private static final int LEARN_AGAIN_AFTER = 5;

  /** How often it is looked whether something is to be done at once, in seconds. */
  private static final int LOOK_EVERY = 1;

  /** One look in so many does what there is no hurry for. */
  private static final int UPKEEP_EVERY = 10;

  /** Files may be this many times as large as what is live, and this much larger, in bytes. */
  private static final int SLACK_FACTOR = 2;

  private static final long SLACK_BYTES = 128L << 20;

  /** Files with more than one part in so many of garbage are worth copying on a full volume. */
  private static final int WORTH_COPYING = 20;

  /** How much of the files is copied at once, at least. */
  private static final double LEAST_COPIED = 0.05;

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("larder-upkeep").factory());
  private final Database database;
  private final Volume volume;
  private final EntryTable entries;
  private final LogWriter log;
  private final Condition writes;
  private final long diskBytes;
  private int looks;

  /**
   * Upkeep that has not begun.
   *
   * @param writes whether invalidations are written
   * @param diskBytes how many bytes of entries to keep, if the volume has room for them
   */
  Upkeep(
      Database database,
      Volume volume,
      EntryTable entries,
      LogWriter log,
      Condition writes,
      long diskBytes) {
    this.database = database;
    this.volume = volume;
    this.entries = entries;
    this.log = log;
    this.writes = writes;
    this.diskBytes = diskBytes;
  }

  /** Begins, over a database with these histories. */
  void begin(Set<StoreIdentity> existing) {
    long room = share(volume.capacity() - 2 * volume.reserve());
    entries.limit(Math.min(diskBytes, room));
    if (room < diskBytes) {
      LOG.log(
          Level.WARNING,
          "--disk is %d MiB; the volume of the data directory has room for %d MiB of entries, which"
                  .formatted(diskBytes >> 20, room >> 20)
              + " are kept instead");
    }
    var _ =
        thread.scheduleWithFixedDelay(
            () -> logged(() -> entries.learn(existing)),
            LEARN_AFTER,
            LEARN_AGAIN_AFTER,
            TimeUnit.SECONDS);
    var _ =
        thread.scheduleWithFixedDelay(
            () -> logged(this::look), LOOK_EVERY, LOOK_EVERY, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private void look() {
    boolean regular = looks++ % UPKEEP_EVERY == 0;
    long usable = volume.usable();
    boolean full = usable < 2 * volume.reserve();
    if (!writes.good() || (regular && full)) {
      // Nothing but a commit: whether it succeeds is what there is to know.
      log.change((batch, histories) -> {}).exceptionally(failure -> null).join();
    }
    if (regular || full) {
      if (regular) {
        entries.tidy();
      }
      giveBack(usable, full);
    }
    if (writes.good()) {
      entries.eraseLeftovers();
    }
  }

  /** Gives space back when files are much larger than what is in them, or the volume is full. */
  private void giveBack(long usable, boolean full) {
    long files = database.fileBytes();
    entries.limit(Math.min(diskBytes, share(files + usable - 2 * volume.reserve())));
    long garbage = database.garbageBytes();
    long live = Math.min(entries.bytes(), files - garbage);
    if (files > SLACK_FACTOR * live + SLACK_BYTES || (full && garbage > files / WORTH_COPYING)) {
      database.reclaim(Math.max(LEAST_COPIED, usable / 2.0 / Math.max(files, 1)));
    }
  }

  /**
   * How many bytes of entries to keep where their files may take so many: they hold garbage too.
   */
  private static long share(long room) {
    return Math.max(0, room / 3 * 2);
  }

  private static void logged(Runnable work) {
    try {
      work.run();
    } catch (StoreException | Damaged e) {
      LOG.log(Level.WARNING, "upkeep of the store failed: {0}", e.getMessage());
    } catch (RuntimeException | Error e) {
      // What is thrown on would end it for good.
      OutOfMemory.exitIfCause(e);
      LOG.log(Level.ERROR, "upkeep of the store failed", e);
    }
  }
}
