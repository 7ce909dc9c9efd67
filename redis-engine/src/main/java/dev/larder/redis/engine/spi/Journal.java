package dev.larder.redis.engine.spi;

import dev.larder.redis.engine.resp.Bytes;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/**
 * Where a database writes what changes it, and reads it from when it is opened. What it writes are
 * commands that have the same effect whenever they are run; those of a transaction or of a script
 * are one unit, of which all or nothing is read again. It is used by one thread at a time.
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
   * @throws IOException if it cannot be read, or is damaged; says where
   */
  void recover(Consumer<Bytes[]> command) throws IOException;

  /** Takes a unit, to be written by {@link #commit}. */
  void append(List<Bytes[]> unit);

  /**
   * Writes what was appended, so that it survives the end of this process.
   *
   * @throws IOException if it cannot; what was appended is kept, and written by the next commit
   */
  void commit() throws IOException;

  @Override
  void close() throws IOException;
}
