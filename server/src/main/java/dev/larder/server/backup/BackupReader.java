package dev.larder.server.backup;

import dev.larder.core.InvalidValueException;
import dev.larder.core.Namespace;
import dev.larder.redis.engine.log.JournalCopy;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UTFDataFormatException;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads what {@link BackupWriter} wrote, and tells whether it is whole. */
public final class BackupReader {
  private static final int CHUNK = 64 << 10;

  private final DataInputStream in;

  /** Where it is, for people. */
  private String at = "at its beginning";

  private BackupReader(DataInputStream in) {
    this.in = in;
  }

  /**
   * What was in a backup.
   *
   * @param databases how many there are
   * @param bytes of their files
   */
  public record Contents(int databases, long bytes) {}

  /** Takes the files of a backup. */
  @FunctionalInterface
  public interface Target {
    /**
     * Where the bytes of a file go, which is closed after the last of them.
     *
     * @param namespace whose database it is of
     * @param file its name, which has no directory in it
     * @throws IOException if they cannot go there
     */
    OutputStream file(Namespace namespace, String file) throws IOException;

    /** Nothing is kept: it is only found out whether the backup is whole. */
    static Target none() {
      return (namespace, file) -> OutputStream.nullOutputStream();
    }
  }

  /**
   * Reads a backup to its end. What was given to {@code target} is of use only if this returns.
   *
   * @throws DamagedBackupException if it is none, not whole, or not what was written
   * @throws IOException if it cannot be read, or {@code target} cannot take it
   */
  public static Contents read(InputStream from, Target target) throws IOException {
    GZIPInputStream unzipped;
    try {
      unzipped = new GZIPInputStream(new BufferedInputStream(from, CHUNK), CHUNK);
    } catch (ZipException | EOFException e) {
      throw new DamagedBackupException("it is no backup of Larder", e);
    }
    var reader = new BackupReader(new DataInputStream(unzipped));
    try {
      return reader.all(target);
    } catch (EOFException e) {
      throw new DamagedBackupException("it is not whole: it ends " + reader.at, e);
    } catch (ZipException | UTFDataFormatException | InvalidValueException e) {
      throw new DamagedBackupException("it is damaged " + reader.at, e);
    }
  }

  private Contents all(Target target) throws IOException {
    String format = in.readUTF();
    if (!format.equals(BackupWriter.FORMAT)) {
      throw new DamagedBackupException(
          "it is of the format '%s'; expected '%s'"
              .formatted(InvalidValueException.shortened(format), BackupWriter.FORMAT));
    }
    int databases = 0;
    long bytes = 0;
    int kind = in.readUnsignedByte();
    while (kind == BackupWriter.DATABASE) {
      bytes += database(target);
      databases++;
      at = "after database %d".formatted(databases);
      kind = in.readUnsignedByte();
    }
    int expected = in.readInt();
    // Reading on to the end has the checksum compared.
    boolean over = in.read() < 0;
    if (kind != BackupWriter.END || expected != databases || !over) {
      throw new DamagedBackupException("it is damaged " + at);
    }
    return new Contents(databases, bytes);
  }

  private long database(Target target) throws IOException {
    var namespace = new Namespace(in.readUTF());
    int files = in.readUnsignedShort();
    long bytes = 0;
    for (int i = 0; i < files; i++) {
      String name = in.readUTF();
      if (!JournalCopy.isFile(name)) {
        throw new DamagedBackupException(
            "it is damaged in the database of '%s': '%s' is no name of a file of one"
                .formatted(namespace, InvalidValueException.shortened(name)));
      }
      at = "in the file '%s' of the database of '%s'".formatted(name, namespace);
      bytes += copied(target, namespace, name);
    }
    return bytes;
  }

  private long copied(Target target, Namespace namespace, String name) throws IOException {
    long length = in.readLong();
    byte[] chunk = new byte[CHUNK];
    try (OutputStream out = target.file(namespace, name)) {
      for (long left = length; left > 0; ) {
        int read = in.read(chunk, 0, (int) Math.min(chunk.length, left));
        if (read < 0) {
          throw new EOFException();
        }
        out.write(chunk, 0, read);
        left -= read;
      }
    }
    return length;
  }
}
