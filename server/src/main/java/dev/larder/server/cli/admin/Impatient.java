package dev.larder.server.cli.admin;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A stream that ends with a failure if nothing comes for too long. */
final class Impatient extends FilterInputStream {
  private final Duration patience;
  private volatile long moved = System.nanoTime();
  private volatile boolean over;

  /**
   * A stream of what comes from another one.
   *
   * @param patience for how long nothing may come
   */
  Impatient(InputStream from, Duration patience) {
    super(from);
    this.patience = patience;
    Thread.startVirtualThread(this::watch);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    int read = super.read(bytes, from, length);
    moved = System.nanoTime();
    return read;
  }

  @Override
  public void close() throws IOException {
    over = true;
    super.close();
  }

  private void watch() {
    try {
      while (!over && System.nanoTime() - moved < patience.toNanos()) {
        TimeUnit.SECONDS.sleep(1);
      }
      if (!over) {
        // Whoever reads is told by that.
        super.close();
      }
    } catch (InterruptedException | IOException e) {
      over = true;
    }
  }
}
