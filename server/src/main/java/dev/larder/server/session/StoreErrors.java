package dev.larder.server.session;

import dev.larder.core.spi.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/** The errors of a store in words for clients: nothing that only its operator should know. */
public final class StoreErrors {
  private static final Logger LOG = System.getLogger(StoreErrors.class.getName());

  /** How long the same message is not logged again, in ns. */
  private static final long REPEATED_AFTER = TimeUnit.MINUTES.toNanos(1);

  private static String last = "";
  private static long lastAt;

  private StoreErrors() {}

  /**
   * A failure in words for clients. What a database or a Redis says itself is for the log: it may
   * name paths, addresses or scripts.
   */
  public static String describe(StoreException failure) {
    String message = String.valueOf(failure.getMessage());
    if (failure.getCause() == null) {
      return message;
    }
    if (isNew(message)) {
      LOG.log(Level.WARNING, "the store refuses: {0}", message);
    }
    return "the store does not accept it now; the server's log has details";
  }

  private static synchronized boolean isNew(String message) {
    long now = System.nanoTime();
    boolean isNewMessage = !message.equals(last) || now - lastAt > REPEATED_AFTER;
    if (isNewMessage) {
      last = message;
      lastAt = now;
    }
    return isNewMessage;
  }
}
