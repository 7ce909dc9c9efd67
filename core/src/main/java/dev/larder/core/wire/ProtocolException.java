package dev.larder.core.wire;

/** A frame that cannot be understood. Its message is meant for whoever sent it. */
public final class ProtocolException extends RuntimeException {
  private final ErrorCode code;

  /** An exception with that code and message. */
  public ProtocolException(ErrorCode code, String message) {
    super(message);
    this.code = code;
  }

  /** What is wrong. */
  public ErrorCode code() {
    return code;
  }
}
