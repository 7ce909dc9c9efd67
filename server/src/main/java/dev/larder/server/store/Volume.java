package dev.larder.server.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * The file system that data is on, and the part of it that entries leave free: for invalidations,
 * and for what it takes to remove entries.
 */
final class Volume {
  private static final long MIB = 1 << 20;

  /** At most this is kept free, in bytes: more than all that is on its way to the disk at once. */
  private static final long MOST_RESERVED = 256 * MIB;

  /** One part in so many is kept free, if that is less. */
  private static final int RESERVED_PART = 8;

  /** After one part in so many of the reserve it is looked again, or after so many ns. */
  private static final int UNSEEN_PART = 16;

  private static final long LOOK_EVERY = 1_000_000_000;

  private final FileStore files;
  private final long capacity;

  /** What was put since it was looked how much is free, in bytes. */
  private final AtomicLong unseen = new AtomicLong();

  /** The bytes that were free at the last look. */
  private volatile long seen;

  private volatile long seenAt;

  private Volume(FileStore files, long capacity) {
    this.files = files;
    this.capacity = capacity;
    look();
  }

  /**
   * The file system of a data directory.
   *
   * @throws IOException if it cannot be looked at
   */
  static Volume of(Path directory) throws IOException {
    FileStore files = Files.getFileStore(directory);
    try (Stream<Path> ours = Files.walk(directory)) {
      return new Volume(files, files.getUsableSpace() + ours.mapToLong(Volume::size).sum());
    }
  }

  private static long size(Path file) {
    return Files.isRegularFile(file) ? file.toFile().length() : 0;
  }

  /** The bytes that were free when this was made, with those that the data took. */
  long capacity() {
    return capacity;
  }

  /** The bytes that entries leave free. */
  long reserve() {
    return Math.min(MOST_RESERVED, capacity / RESERVED_PART);
  }

  /** True if entries may take that many bytes more. */
  boolean hasRoomFor(long bytes) {
    if (unseen.addAndGet(bytes) > reserve() / UNSEEN_PART
        || System.nanoTime() - seenAt > LOOK_EVERY) {
      look();
    }
    return seen - unseen.get() >= reserve();
  }

  private void look() {
    seenAt = System.nanoTime();
    unseen.set(0);
    seen = usable();
  }

  /** The bytes that are free now. */
  long usable() {
    try {
      return files.getUsableSpace();
    } catch (IOException e) {
      // The writer reports what is wrong.
      return Long.MAX_VALUE;
    }
  }

  /**
   * The share of a size that suits this volume: all of it from 1 GiB on.
   *
   * @param least what it is at least, in bytes
   */
  long scaled(long size, long least) {
    return Math.clamp((long) (size * ((double) capacity / (1024 * MIB))), least, size);
  }
}
