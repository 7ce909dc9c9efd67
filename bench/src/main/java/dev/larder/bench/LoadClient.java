package dev.larder.bench;

import java.io.IOException;

/** One connection that reads and writes values, many at a time in one batch, and waits for each. */
interface LoadClient extends AutoCloseable {
  /**
   * Reads the values of these keys in one batch.
   *
   * @return how many bytes came back
   * @throws IOException if one of them is not there
   */
  long read(int[] keys) throws IOException;

  /** Writes values in one batch, the n-th under the n-th key. */
  void write(int[] keys, byte[][] values) throws IOException;

  @Override
  void close() throws IOException;
}
