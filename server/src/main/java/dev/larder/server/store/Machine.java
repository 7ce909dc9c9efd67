package dev.larder.server.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine we run on, as far as a store must know it. */
final class Machine {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private Machine() {}

  /**
   * What tells one start of the machine from another: what the operating system held for us is gone
   * after a different one. Empty where there is no such thing.
   */
  static String bootId() {
    try {
      return Files.isReadable(BOOT_ID) ? Files.readString(BOOT_ID).strip() : "";
    } catch (IOException e) {
      return "";
    }
  }
}
