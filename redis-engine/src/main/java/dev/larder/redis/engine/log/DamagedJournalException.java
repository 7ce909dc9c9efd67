package dev.larder.redis.engine.log;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file holds something else than what was written to it.
 *
 * <p>The message names the file, the byte, what is wrong there, and the remedy. Nothing is
 * repaired: what follows the damage may have been acknowledged.
 */
public final class DamagedJournalException extends IOException {
  private static final long serialVersionUID = 1;

  DamagedJournalException(Path file, long offset, String what) {
    super(
        "'%s' is damaged at byte %d: %s; restore the directory from a backup, or move it away to begin anew"
            .formatted(file, offset, what));
  }
}
