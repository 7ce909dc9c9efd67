package dev.larder.server.events;

import java.util.Map;
import java.util.function.BooleanSupplier;

/** Tells when the store goes away, and when it is back. Used by one thread. */
public final class StoreWatch {
  /** How often {@link #check} is to be called, in ms. */
  public static final long CHECK_INTERVAL = 500;

  private final BooleanSupplier ready;
  private final EventLog events;
  private boolean away;

  /**
   * Takes the store for one that is there.
   *
   * @param ready whether it does what it is asked
   */
  public StoreWatch(BooleanSupplier ready, EventLog events) {
    this.ready = ready;
    this.events = events;
  }

  /** Looks whether something has changed. */
  public void check() {
    boolean now = !ready.getAsBoolean();
    if (now == away) {
      return;
    }
    away = now;
    if (away) {
      events.add(
          Event.Kind.STORE_AWAY,
          "the store cannot do what it is asked; the log of the server says why",
          Map.of());
    } else {
      events.add(Event.Kind.STORE_BACK, "the store does what it is asked again", Map.of());
    }
  }
}
