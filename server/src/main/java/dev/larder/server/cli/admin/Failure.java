package dev.larder.server.cli.admin;

/** Why a command cannot do what it was asked; its message is all that is printed. */
final class Failure extends RuntimeException {
  /** It was not done. */
  static final int FAILED = 1;

  /** It was asked wrongly. */
  static final int USAGE = 2;

  /** There is no server, or what answers is none. */
  static final int UNREACHABLE = 3;

  /** The server does not let whoever asks do that. */
  static final int FORBIDDEN = 4;

  private final int status;

  /**
   * A failure.
   *
   * @param status what the command ends with
   * @param message what is wrong, what was expected, and the remedy
   */
  Failure(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  /** What the command ends with. */
  int status() {
    return status;
  }
}
