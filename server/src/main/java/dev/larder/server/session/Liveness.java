package dev.larder.server.session;

/** Whether a client is heard from as often as it must be. Used by one thread. */
public final class Liveness {
  /** How many heartbeats a client may be silent. */
  public static final int PATIENCE = 3;

  private boolean heard = true;
  private int silent;

  /** A client that was just heard. */
  public Liveness() {}

  /** Something came from the client. */
  public void heard() {
    heard = true;
  }

  /**
   * A heartbeat has passed.
   *
   * @param excused whether the client cannot show that it lives, because it is not read from
   * @return true if it has been silent for too long
   */
  public boolean isSilent(boolean excused) {
    silent = heard || excused ? 0 : silent + 1;
    heard = false;
    return silent >= PATIENCE;
  }
}
