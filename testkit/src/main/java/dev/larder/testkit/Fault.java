package dev.larder.testkit;

/**
 * What code of others may throw where nobody expects it: one of each kind, for parametrized tests.
 */
public enum Fault {
  /** A mistake in code that is called. */
  EXCEPTION,

  /** What the JVM throws, such as for want of memory. */
  ERROR;

  /**
   * Throws it.
   *
   * @throws IllegalStateException if it is an exception
   * @throws InternalError if it is an error
   */
  public void raise() {
    switch (this) {
      case EXCEPTION -> throw new IllegalStateException("injected");
      case ERROR -> throw new InternalError("injected");
    }
  }
}
