package dev.larder.server.backup;

import dev.larder.core.Namespace;
import dev.larder.redis.engine.log.JournalCopy;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.GZIPOutputStream;

/**
 * Writes a backup.
 *
 * <p>It is a stream of gzip (RFC 1952), whose checksum is over all of it, of:
 *
 * <pre>
 * text "larder backup 1"
 * for each database: u8 'd', text namespace, u16 files
 *   for each file: text name, u64 length, bytes
 * u8 'e', u32 databases
 * </pre>
 *
 * <p>A text is u16 length and UTF-8, all integers are big-endian. Without its end it is not whole.
 */
public final class BackupWriter {
  /** What it begins with: changes with the format. */
  static final String FORMAT = "larder backup 1";

  /** A database follows. */
  static final int DATABASE = 'd';

  /** Nothing follows but how many databases there were. */
  static final int END = 'e';

  private static final int CHUNK = 64 << 10;

  private final DataOutputStream out;
  private int databases;

  /**
   * Begins one.
   *
   * @param to where it goes; closed by {@link #end} and by nothing else
   * @throws IOException if that does not take it
   */
  public BackupWriter(OutputStream to) throws IOException {
    this.out = new DataOutputStream(new GZIPOutputStream(to, CHUNK));
    out.writeUTF(FORMAT);
  }

  /**
   * Writes the database of a namespace.
   *
   * @throws IOException if it cannot be read, or written
   */
  public void database(Namespace namespace, JournalCopy copy) throws IOException {
    out.writeByte(DATABASE);
    out.writeUTF(namespace.name());
    out.writeShort(copy.parts().size());
    for (JournalCopy.Part part : copy.parts()) {
      out.writeUTF(part.name());
      out.writeLong(part.length());
      bytes(part);
    }
    databases++;
  }

  private void bytes(JournalCopy.Part part) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
    for (long at = 0; at < part.length(); ) {
      chunk.clear().limit((int) Math.min(CHUNK, part.length() - at));
      int read = part.file().read(chunk, at);
      if (read < 0) {
        throw new EOFException("the file '%s' has become shorter".formatted(part.name()));
      }
      out.write(chunk.array(), 0, read);
      at += read;
    }
  }

  /**
   * Ends it, and closes where it goes. Without this it is not whole.
   *
   * @throws IOException if that is not taken
   */
  public void end() throws IOException {
    out.writeByte(END);
    out.writeInt(databases);
    out.close();
  }
}
