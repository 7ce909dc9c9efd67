package dev.larder.redis.engine.spi;

import dev.larder.redis.engine.resp.Bytes;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/**
 * Where a database writes what changes it, and reads it from when it is opened. What it writes are
 * commands that have the same effect whenever they are run; those of a transaction or of a script
 * are one unit, of which all or nothing is read again. It is used by one thread at a time.
 *
 * <p>The effects have absolute times: {@code PEXPIREAT} in place of EXPIRE, the identifier of XADD
 * in place of a star. The engine calls it under its lock: {@link #append} for each unit, then
 * {@link #commit} once for all units of a call.
 */
public interface Journal extends AutoCloseable {
  /** Nothing is written, and nothing lasts. */
  Journal NONE =
      new Journal() {
        @Override
        public void recover(Consumer<Bytes[]> command) {}

        @Override
        public void append(List<Bytes[]> unit) {}

        @Override
        public void commit() {}

        @Override
        public void close() {}
      };

  /**
   * Reads everything that was committed, in its order; called once, before anything else.
   *
   * @param command given each command as its parts, in the thread that calls
   * @throws IOException if it cannot be read, or is damaged; says where
   */
  void recover(Consumer<Bytes[]> command) throws IOException;

  /**
   * Takes a unit, to be written by {@link #commit}.
   *
   * <p>It must not keep the list, which is used again; the arrays may be kept.
   *
   * @param unit the commands of one unit, each as its parts
   */
  void append(List<Bytes[]> unit);

  /**
   * Writes what was appended, so that it survives the end of this process.
   *
   * @throws IOException if it cannot; what was appended is kept, and written by the next commit
   */
  void commit() throws IOException;

  /** Writes nothing more; what was appended and not committed is lost. */
  @Override
  void close() throws IOException;
}
