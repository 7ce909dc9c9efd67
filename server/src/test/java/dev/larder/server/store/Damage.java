package dev.larder.server.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Something a disk, or somebody with a shell, does to a file of a data directory.
 *
 * @param what the kind of damage
 * @param file the file, in the data directory
 * @param where at which part of it, of 0 to 1
 * @param other the file whose contents it changes places with, for {@link What#SWAP}
 */
record Damage(What what, Path file, double where, Path other) {
  private static final int ZEROED = 700;
  private static final double[] POSITIONS = {0.02, 0.5, 0.97};

  /** A kind of damage. */
  enum What {
    FLIP,
    CUT,
    ZERO,
    DELETE,
    SWAP
  }

  /** Everything that may happen to the files of a data directory. */
  static List<Damage> everything(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(directory)) {
      files =
          all.filter(Files::isRegularFile)
              .map(directory::relativize)
              .filter(file -> !file.startsWith("native") && !file.endsWith("LOCK"))
              .sorted()
              .toList();
    }
    var damages = new ArrayList<Damage>();
    for (Path file : files) {
      for (What what : List.of(What.FLIP, What.CUT, What.ZERO)) {
        for (double where : POSITIONS) {
          damages.add(new Damage(what, file, where, file));
        }
      }
      damages.add(new Damage(What.DELETE, file, 0, file));
      for (Path other : files) {
        if (file.compareTo(other) < 0) {
          damages.add(new Damage(What.SWAP, file, 0, other));
        }
      }
    }
    return damages;
  }

  /** Does it, to a data directory; false if it changes nothing. */
  boolean inflict(Path directory) throws IOException {
    Path at = directory.resolve(file);
    byte[] before = Files.readAllBytes(at);
    int position = (int) (before.length * where);
    byte[] after =
        switch (what) {
          case FLIP -> {
            byte[] flipped = before.clone();
            if (flipped.length > 0) {
              flipped[position] ^= 8;
            }
            yield flipped;
          }
          case CUT -> Arrays.copyOf(before, position);
          case ZERO -> {
            byte[] zeroed = before.clone();
            Arrays.fill(zeroed, position, Math.min(before.length, position + ZEROED), (byte) 0);
            yield zeroed;
          }
          case DELETE -> new byte[0];
          case SWAP -> Files.readAllBytes(directory.resolve(other));
        };
    if (what == What.DELETE) {
      Files.delete(at);
      return true;
    }
    if (Arrays.equals(before, after)) {
      return false;
    }
    write(at, after);
    if (what == What.SWAP) {
      write(directory.resolve(other), before);
    }
    return true;
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    try (var out =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
      out.write(ByteBuffer.wrap(bytes));
    }
  }

  @Override
  public String toString() {
    return what == What.SWAP
        ? "%s %s with %s".formatted(what, file, other)
        : "%s %s at %.0f %%".formatted(what, file, where * 100);
  }
}
