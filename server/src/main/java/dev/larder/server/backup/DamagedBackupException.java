package dev.larder.server.backup;

import java.io.IOException;

/** What was to be a backup is none, or not all of one. The message says what is wrong with it. */
public final class DamagedBackupException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedBackupException(String message) {
    super(message);
  }

  DamagedBackupException(String message, Throwable cause) {
    super(message, cause);
  }
}
