package dev.larder.redis.engine.log;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.larder.redis.engine.resp.Bytes;
import dev.larder.redis.engine.spi.Journal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/* journal-N holds what changed, and snapshot-N what was before it. When the journals since the last snapshot are as
 * large as it is, and 16 MB at least, the next journal begins, and another thread makes snapshot-(N+1) from the files
 * before it, under another name until it is whole. What it replaces is deleted then. A process that dies in between
 * leaves the old files, or both.
 */
/**
 * A journal in a directory, which one process at a time can open.
 *
 * <p>Commits are made by one thread at a time; two threads help. One makes snapshots, the other
 * forces the disk once a second if that was asked for. Neither is waited for by a commit.
 *
 * <p>A commit that fails cuts off what it wrote, so that half a record is never followed by
 * another, and keeps what was to be written for the next commit.
 */
public final class FileJournal implements Journal {
  private static final System.Logger LOG = System.getLogger(FileJournal.class.getName());

  /** Bytes that the journals since the last snapshot have before another is made. */
  private static final long LEAST = 16L << 20;

  private final JournalFiles files;
  private final Fsync fsync;
  private final long least;

  /** Held as long as the journal is open; the operating system frees it when the process dies. */
  private final FileChannel lock;

  private final ExecutorService background =
      Executors.newSingleThreadExecutor(task -> {
        var thread = new Thread(task, "redis-snapshot");
        thread.setDaemon(true);
        return thread;
      });
  private final Thread syncer = new Thread(this::sync, "redis-fsync");

  /** Records that were appended and not written. */
  private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();

  private @Nullable FileChannel channel;
  private long number;
  private long length;

  /** How long a journal gets before a snapshot is made, in bytes. */
  private volatile long compactAt;

  private volatile boolean compacting;

  /** Whether something was written that was not forced to the disk. */
  private volatile boolean unforced;

  private volatile boolean closed;

  private FileJournal(Path directory, Fsync fsync, long least) throws IOException {
    this.files = new JournalFiles(directory);
    this.fsync = fsync;
    this.least = least;
    this.compactAt = least;
    Files.createDirectories(directory);
    lock = FileChannel.open(directory.resolve("lock"), CREATE, WRITE);
    if (!locked()) {
      lock.close();
      throw new IOException(
          "'%s' is open already, here or in another process".formatted(directory));
    }
  }

  /** Whether the lock could be taken: neither this process nor another has it. */
  private boolean locked() throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /**
   * Opens a directory, or makes it.
   *
   * @param directory for this journal alone
   * @param fsync when what was written is forced to the disk
   * @throws IOException if it cannot be used, or another process uses it
   */
  public static FileJournal open(Path directory, Fsync fsync) throws IOException {
    return new FileJournal(directory, fsync, LEAST);
  }

  /**
   * As {@link #open(Path, Fsync)}, with snapshots as soon as there are so many bytes.
   *
   * @param least for tests, which cannot wait for 16 MB
   */
  static FileJournal open(Path directory, Fsync fsync, long least) throws IOException {
    return new FileJournal(directory, fsync, least);
  }

  @Override
  public void recover(Consumer<Bytes[]> command) throws IOException {
    JournalFiles.Found found = files.find();
    if (found.hasSnapshot()) {
      Records.read(files.snapshot(found.first()), false, command);
      compactAt = Math.max(least, Files.size(files.snapshot(found.first())));
    }
    long whole = 0;
    for (long i = found.first(); i <= found.last(); i++) {
      whole = Records.read(files.journal(i), i == found.last(), command);
    }
    number = found.last();
    begin(whole);
    if (fsync == Fsync.EVERY_SECOND) {
      syncer.setDaemon(true);
      syncer.start();
    }
  }

  /** Opens the file of this number, of which so many bytes are whole. */
  private void begin(long whole) throws IOException {
    FileChannel opened = FileChannel.open(files.journal(number), CREATE, READ, WRITE);
    opened.truncate(whole);
    opened.position(whole);
    if (whole == 0) {
      opened.write(ByteBuffer.wrap(Records.MAGIC));
    }
    length = opened.position();
    channel = opened;
    files.force();
  }

  @Override
  public void append(List<Bytes[]> unit) {
    waiting.writeBytes(Records.encode(unit));
  }

  @Override
  public void commit() throws IOException {
    FileChannel file = opened();
    ByteBuffer bytes = ByteBuffer.wrap(waiting.toByteArray());
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      if (fsync == Fsync.ALWAYS) {
        file.force(false);
      }
    } catch (IOException e) {
      // Half a record must not be followed by another.
      file.truncate(length);
      file.position(length);
      throw e;
    }
    length += waiting.size();
    waiting.reset();
    unforced = true;
    if (length >= compactAt && !compacting) {
      compact(file);
    }
  }

  /**
   * The file that is written.
   *
   * @throws IOException if nothing was recovered yet
   */
  private FileChannel opened() throws IOException {
    FileChannel file = channel;
    if (file == null) {
      throw new IOException("the journal was not read yet");
    }
    return file;
  }

  /** Goes on in the next file, and has a snapshot made of those before. */
  private void compact(FileChannel file) throws IOException {
    compacting = true;
    file.force(false);
    file.close();
    number++;
    begin(0);
    long next = number;
    background.execute(() -> snapshot(next));
  }

  /**
   * Makes the snapshot that a journal begins with.
   *
   * <p>A failure is logged and nothing else: the files are there, and it is tried again when the
   * journal is twice as long.
   *
   * @param next the number of the journal that comes after the snapshot
   */
  private void snapshot(long next) {
    try {
      JournalFiles.Found found = files.find();
      var snapshot = new Snapshot();
      if (found.hasSnapshot()) {
        Records.read(files.snapshot(found.first()), false, snapshot::run);
      }
      for (long i = found.first(); i < next && !closed; i++) {
        Records.read(files.journal(i), false, snapshot::run);
      }
      if (closed) {
        return;
      }
      compactAt = Math.max(least, files.write(snapshot, next));
      files.deleteBefore(next);
    } catch (IOException | RuntimeException e) {
      LOG.log(
          System.Logger.Level.ERROR, "no snapshot; the journal grows until the next attempt", e);
      compactAt = compactAt * 2;
    } finally {
      compacting = false;
    }
  }

  /** Forces what was written to the disk, once a second. */
  private void sync() {
    while (!closed) {
      try {
        TimeUnit.SECONDS.sleep(1);
        FileChannel file = channel;
        if (unforced && file != null) {
          unforced = false;
          file.force(false);
        }
      } catch (InterruptedException e) {
        return;
      } catch (ClosedChannelException e) {
        // The next file has begun: this one was forced before it was closed.
      } catch (IOException e) {
        unforced = true;
        LOG.log(System.Logger.Level.ERROR, "the journal cannot be forced to the disk", e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    syncer.interrupt();
    background.close();
    FileChannel file = channel;
    if (file != null && file.isOpen()) {
      file.force(false);
      file.close();
    }
    lock.close();
  }
}
