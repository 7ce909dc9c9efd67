package dev.larder.server.http;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Everybody a server serves at the moment, and how they are let go when it stops. */
final class Guests {
  private final Set<Guest> present = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Void> gone = new CompletableFuture<>();
  private volatile boolean leaving;

  /** Somebody who is served. */
  final class Guest {
    private final Runnable leave;
    private final Runnable dismiss;

    private Guest(Runnable leave, Runnable dismiss) {
      this.leave = leave;
      this.dismiss = dismiss;
    }

    /** He has gone. */
    void left() {
      present.remove(this);
      completeIfGone();
    }
  }

  /**
   * Lets somebody in.
   *
   * @param leave asks him to go, once he has what he came for; run at once if all were asked before
   * @param dismiss sends him away as he is
   */
  Guest enter(Runnable leave, Runnable dismiss) {
    var guest = new Guest(leave, dismiss);
    present.add(guest);
    if (leaving) {
      leave.run();
    }
    return guest;
  }

  /** Lets somebody in who goes by himself. */
  Guest enter() {
    return enter(() -> {}, () -> {});
  }

  /** True once everybody was asked to go. */
  boolean leaving() {
    return leaving;
  }

  /**
   * Asks everybody to go, and whoever comes from now on.
   *
   * @return completes when nobody is left
   */
  CompletionStage<Void> leave() {
    leaving = true;
    present.forEach(guest -> guest.leave.run());
    completeIfGone();
    return gone;
  }

  /** Sends away who is still here. */
  void dismiss() {
    present.forEach(guest -> guest.dismiss.run());
  }

  private void completeIfGone() {
    if (leaving && present.isEmpty()) {
      gone.complete(null);
    }
  }
}
