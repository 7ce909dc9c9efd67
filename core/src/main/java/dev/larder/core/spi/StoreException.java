package dev.larder.core.spi;

/** The store could not do what it was asked. Its message is meant for whoever operates it. */
public final class StoreException extends RuntimeException {
  /** An exception with that message. */
  public StoreException(String message) {
    super(message);
  }

  /** An exception with that message and cause. */
  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
