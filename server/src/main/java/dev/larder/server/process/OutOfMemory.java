package dev.larder.server.process;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * What is done when nothing else can be: a process that has run out of memory ends, so that it is
 * started again. Some of its threads may be in the middle of anything, and which cannot be known.
 *
 * <p>The JVM ends by itself where its heap is exhausted, if it was told to ({@code
 * -XX:+ExitOnOutOfMemoryError}). It does not where memory beside the heap is, and where it was not
 * told to.
 */
public final class OutOfMemory {
  private static final Logger LOG = System.getLogger(OutOfMemory.class.getName());

  /** The status the process ends with: the one the JVM ends with by itself. */
  public static final int STATUS = 3;

  private OutOfMemory() {}

  /** Ends the process if a failure is, or was caused by, exhausted memory. */
  public static void exitIfCause(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < 8; depth++) {
      if (cause instanceof OutOfMemoryError) {
        end(cause);
      }
      cause = cause.getCause();
    }
  }

  /** Lets no thread end of exhausted memory without the process. */
  public static void guardThreads() {
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
      exitIfCause(failure);
      LOG.log(Level.ERROR, "thread '%s' ended".formatted(thread.getName()), failure);
    });
  }

  private static void end(Throwable failure) {
    try {
      LOG.log(Level.ERROR, "out of memory: the process ends, to be started again", failure);
    } finally {
      Runtime.getRuntime().halt(STATUS);
    }
  }
}
