package dev.larder.redis;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Optional;

/**
 * Makes values smaller for the store with zstd, where that pays: less memory there, and less to
 * send. It happens on the thread that stores, since operations of one key keep their order; hence
 * the fastest level, and no value that would take it for more than a few milliseconds.
 */
final class Compression {
  private static final Logger LOG = System.getLogger(Compression.class.getName());

  /** Bytes below which there is little to gain. */
  static final int LEAST = 2 << 10;

  /** Bytes above which it would take too long. */
  static final int MOST = 1 << 20;

  /** Bytes that tell whether the rest is worth a try: what is compressed already is not. */
  private static final int SAMPLE = 4 << 10;

  /** It pays if an eighth is saved. */
  private static final int WORTH = 8;

  private static final int FASTEST = 1;
  private static volatile boolean loaded;

  private Compression() {}

  /** Loads zstd's library, which takes a moment; nothing is made smaller before. */
  static void load() {
    loaded = Library.AVAILABLE;
  }

  /** The value made smaller; empty if that is not worth it. */
  static Optional<byte[]> compressed(byte[] value) {
    if (!loaded || value.length < LEAST || value.length > MOST || !promising(value)) {
      return Optional.empty();
    }
    byte[] smaller = Zstd.compress(value, FASTEST);
    return pays(value.length, smaller.length) ? Optional.of(smaller) : Optional.empty();
  }

  /**
   * A value as it was.
   *
   * @param bytes end with what {@link #compressed} returned
   * @param start where that begins
   * @param size of the value
   * @return empty if it is damaged, or cannot be read on this machine
   */
  static Optional<byte[]> restored(byte[] bytes, int start, int size) {
    if (!Library.AVAILABLE || size > MOST) {
      return Optional.empty();
    }
    try {
      byte[] value = new byte[size];
      long length = Zstd.decompressByteArray(value, 0, size, bytes, start, bytes.length - start);
      return length == size ? Optional.of(value) : Optional.empty();
    } catch (ZstdException e) {
      return Optional.empty();
    }
  }

  private static boolean promising(byte[] value) {
    if (value.length < 4 * SAMPLE) {
      return true;
    }
    int middle = (value.length - SAMPLE) / 2;
    byte[] sample = Arrays.copyOfRange(value, middle, middle + SAMPLE);
    return pays(SAMPLE, Zstd.compress(sample, FASTEST).length);
  }

  private static boolean pays(int before, int after) {
    return after <= before - before / WORTH;
  }

  /**
   * zstd's native library, which is unpacked among the temporary files; whoever looks waits for it.
   */
  private static final class Library {
    static final boolean AVAILABLE = available();

    private static boolean available() {
      try {
        Native.load();
        return true;
      } catch (UnsatisfiedLinkError | ExceptionInInitializerError e) {
        LOG.log(
            Level.WARNING,
            "values are stored as they are, and those stored smaller cannot be read: zstd''s library cannot be loaded: {0}",
            e);
        return false;
      }
    }
  }
}
