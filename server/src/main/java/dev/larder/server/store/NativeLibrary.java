package dev.larder.server.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/**
 * RocksDB's native library, unpacked into a directory once. By itself RocksDB unpacks a copy at
 * every start, among the temporary files, where a process that is killed leaves it.
 */
final class NativeLibrary {
  private static final Logger LOG = System.getLogger(NativeLibrary.class.getName());

  static {
    knowLibc();
  }

  /** What it is called in RocksDB's jar. */
  private static final String PACKED = Environment.getJniLibraryFileName("rocksdb");

  /** What RocksDB looks for in a directory. */
  private static final String FILE = Environment.getJniLibraryFileName("rocksdbjni");

  private NativeLibrary() {}

  /**
   * Loads the library from this directory, where it is put if it is missing, damaged or another
   * version. Where that is impossible, RocksDB's own way is taken. Only the first call in a process
   * does anything.
   */
  static synchronized void load(Path directory) {
    try {
      unpack(directory);
      RocksDB.loadLibrary(List.of(directory.toAbsolutePath().toString()));
    } catch (IOException | UnsatisfiedLinkError e) {
      LOG.log(
          Level.WARNING,
          "RocksDB''s library is loaded from a temporary file, for it cannot be from {0}: {1}",
          directory,
          e);
      RocksDB.loadLibrary();
    }
  }

  /**
   * Tells RocksDB whether this process runs on musl. By itself it has a shell ask four programs at
   * every start, and all its answer depends on is what this process has loaded. Where that cannot
   * be seen or told, RocksDB asks.
   */
  private static void knowLibc() {
    try {
      boolean musl = Files.readString(Path.of("/proc/self/maps")).contains("/ld-musl-");
      Field known = Environment.class.getDeclaredField("MUSL_LIBC");
      known.setAccessible(true);
      if (System.getenv("ROCKSDB_MUSL_LIBC") == null) {
        known.set(null, musl);
      }
    } catch (IOException | ReflectiveOperationException e) {
      LOG.log(Level.DEBUG, "RocksDB is not told which C library there is: {0}", e);
    }
  }

  /** Several processes that start at once unpack it one after the other. */
  private static void unpack(Path directory) throws IOException {
    URL packed = RocksDB.class.getResource("/" + PACKED);
    if (packed == null || !(packed.openConnection() instanceof JarURLConnection jar)) {
      throw new IOException(PACKED + " is not in a jar");
    }
    JarEntry entry = jar.getJarEntry();
    Path library = directory.resolve(FILE);
    if (isIntact(library, entry)) {
      return;
    }
    Files.createDirectories(directory);
    Path unpacked = directory.resolve(FILE + ".new");
    try (var out =
        FileChannel.open(unpacked, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      // Somebody else who starts here now waits for us, and then finds it done.
      out.lock();
      if (isIntact(library, entry)) {
        return;
      }
      out.truncate(0);
      try (InputStream in = jar.getInputStream()) {
        in.transferTo(Channels.newOutputStream(out));
      }
      out.force(true);
      Files.move(unpacked, library, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Whether the file has the size and the CRC-32 that the jar says. */
  private static boolean isIntact(Path library, JarEntry expected) throws IOException {
    if (!Files.exists(library) || Files.size(library) != expected.getSize()) {
      return false;
    }
    try (var in = new CheckedInputStream(Files.newInputStream(library), new CRC32())) {
      in.transferTo(OutputStream.nullOutputStream());
      return in.getChecksum().getValue() == expected.getCrc();
    }
  }
}
