package dev.larder.redis.store;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Optional;

/**
 * Compresses values with zstd, where that saves enough: they take less memory in the store, and
 * less of the network. It runs on the thread that stores, since operations of one key keep their
 * order; hence the fastest level, and no value that would take longer than a few milliseconds.
 */
final class Compression {
  private static final Logger LOG = System.getLogger(Compression.class.getName());

  /** The size in bytes below which a value is not compressed: there is little to save. */
  static final int LEAST = 2 << 10;

  /** The size in bytes above which a value is not compressed: it would take too long. */
  static final int MOST = 1 << 20;

  /** How many bytes are compressed first to see whether the rest is worth it: an image is not. */
  private static final int SAMPLE = 4 << 10;

  /** It must save one part in so many. */
  private static final int WORTH = 8;

  private static final int FASTEST = 1;
  private static volatile boolean loaded;

  private Compression() {}

  /** Loads zstd's native library, which takes a moment; nothing is compressed before. */
  static void load() {
    loaded = Library.AVAILABLE;
  }

  /** The value compressed; empty if that is not worth it, or not possible on this machine. */
  static Optional<byte[]> compressed(byte[] value) {
    if (!loaded || value.length < LEAST || value.length > MOST || !promising(value)) {
      return Optional.empty();
    }
    byte[] smaller = Zstd.compress(value, FASTEST);
    return pays(value.length, smaller.length) ? Optional.of(smaller) : Optional.empty();
  }

  /**
   * Decompresses a value.
   *
   * @param bytes end with what {@link #compressed} returned
   * @param start where that begins, in bytes
   * @param size the size of the value, in bytes
   * @return empty if it is damaged, or cannot be read on this machine
   */
  static Optional<byte[]> decompressed(byte[] bytes, int start, int size) {
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

  /** Loads the native library at its first use; it is unpacked into a temporary file. */
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
