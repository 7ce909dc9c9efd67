package dev.larder.core.engine;

/** A limit on concurrent work is reached; the same request may succeed later. */
public final class OverloadedException extends RuntimeException {
  /** An exception with that message. */
  public OverloadedException(String message) {
    super(message);
  }
}
