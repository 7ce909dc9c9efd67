package dev.larder.server.http;

import dev.larder.core.spi.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/** What clients are told of a store's faults: nothing that only its operator should know. */
final class Complaints {
  private static final Logger LOG = System.getLogger(Complaints.class.getName());

  /** How long the same complaint is not logged again, in ns. */
  private static final long REPEATED_AFTER = TimeUnit.MINUTES.toNanos(1);

  private static String last = "";
  private static long lastAt;

  private Complaints() {}

  /**
   * A failure in words for clients. What a database or a Redis says itself is for the log: it may
   * name paths, addresses or scripts.
   */
  static String told(StoreException failure) {
    String said = String.valueOf(failure.getMessage());
    if (failure.getCause() == null) {
      return said;
    }
    if (isNews(said)) {
      LOG.log(Level.WARNING, "the store refuses: {0}", said);
    }
    return "the store does not accept it now; the server's log has details";
  }

  private static synchronized boolean isNews(String said) {
    long now = System.nanoTime();
    boolean news = !said.equals(last) || now - lastAt > REPEATED_AFTER;
    if (news) {
      last = said;
      lastAt = now;
    }
    return news;
  }
}
